/** Declarations of Subject, RoleRef, ClusterRoleBinding. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const Subject = struct("io.k8s.api.rbac.v1.Subject", {
  kind: string(1, { always: true, required: true }),
  apiGroup: string(2),
  name: string(3, { always: true, required: true }),
  namespace: string(4),
});
export interface Subject extends Infer<typeof Subject> {}

export const RoleRef = struct("io.k8s.api.rbac.v1.RoleRef", {
  apiGroup: string(1, { always: true }),
  kind: string(2, { always: true, required: true }),
  name: string(3, { always: true, required: true }),
});
export interface RoleRef extends Infer<typeof RoleRef> {}

export const ClusterRoleBinding = kind("io.k8s.api.rbac.v1.ClusterRoleBinding", {
  metadata: ref(ObjectMeta, 1),
  subjects: list(Subject, 2, { listType: "atomic" }),
  roleRef: ref(RoleRef, 3, { always: true, required: true }),
});
export interface ClusterRoleBinding extends Infer<typeof ClusterRoleBinding> {}

export const ClusterRoleBindingList = kind("io.k8s.api.rbac.v1.ClusterRoleBindingList", {
  metadata: ref(ListMeta, 1),
  items: list(ClusterRoleBinding, 2, { always: true, required: true }),
});
export interface ClusterRoleBindingList extends Infer<typeof ClusterRoleBindingList> {}

export const clusterrolebindings = resource<ClusterRoleBinding>(ClusterRoleBinding, {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "clusterrolebindings",
  singular: "clusterrolebinding",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/clusterrolebindings/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Role", type: "string" },
    { name: "Age", type: "string" },
    { name: "Users", type: "string", priority: 1 },
    { name: "Groups", type: "string", priority: 1 },
    { name: "ServiceAccounts", type: "string", priority: 1 },
  ],
});
