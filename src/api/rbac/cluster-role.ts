/** Declarations of PolicyRule, AggregationRule, ClusterRole. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const PolicyRule = struct("io.k8s.api.rbac.v1.PolicyRule", {
  verbs: list(string, 1, { always: true, required: true, listType: "atomic" }),
  apiGroups: list(string, 2, { listType: "atomic" }),
  resources: list(string, 3, { listType: "atomic" }),
  resourceNames: list(string, 4, { listType: "atomic" }),
  nonResourceURLs: list(string, 5, { listType: "atomic" }),
});
export interface PolicyRule extends Infer<typeof PolicyRule> {}

export const AggregationRule = struct("io.k8s.api.rbac.v1.AggregationRule", {
  clusterRoleSelectors: list(LabelSelector, 1, { listType: "atomic" }),
});
export interface AggregationRule extends Infer<typeof AggregationRule> {}

export const ClusterRole = kind("io.k8s.api.rbac.v1.ClusterRole", {
  metadata: ref(ObjectMeta, 1),
  rules: list(PolicyRule, 2, { always: true, listType: "atomic" }),
  aggregationRule: ref(AggregationRule, 3, { pointer: true }),
});
export interface ClusterRole extends Infer<typeof ClusterRole> {}

export const ClusterRoleList = kind("io.k8s.api.rbac.v1.ClusterRoleList", {
  metadata: ref(ListMeta, 1),
  items: list(ClusterRole, 2, { always: true, required: true }),
});
export interface ClusterRoleList extends Infer<typeof ClusterRoleList> {}

export const clusterroles = resource<ClusterRole>(ClusterRole, {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "clusterroles",
  singular: "clusterrole",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/clusterroles/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Created At", type: "date" },
  ],
});
