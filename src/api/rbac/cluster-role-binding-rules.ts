/** What the server knows of ClusterRoleBinding: defaults, what a write may set, what is refused, what tables show. */
import { bindingChecks, defaultBinding } from "../checks/access.ts";
import { pathSegmentName } from "../checks/object-meta.ts";
import { rules } from "../rules.ts";
import { bindingCells } from "../tables/cells.ts";
import type { ClusterRoleBinding } from "./cluster-role-binding.ts";

export const clusterRoleBindingRules = rules<ClusterRoleBinding>({
  names: pathSegmentName,
  createOnUpdate: true,
  counts: false,
  defaults: defaultBinding,
  check: bindingChecks(false),
  cells: bindingCells,
});
