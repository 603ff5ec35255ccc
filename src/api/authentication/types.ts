/** Declarations of BoundObjectReference, TokenRequestSpec, TokenRequestStatus, TokenRequest. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { type Infer, int64, kind, list, ref, string, struct, time } from "../schema.ts";

export const BoundObjectReference = struct("io.k8s.api.authentication.v1.BoundObjectReference", {
  kind: string(1),
  apiVersion: string(2),
  name: string(3),
  uid: string(4),
});
export interface BoundObjectReference extends Infer<typeof BoundObjectReference> {}

export const TokenRequestSpec = struct("io.k8s.api.authentication.v1.TokenRequestSpec", {
  audiences: list(string, 1, { always: true, listType: "atomic" }),
  expirationSeconds: int64(4, { pointer: true, always: true }),
  boundObjectRef: ref(BoundObjectReference, 3, { pointer: true, always: true }),
});
export interface TokenRequestSpec extends Infer<typeof TokenRequestSpec> {}

export const TokenRequestStatus = struct("io.k8s.api.authentication.v1.TokenRequestStatus", {
  token: string(1, { always: true }),
  expirationTimestamp: time(2, { always: true }),
});
export interface TokenRequestStatus extends Infer<typeof TokenRequestStatus> {}

export const TokenRequest = kind("io.k8s.api.authentication.v1.TokenRequest", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(TokenRequestSpec, 2, { always: true }),
  status: ref(TokenRequestStatus, 3),
});
export interface TokenRequest extends Infer<typeof TokenRequest> {}
