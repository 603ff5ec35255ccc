/** Declarations of SubjectAccessReview. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, ref } from "../schema.ts";
import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from "./local-subject-access-review.ts";

export const SubjectAccessReview = kind("io.k8s.api.authorization.v1.SubjectAccessReview", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(SubjectAccessReviewSpec, 2, { always: true, required: true }),
  status: ref(SubjectAccessReviewStatus, 3),
});
export interface SubjectAccessReview extends Infer<typeof SubjectAccessReview> {}

export const subjectaccessreviews = resource<SubjectAccessReview>(SubjectAccessReview, {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "subjectaccessreviews",
  singular: "subjectaccessreview",
  namespaced: false,
  verbs: ["create"],
  storagePrefix: "/registry/subjectaccessreviews/",
  columns: [],
});
