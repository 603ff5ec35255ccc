/** Declarations of UserInfo, SelfSubjectReviewStatus, SelfSubjectReview. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, ref, string, stringList, struct } from "../schema.ts";

export const UserInfo = struct("io.k8s.api.authentication.v1.UserInfo", "Who somebody is.", {
  username: string(1, { doc: "The name, unique among users." }),
  uid: string(2, { doc: "An id that tells apart users who had the same name." }),
  groups: list(string, 3, { listType: "atomic", doc: "The groups." }),
  extra: map(stringList, 4, { goType: "map[string]v1.ExtraValue", doc: "Further facts that the authenticator gave." }),
});
export interface UserInfo extends Infer<typeof UserInfo> {}

export const SelfSubjectReviewStatus = struct("io.k8s.api.authentication.v1.SelfSubjectReviewStatus", "Who asked.", {
  userInfo: ref(UserInfo, 1, { doc: "Name, uid and groups." }),
});
export interface SelfSubjectReviewStatus extends Infer<typeof SelfSubjectReviewStatus> {}

export const SelfSubjectReview = kind("io.k8s.api.authentication.v1.SelfSubjectReview", "Tells who you are: the answer is in the status.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  status: ref(SelfSubjectReviewStatus, 2, { doc: "What was last seen; written by the system." }),
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
