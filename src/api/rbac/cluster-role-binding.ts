/** Declarations of Subject, RoleRef, ClusterRoleBinding. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const Subject = struct("io.k8s.api.rbac.v1.Subject", "Somebody.", {
  kind: string(1, { always: true, required: true, doc: "User, Group or ServiceAccount." }),
  apiGroup: string(2, { doc: "rbac.authorization.k8s.io for users and groups, nothing for service accounts." }),
  name: string(3, { always: true, required: true, doc: "The name." }),
  namespace: string(4, { doc: "The service account's namespace." }),
});
export interface Subject extends Infer<typeof Subject> {}

export const RoleRef = struct("io.k8s.api.rbac.v1.RoleRef", "A role.", {
  apiGroup: string(1, { always: true, doc: "rbac.authorization.k8s.io." }),
  kind: string(2, { always: true, required: true, doc: "Role or ClusterRole." }),
  name: string(3, { always: true, required: true, doc: "Its name." }),
});
export interface RoleRef extends Infer<typeof RoleRef> {}

export const ClusterRoleBinding = kind("io.k8s.api.rbac.v1.ClusterRoleBinding", "Gives a ClusterRole's rights in all namespaces.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  subjects: list(Subject, 2, { listType: "atomic", doc: "Who gets them." }),
  roleRef: ref(RoleRef, 3, { always: true, required: true, doc: "The role; cannot be changed." }),
});
export interface ClusterRoleBinding extends Infer<typeof ClusterRoleBinding> {}

export const ClusterRoleBindingList = kind("io.k8s.api.rbac.v1.ClusterRoleBindingList", "A list of ClusterRoleBinding objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ClusterRoleBinding, 2, { always: true, required: true, doc: "The objects." }),
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
