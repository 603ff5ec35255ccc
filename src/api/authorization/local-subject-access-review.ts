/** Declarations of FieldSelectorAttributes, LabelSelectorAttributes, ResourceAttributes, NonResourceAttributes, SubjectAccessReviewSpec, Su. */

import { LabelSelectorRequirement, ObjectMeta } from "../meta/object-meta.ts";
import { FieldSelectorRequirement } from "../meta/types.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, kind, list, map, ref, string, stringList, struct } from "../schema.ts";

export const FieldSelectorAttributes = struct("io.k8s.api.authorization.v1.FieldSelectorAttributes", {
  rawSelector: string(1),
  requirements: list(FieldSelectorRequirement, 2, { listType: "atomic" }),
});
export interface FieldSelectorAttributes extends Infer<typeof FieldSelectorAttributes> {}

export const LabelSelectorAttributes = struct("io.k8s.api.authorization.v1.LabelSelectorAttributes", {
  rawSelector: string(1),
  requirements: list(LabelSelectorRequirement, 2, { listType: "atomic" }),
});
export interface LabelSelectorAttributes extends Infer<typeof LabelSelectorAttributes> {}

export const ResourceAttributes = struct("io.k8s.api.authorization.v1.ResourceAttributes", {
  namespace: string(1),
  verb: string(2),
  group: string(3),
  version: string(4),
  resource: string(5),
  subresource: string(6),
  name: string(7),
  fieldSelector: ref(FieldSelectorAttributes, 8, { pointer: true }),
  labelSelector: ref(LabelSelectorAttributes, 9, { pointer: true }),
});
export interface ResourceAttributes extends Infer<typeof ResourceAttributes> {}

export const NonResourceAttributes = struct("io.k8s.api.authorization.v1.NonResourceAttributes", {
  path: string(1),
  verb: string(2),
});
export interface NonResourceAttributes extends Infer<typeof NonResourceAttributes> {}

export const SubjectAccessReviewSpec = struct("io.k8s.api.authorization.v1.SubjectAccessReviewSpec", {
  resourceAttributes: ref(ResourceAttributes, 1, { pointer: true }),
  nonResourceAttributes: ref(NonResourceAttributes, 2, { pointer: true }),
  user: string(3),
  groups: list(string, 4, { listType: "atomic" }),
  extra: map(stringList, 5),
  uid: string(6),
});
export interface SubjectAccessReviewSpec extends Infer<typeof SubjectAccessReviewSpec> {}

export const SubjectAccessReviewStatus = struct("io.k8s.api.authorization.v1.SubjectAccessReviewStatus", {
  allowed: bool(1, { always: true, required: true }),
  denied: bool(4),
  reason: string(2),
  evaluationError: string(3),
});
export interface SubjectAccessReviewStatus extends Infer<typeof SubjectAccessReviewStatus> {}

export const LocalSubjectAccessReview = kind("io.k8s.api.authorization.v1.LocalSubjectAccessReview", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(SubjectAccessReviewSpec, 2, { always: true, required: true }),
  status: ref(SubjectAccessReviewStatus, 3),
});
export interface LocalSubjectAccessReview extends Infer<typeof LocalSubjectAccessReview> {}

export const localsubjectaccessreviews = resource<LocalSubjectAccessReview>(LocalSubjectAccessReview, {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "localsubjectaccessreviews",
  singular: "localsubjectaccessreview",
  namespaced: true,
  verbs: ["create"],
  storagePrefix: "/registry/localsubjectaccessreviews/",
  columns: [],
});
