/** What the server knows of ClusterRole: defaults, what a write may set, what is refused, what tables show. */
import { roleChecks } from "../checks/access.ts";
import { pathSegmentName } from "../checks/object-meta.ts";
import { rules } from "../rules.ts";
import type { ClusterRole } from "./cluster-role.ts";

export const clusterRoleRules = rules<ClusterRole>({
  names: pathSegmentName,
  createOnUpdate: true,
  counts: false,
  check: roleChecks(false),
});
