/** Declarations of ServiceAccount. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, kind, list, ref } from "../schema.ts";
import { LocalObjectReference, ObjectReference } from "./references.ts";

export const ServiceAccount = kind("io.k8s.api.core.v1.ServiceAccount", "An identity for processes in pods.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  secrets: list(ObjectReference, 2, {
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "Secrets that its pods may mount, when that is restricted.",
  }),
  imagePullSecrets: list(LocalObjectReference, 3, { listType: "atomic", doc: "Given to every pod that runs as this account." }),
  automountServiceAccountToken: bool(4, { pointer: true, doc: "Whether pods get its token mounted; they may overrule it." }),
});
export interface ServiceAccount extends Infer<typeof ServiceAccount> {}

export const ServiceAccountList = kind("io.k8s.api.core.v1.ServiceAccountList", "A list of ServiceAccount objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ServiceAccount, 2, { always: true, required: true, doc: "The objects." }),
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
