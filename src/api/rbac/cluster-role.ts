/** Declarations of PolicyRule, AggregationRule, ClusterRole. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const PolicyRule = struct("io.k8s.api.rbac.v1.PolicyRule", "Something that is allowed; there are no rules that forbid.", {
  verbs: list(string, 1, { always: true, required: true, listType: "atomic", doc: "What may be done; * all." }),
  apiGroups: list(string, 2, { listType: "atomic", doc: 'API groups; "" is the core group, * all.' }),
  resources: list(string, 3, { listType: "atomic", doc: "Resources and subresources; * all." }),
  resourceNames: list(string, 4, { listType: "atomic", doc: "Only objects with these names; all when empty." }),
  nonResourceURLs: list(string, 5, { listType: "atomic", doc: "Paths; a * at the end stands for anything. Only in a ClusterRole." }),
});
export interface PolicyRule extends Infer<typeof PolicyRule> {}

export const AggregationRule = struct("io.k8s.api.rbac.v1.AggregationRule", "Which roles a ClusterRole is put together from.", {
  clusterRoleSelectors: list(LabelSelector, 1, { listType: "atomic", doc: "Labels of the roles whose rules it takes." }),
});
export interface AggregationRule extends Infer<typeof AggregationRule> {}

export const ClusterRole = kind("io.k8s.api.rbac.v1.ClusterRole", "Rights, in all namespaces or, by a RoleBinding, in one.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  rules: list(PolicyRule, 2, { always: true, keepsEmpty: true, listType: "atomic", doc: "What is allowed." }),
  aggregationRule: ref(AggregationRule, 3, { pointer: true, doc: "Roles from which the rules are filled in." }),
});
export interface ClusterRole extends Infer<typeof ClusterRole> {}

export const ClusterRoleList = kind("io.k8s.api.rbac.v1.ClusterRoleList", "A list of ClusterRole objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ClusterRole, 2, { always: true, required: true, doc: "The objects." }),
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
