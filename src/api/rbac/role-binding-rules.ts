/** What the server knows of RoleBinding: defaults, what a write may set, what is refused, what tables show. */
import { bindingChecks, defaultBinding } from "../checks/access.ts";
import { pathSegmentName } from "../checks/object-meta.ts";
import { rules } from "../rules.ts";
import { bindingCells } from "../tables/cells.ts";
import type { RoleBinding } from "./role-binding.ts";

export const roleBindingRules = rules<RoleBinding>({
  names: pathSegmentName,
  createOnUpdate: true,
  counts: false,
  defaults: defaultBinding,
  check: bindingChecks(true),
  cells: bindingCells,
});
