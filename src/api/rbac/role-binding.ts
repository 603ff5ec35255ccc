/** Declarations of RoleBinding. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref } from "../schema.ts";
import { RoleRef, Subject } from "./cluster-role-binding.ts";

export const RoleBinding = kind("io.k8s.api.rbac.v1.RoleBinding", {
  metadata: ref(ObjectMeta, 1),
  subjects: list(Subject, 2, { listType: "atomic" }),
  roleRef: ref(RoleRef, 3, { always: true, required: true }),
});
export interface RoleBinding extends Infer<typeof RoleBinding> {}

export const RoleBindingList = kind("io.k8s.api.rbac.v1.RoleBindingList", {
  metadata: ref(ListMeta, 1),
  items: list(RoleBinding, 2, { always: true, required: true }),
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
