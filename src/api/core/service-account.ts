/** Declarations of ServiceAccount. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, kind, list, ref } from "../schema.ts";
import { LocalObjectReference, ObjectReference } from "./references.ts";

export const ServiceAccount = kind("io.k8s.api.core.v1.ServiceAccount", {
  metadata: ref(ObjectMeta, 1),
  secrets: list(ObjectReference, 2, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
  imagePullSecrets: list(LocalObjectReference, 3, { listType: "atomic" }),
  automountServiceAccountToken: bool(4, { pointer: true }),
});
export interface ServiceAccount extends Infer<typeof ServiceAccount> {}

export const ServiceAccountList = kind("io.k8s.api.core.v1.ServiceAccountList", {
  metadata: ref(ListMeta, 1),
  items: list(ServiceAccount, 2, { always: true, required: true }),
});
export interface ServiceAccountList extends Infer<typeof ServiceAccountList> {}

export const serviceaccounts = resource<ServiceAccount>(ServiceAccount, {
  group: "",
  version: "v1",
  resource: "serviceaccounts",
  singular: "serviceaccount",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["sa"],
  subresources: [{ name: "token", kind: "TokenRequest", verbs: ["create"], group: "authentication.k8s.io", version: "v1" }],
  storagePrefix: "/registry/serviceaccounts/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Age", type: "string" },
  ],
});
