/** Declarations of SelfSubjectAccessReviewSpec, SelfSubjectAccessReview. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, ref, struct } from "../schema.ts";
import { NonResourceAttributes, ResourceAttributes, SubjectAccessReviewStatus } from "./local-subject-access-review.ts";

export const SelfSubjectAccessReviewSpec = struct(
  "io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec",
  "What is asked: one of resourceAttributes and nonResourceAttributes.",
  {
    resourceAttributes: ref(ResourceAttributes, 1, { pointer: true, doc: "About a resource." }),
    nonResourceAttributes: ref(NonResourceAttributes, 2, { pointer: true, doc: "About another path." }),
  },
);
export interface SelfSubjectAccessReviewSpec extends Infer<typeof SelfSubjectAccessReviewSpec> {}

export const SelfSubjectAccessReview = kind(
  "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
  "Asks whether you may do something; the answer is in the status.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(SelfSubjectAccessReviewSpec, 2, { always: true, required: true, doc: "What is wanted." }),
    status: ref(SubjectAccessReviewStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
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
