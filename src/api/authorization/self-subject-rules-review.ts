/** Declarations of SelfSubjectRulesReviewSpec, ResourceRule, NonResourceRule, SubjectRulesReviewStatus, SelfSubjectRulesReview. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const SelfSubjectRulesReviewSpec = struct("io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec", {
  namespace: string(1),
});
export interface SelfSubjectRulesReviewSpec extends Infer<typeof SelfSubjectRulesReviewSpec> {}

export const ResourceRule = struct("io.k8s.api.authorization.v1.ResourceRule", {
  verbs: list(string, 1, { always: true, required: true, listType: "atomic" }),
  apiGroups: list(string, 2, { listType: "atomic" }),
  resources: list(string, 3, { listType: "atomic" }),
  resourceNames: list(string, 4, { listType: "atomic" }),
});
export interface ResourceRule extends Infer<typeof ResourceRule> {}

export const NonResourceRule = struct("io.k8s.api.authorization.v1.NonResourceRule", {
  verbs: list(string, 1, { always: true, required: true, listType: "atomic" }),
  nonResourceURLs: list(string, 2, { listType: "atomic" }),
});
export interface NonResourceRule extends Infer<typeof NonResourceRule> {}

export const SubjectRulesReviewStatus = struct("io.k8s.api.authorization.v1.SubjectRulesReviewStatus", {
  resourceRules: list(ResourceRule, 1, { always: true, required: true, listType: "atomic" }),
  nonResourceRules: list(NonResourceRule, 2, { always: true, required: true, listType: "atomic" }),
  incomplete: bool(3, { always: true, required: true }),
  evaluationError: string(4),
});
export interface SubjectRulesReviewStatus extends Infer<typeof SubjectRulesReviewStatus> {}

export const SelfSubjectRulesReview = kind("io.k8s.api.authorization.v1.SelfSubjectRulesReview", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(SelfSubjectRulesReviewSpec, 2, { always: true, required: true }),
  status: ref(SubjectRulesReviewStatus, 3),
});
export interface SelfSubjectRulesReview extends Infer<typeof SelfSubjectRulesReview> {}

export const selfsubjectrulesreviews = resource<SelfSubjectRulesReview>(SelfSubjectRulesReview, {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "selfsubjectrulesreviews",
  singular: "selfsubjectrulesreview",
  namespaced: false,
  verbs: ["create"],
  storagePrefix: "/registry/selfsubjectrulesreviews/",
  columns: [],
});
