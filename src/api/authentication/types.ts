/** Declarations of BoundObjectReference, TokenRequestSpec, TokenRequestStatus, TokenRequest. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { type Infer, int64, kind, list, ref, string, struct, time } from "../schema.ts";

export const BoundObjectReference = struct(
  "io.k8s.api.authentication.v1.BoundObjectReference",
  "An object to whose life a token is bound.",
  {
    kind: string(1, { doc: "Pod, Node or Secret." }),
    apiVersion: string(2, { doc: "Its version, v1." }),
    name: string(3, { doc: "Its name." }),
    uid: string(4, { goType: "types.UID", doc: "Its uid." }),
  },
);
export interface BoundObjectReference extends Infer<typeof BoundObjectReference> {}

export const TokenRequestSpec = struct("io.k8s.api.authentication.v1.TokenRequestSpec", "What the token shall be.", {
  audiences: list(string, 1, { always: true, listType: "atomic", doc: "Whom it is for; the API server when empty." }),
  expirationSeconds: int64(4, {
    pointer: true,
    always: true,
    doc: "How long it is wanted for, at least 600; 3600 by default. The answer may be another time.",
  }),
  boundObjectRef: ref(BoundObjectReference, 3, { pointer: true, always: true, doc: "The object with whose end it ends." }),
});
export interface TokenRequestSpec extends Infer<typeof TokenRequestSpec> {}

export const TokenRequestStatus = struct("io.k8s.api.authentication.v1.TokenRequestStatus", "The token.", {
  token: string(1, { always: true, doc: "The token: secret." }),
  expirationTimestamp: time(2, { always: true, doc: "When it expires." }),
});
export interface TokenRequestStatus extends Infer<typeof TokenRequestStatus> {}

export const TokenRequest = kind("io.k8s.api.authentication.v1.TokenRequest", "Asks for a token of a service account.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(TokenRequestSpec, 2, { always: true, doc: "What is wanted." }),
  status: ref(TokenRequestStatus, 3, { doc: "What was last seen; written by the system." }),
});
export interface TokenRequest extends Infer<typeof TokenRequest> {}
