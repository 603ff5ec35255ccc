/** Declarations of UserInfo, SelfSubjectReviewStatus, SelfSubjectReview. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, ref, string, stringList, struct } from "../schema.ts";

export const UserInfo = struct("io.k8s.api.authentication.v1.UserInfo", {
  username: string(1),
  uid: string(2),
  groups: list(string, 3, { listType: "atomic" }),
  extra: map(stringList, 4),
});
export interface UserInfo extends Infer<typeof UserInfo> {}

export const SelfSubjectReviewStatus = struct("io.k8s.api.authentication.v1.SelfSubjectReviewStatus", {
  userInfo: ref(UserInfo, 1),
});
export interface SelfSubjectReviewStatus extends Infer<typeof SelfSubjectReviewStatus> {}

export const SelfSubjectReview = kind("io.k8s.api.authentication.v1.SelfSubjectReview", {
  metadata: ref(ObjectMeta, 1),
  status: ref(SelfSubjectReviewStatus, 2),
});
export interface SelfSubjectReview extends Infer<typeof SelfSubjectReview> {}

export const selfsubjectreviews = resource<SelfSubjectReview>(SelfSubjectReview, {
  group: "authentication.k8s.io",
  version: "v1",
  resource: "selfsubjectreviews",
  singular: "selfsubjectreview",
  namespaced: false,
  verbs: ["create"],
  storagePrefix: "/registry/selfsubjectreviews/",
  columns: [],
});
