/** Declarations of RoleBinding. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref } from "../schema.ts";
import { RoleRef, Subject } from "./cluster-role-binding.ts";

export const RoleBinding = kind("io.k8s.api.rbac.v1.RoleBinding", "Gives a role's rights in one namespace.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  subjects: list(Subject, 2, { listType: "atomic", doc: "Who gets them." }),
  roleRef: ref(RoleRef, 3, { always: true, required: true, doc: "The role; cannot be changed." }),
});
export interface RoleBinding extends Infer<typeof RoleBinding> {}

export const RoleBindingList = kind("io.k8s.api.rbac.v1.RoleBindingList", "A list of RoleBinding objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(RoleBinding, 2, { always: true, required: true, doc: "The objects." }),
});
export interface RoleBindingList extends Infer<typeof RoleBindingList> {}

export const rolebindings = resource<RoleBinding>(RoleBinding, {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "rolebindings",
  singular: "rolebinding",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/rolebindings/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Role", type: "string" },
    { name: "Age", type: "string" },
    { name: "Users", type: "string", priority: 1 },
    { name: "Groups", type: "string", priority: 1 },
    { name: "ServiceAccounts", type: "string", priority: 1 },
  ],
});
