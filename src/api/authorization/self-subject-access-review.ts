/** Declarations of SelfSubjectAccessReviewSpec, SelfSubjectAccessReview. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, ref, struct } from "../schema.ts";
import { NonResourceAttributes, ResourceAttributes, SubjectAccessReviewStatus } from "./local-subject-access-review.ts";

export const SelfSubjectAccessReviewSpec = struct("io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec", {
  resourceAttributes: ref(ResourceAttributes, 1, { pointer: true }),
  nonResourceAttributes: ref(NonResourceAttributes, 2, { pointer: true }),
});
export interface SelfSubjectAccessReviewSpec extends Infer<typeof SelfSubjectAccessReviewSpec> {}

export const SelfSubjectAccessReview = kind("io.k8s.api.authorization.v1.SelfSubjectAccessReview", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(SelfSubjectAccessReviewSpec, 2, { always: true, required: true }),
  status: ref(SubjectAccessReviewStatus, 3),
});
export interface SelfSubjectAccessReview extends Infer<typeof SelfSubjectAccessReview> {}

export const selfsubjectaccessreviews = resource<SelfSubjectAccessReview>(SelfSubjectAccessReview, {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "selfsubjectaccessreviews",
  singular: "selfsubjectaccessreview",
  namespaced: false,
  verbs: ["create"],
  storagePrefix: "/registry/selfsubjectaccessreviews/",
  columns: [],
});
