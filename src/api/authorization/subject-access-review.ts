/** Declarations of SubjectAccessReview. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, ref } from "../schema.ts";
import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from "./local-subject-access-review.ts";

export const SubjectAccessReview = kind(
  "io.k8s.api.authorization.v1.SubjectAccessReview",
  "Asks whether somebody may do something; the answer is in the status.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(SubjectAccessReviewSpec, 2, { always: true, required: true, doc: "What is wanted." }),
    status: ref(SubjectAccessReviewStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
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
