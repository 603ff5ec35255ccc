/** Declarations of SelfSubjectRulesReviewSpec, ResourceRule, NonResourceRule, SubjectRulesReviewStatus, SelfSubjectRulesReview. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const SelfSubjectRulesReviewSpec = struct("io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec", "Where.", {
  namespace: string(1, { doc: "The namespace." }),
});
export interface SelfSubjectRulesReviewSpec extends Infer<typeof SelfSubjectRulesReviewSpec> {}

export const ResourceRule = struct("io.k8s.api.authorization.v1.ResourceRule", "Resources and what may be done with them.", {
  verbs: list(string, 1, { always: true, required: true, listType: "atomic", doc: "Verbs; * all." }),
  apiGroups: list(string, 2, { listType: "atomic", doc: "API groups; * all." }),
  resources: list(string, 3, { listType: "atomic", doc: "Resources and subresources; * all." }),
  resourceNames: list(string, 4, { listType: "atomic", doc: "Only these objects; all when empty." }),
});
export interface ResourceRule extends Infer<typeof ResourceRule> {}

export const NonResourceRule = struct("io.k8s.api.authorization.v1.NonResourceRule", "Paths and what may be done with them.", {
  verbs: list(string, 1, { always: true, required: true, listType: "atomic", doc: "HTTP methods in small letters; * all." }),
  nonResourceURLs: list(string, 2, { listType: "atomic", doc: "Paths; a * at the end stands for anything." }),
});
export interface NonResourceRule extends Infer<typeof NonResourceRule> {}

export const SubjectRulesReviewStatus = struct("io.k8s.api.authorization.v1.SubjectRulesReviewStatus", "The answer.", {
  resourceRules: list(ResourceRule, 1, { always: true, required: true, listType: "atomic", doc: "What is allowed with resources." }),
  nonResourceRules: list(NonResourceRule, 2, {
    always: true,
    required: true,
    listType: "atomic",
    doc: "What is allowed with other paths.",
  }),
  incomplete: bool(3, { always: true, required: true, doc: "Whether something is missing, because an authorizer cannot list its rules." }),
  evaluationError: string(4, { doc: "What went wrong." }),
});
export interface SubjectRulesReviewStatus extends Infer<typeof SubjectRulesReviewStatus> {}

export const SelfSubjectRulesReview = kind(
  "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
  "Asks what you may do in a namespace; the answer is in the status.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(SelfSubjectRulesReviewSpec, 2, { always: true, required: true, doc: "What is wanted." }),
    status: ref(SubjectRulesReviewStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
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
