/** Declarations of TokenReviewSpec, TokenReviewStatus, TokenReview. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, kind, list, ref, string, struct } from "../schema.ts";
import { UserInfo } from "./self-subject-review.ts";

export const TokenReviewSpec = struct("io.k8s.api.authentication.v1.TokenReviewSpec", {
  token: string(1, { required: true }),
  audiences: list(string, 2, { listType: "atomic" }),
});
export interface TokenReviewSpec extends Infer<typeof TokenReviewSpec> {}

export const TokenReviewStatus = struct("io.k8s.api.authentication.v1.TokenReviewStatus", {
  authenticated: bool(1),
  user: ref(UserInfo, 2),
  audiences: list(string, 4, { listType: "atomic" }),
  error: string(3),
});
export interface TokenReviewStatus extends Infer<typeof TokenReviewStatus> {}

export const TokenReview = kind("io.k8s.api.authentication.v1.TokenReview", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(TokenReviewSpec, 2, { always: true, required: true }),
  status: ref(TokenReviewStatus, 3),
});
export interface TokenReview extends Infer<typeof TokenReview> {}

export const tokenreviews = resource<TokenReview>(TokenReview, {
  group: "authentication.k8s.io",
  version: "v1",
  resource: "tokenreviews",
  singular: "tokenreview",
  namespaced: false,
  verbs: ["create"],
  storagePrefix: "/registry/tokenreviews/",
  columns: [],
});
