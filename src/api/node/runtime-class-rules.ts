/** What the server knows of RuntimeClass: defaults, what a write may set, what is refused, what tables show. */
import { immutable, subdomainName } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { validateResourceAmount } from "../checks/resources.ts";
import { validateTolerations } from "../checks/scheduling.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { RuntimeClass } from "./runtime-class.ts";

export const runtimeClassRules = rules<RuntimeClass>({
  names: subdomainName,
  createOnUpdate: true,
  conditional: true,
  counts: false,
  check: {
    create: validateRuntimeClass,
    update: (next, old, problems) => immutable(next.handler, old.handler, "handler", problems),
  },
  cells: (o, now) => [nameOf(o), o.handler, ageOf(o, now)],
});

function validateRuntimeClass({ handler = "", overhead, scheduling }: AnyObject, problems: Problems): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(handler) || handler.length > 63)
    problems.invalid(
      "handler",
      handler,
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    );
  for (const [name, amount] of Object.entries<string>(overhead?.podFixed ?? {}))
    validateResourceAmount(name, amount, `overhead.podFixed[${name}]`, problems);
  if (scheduling) validateTolerations(scheduling.tolerations, "scheduling.tolerations", problems);
}
