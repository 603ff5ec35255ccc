/** Declarations of Role. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref } from "../schema.ts";
import { PolicyRule } from "./cluster-role.ts";

export const Role = kind("io.k8s.api.rbac.v1.Role", "Rights in one namespace.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  rules: list(PolicyRule, 2, { always: true, keepsEmpty: true, listType: "atomic", doc: "What is allowed." }),
});
export interface Role extends Infer<typeof Role> {}

export const RoleList = kind("io.k8s.api.rbac.v1.RoleList", "A list of Role objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Role, 2, { always: true, required: true, doc: "The objects." }),
});
export interface RoleList extends Infer<typeof RoleList> {}

export const roles = resource<Role>(Role, {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "roles",
  singular: "role",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/roles/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Created At", type: "date" },
  ],
});
