/** What the server knows of ResourceQuota: defaults, what a write may set, what is refused, what tables show. */
import { subdomainName } from "../checks/object-meta.ts";
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

const knownScopes = [
  "Terminating",
  "NotTerminating",
  "BestEffort",
  "NotBestEffort",
  "PriorityClass",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
];

function validateQuota({ spec = {}, status = {} }: AnyObject, problems: Problems): void {
  validateHard(spec.hard, "spec.hard", problems);
  const scopes: string[] = spec.scopes ?? [];
  const set = new Set(scopes);
  for (const scope of scopes) {
    if (!knownScopes.includes(scope)) problems.invalid("spec.scopes", scopes, "unsupported scope");
    for (const name of Object.keys(spec.hard ?? {}).sort())
      if (isStandardResource(name) && !suits(scope, name)) problems.invalid("spec.scopes", scopes, "unsupported scope applied to resource");
  }
  if (isContradiction(set)) problems.invalid("spec.scopes", scopes, "conflicting scopes");
  validateSelector(spec, problems);
  validateHard(status.hard, "status.hard", problems);
  validateHard(status.used, "status.used", problems);
}

const mustExist = ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"];

function validateSelector({ hard = {}, scopes, scopeSelector }: AnyObject, problems: Problems): void {
  if (!scopeSelector) return;
  const field = "spec.scopeSelector.matchExpressions";
  const set = new Set<string>();
  for (const { scopeName, operator, values = [] } of scopeSelector.matchExpressions ?? []) {
    if (!knownScopes.includes(scopeName)) problems.invalid(`${field}.scopeName`, scopeName, "unsupported scope");
    for (const name of Object.keys(hard).sort())
      if (isStandardResource(name) && !suits(scopeName, name))
        problems.invalid(field, asUpstreamShows(scopeSelector), "unsupported scope applied to resource");
    if (mustExist.includes(scopeName) && operator !== "Exists")
      problems.invalid(
        `${field}.operator`,
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      );
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        problems.required(`${field}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        problems.invalid(`${field}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
    } else problems.invalid(`${field}.operator`, operator, "not a valid selector operator");
    set.add(scopeName);
  }
  if (isContradiction(set)) problems.invalid(field, scopes ?? null, "conflicting scopes");
}

/** Upstream's message shows its internal form of the selector, in which fields have other names. */
const asUpstreamShows = ({ matchExpressions = [] }: AnyObject) => ({
  MatchExpressions: matchExpressions.map(({ scopeName, operator, values }: AnyObject) => ({
    ScopeName: scopeName,
    Operator: operator,
    Values: values ?? null,
  })),
});

const isContradiction = (scopes: ReadonlySet<string>) =>
  (scopes.has("BestEffort") && scopes.has("NotBestEffort")) || (scopes.has("Terminating") && scopes.has("NotTerminating"));

const computeNames = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
/** Of the standard names, those whose objects can be within the scope. */
function suits(scope: string, name: string): boolean {
  if (scope === "BestEffort") return name === "pods";
  if (scope === "VolumeAttributesClass") return name === "persistentvolumeclaims" || name === "requests.storage";
  return !knownScopes.includes(scope) || name === "pods" || computeNames.includes(name);
}

function validateHard(hard: Record<string, string> | undefined, field: string, problems: Problems): void {
  for (const [name, amount] of Object.entries(hard ?? {})) {
    const at = `${field}[${name}]`;
    validateResourceName(name, at, problems);
    if (!name.includes("/") && !isStandardResource(name)) problems.invalid(at, name, "must be a standard resource for quota");
    validateResourceAmount(name, amount, at, problems);
  }
}
