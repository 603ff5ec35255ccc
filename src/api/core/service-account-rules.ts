/** What the server knows of ServiceAccount: defaults, what a write may set, what is refused, what tables show. */
import { namespacedMeta } from "../checks/config-data.ts";
import { subdomainName, validateObjectMeta } from "../checks/object-meta.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { ServiceAccount } from "./service-account.ts";

export const serviceAccountRules = rules<ServiceAccount>({
  names: subdomainName,
  counts: false,
  prepare: {
    create: keepOnlyNames,
    update: keepOnlyNames,
  },
  check: {
    update: (next, _old, problems) => validateObjectMeta(next.metadata, namespacedMeta, problems),
  },
  cells: (o, now) => [nameOf(o), ageOf(o, now)],
  deletion: { answers: "object" },
});

/** A service account's secrets are references by name only. */
function keepOnlyNames(account: AnyObject): void {
  for (const [i, secret] of (account.secrets ?? []).entries()) account.secrets[i] = secret.name ? { name: secret.name } : {};
}
