/** What the server knows of ResourceQuota: defaults, what a write may set, what is refused, what tables show. */
import { subdomainName } from "../checks/object-meta.ts";
import { isWhole } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { isStandardResource, validateResourceAmount, validateResourceName } from "../checks/resources.ts";
import { type AnyObject, rules } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { ResourceQuota } from "./resource-quota.ts";

export const resourceQuotaRules = rules<ResourceQuota>({
  names: subdomainName,
  counts: false,
  status: () => ({}),
  check: {
    create: validateQuota,
    update(next, old, problems) {
      validateQuota(next, problems);
      const sorted = (quota: AnyObject) => [...(quota.spec?.scopes ?? [])].sort();
      if (!semanticEqual(sorted(next), sorted(old))) problems.invalid("spec.scopes", next.spec?.scopes ?? null, "field is immutable");
    },
    sub: {
      status(next: AnyObject, _old, problems) {
        for (const part of ["hard", "used"]) validateHard(next.status?.[part], `status.${part}`, problems);
      },
    },
  },
  cells: (o: AnyObject, now) => {
    const show = (limits: boolean) =>
      Object.keys(o.status?.hard ?? {})
        .filter((key) => key.startsWith("limits") === limits)
        .sort()
        .map((key) => `${key}: ${o.status.used?.[key] ?? "0"}/${o.status.hard[key]}`)
        .join(", ");
    return [nameOf(o), show(false), show(true), ageOf(o, now)];
  },
  deletion: { answers: "object" },
});

function validateQuota({ spec = {}, status = {} }: AnyObject, problems: Problems): void {
  validateHard(spec.hard, "spec.hard", problems);
  const scopes: string[] = spec.scopes ?? [];
  const known = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
  ];
  const set = new Set(scopes);
  for (const scope of scopes) {
    if (!known.includes(scope)) problems.invalid("spec.scopes", scopes, "unsupported scope");
    for (const name of Object.keys(spec.hard ?? {}))
      if (isStandardResource(name) && scope === "BestEffort" && name !== "pods" && name !== "requests.pods")
        problems.invalid("spec.scopes", scopes, "unsupported scope applied to resource");
  }
  if ((set.has("BestEffort") && set.has("NotBestEffort")) || (set.has("Terminating") && set.has("NotTerminating")))
    problems.invalid("spec.scopes", scopes, "conflicting scopes");
  validateHard(status.hard, "status.hard", problems);
  validateHard(status.used, "status.used", problems);
}

function validateHard(hard: Record<string, string> | undefined, field: string, problems: Problems): void {
  for (const [name, amount] of Object.entries(hard ?? {})) {
    const at = `${field}[${name}]`;
    validateResourceName(name, at, problems);
    if (!name.includes("/") && !isStandardResource(name)) problems.invalid(at, name, "must be a standard resource for quota");
    validateResourceAmount(name, amount, at, problems);
    if (name.startsWith("count/") && !isWhole(amount)) problems.invalid(at, amount, "must be an integer");
  }
}
