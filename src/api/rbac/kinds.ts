/** What is served of rbac.authorization.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { clusterroles } from "./cluster-role.ts";
import { clusterrolebindings } from "./cluster-role-binding.ts";
import { clusterRoleBindingRules } from "./cluster-role-binding-rules.ts";
import { clusterRoleRules } from "./cluster-role-rules.ts";
import { roles } from "./role.ts";
import { rolebindings } from "./role-binding.ts";
import { roleBindingRules } from "./role-binding-rules.ts";
import { roleRules } from "./role-rules.ts";

export const rbacKinds: readonly Served[] = [
  served(clusterrolebindings, clusterRoleBindingRules),
  served(clusterroles, clusterRoleRules),
  served(rolebindings, roleBindingRules),
  served(roles, roleRules),
];
