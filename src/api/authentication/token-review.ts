/** Declarations of TokenReviewSpec, TokenReviewStatus, TokenReview. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, kind, list, ref, string, struct } from "../schema.ts";
import { UserInfo } from "./self-subject-review.ts";

export const TokenReviewSpec = struct("io.k8s.api.authentication.v1.TokenReviewSpec", "The token in question.", {
  token: string(1, { required: true, doc: "The token." }),
  audiences: list(string, 2, { listType: "atomic", doc: "Whom it should be for; the API server when empty." }),
});
export interface TokenReviewSpec extends Infer<typeof TokenReviewSpec> {}

export const TokenReviewStatus = struct("io.k8s.api.authentication.v1.TokenReviewStatus", "Whose it is.", {
  authenticated: bool(1, { doc: "Whether it is good." }),
  user: ref(UserInfo, 2, { doc: "Whose it is." }),
  audiences: list(string, 4, { listType: "atomic", doc: "Those of the audiences that it is for." }),
  error: string(3, { doc: "Why it could not be looked at." }),
});
export interface TokenReviewStatus extends Infer<typeof TokenReviewStatus> {}

export const TokenReview = kind("io.k8s.api.authentication.v1.TokenReview", "Asks whose a token is; the answer is in the status.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(TokenReviewSpec, 2, { always: true, required: true, doc: "What is wanted." }),
  status: ref(TokenReviewStatus, 3, { doc: "What was last seen; written by the system." }),
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
