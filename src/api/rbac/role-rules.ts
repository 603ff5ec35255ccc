/** What the server knows of Role: defaults, what a write may set, what is refused, what tables show. */
import { roleChecks } from "../checks/access.ts";
import { pathSegmentName } from "../checks/object-meta.ts";
import { rules } from "../rules.ts";
import type { Role } from "./role.ts";

export const roleRules = rules<Role>({
  names: pathSegmentName,
  createOnUpdate: true,
  counts: false,
  check: roleChecks(true),
});
