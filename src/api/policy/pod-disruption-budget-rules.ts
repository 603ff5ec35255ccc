/** What the server knows of PodDisruptionBudget: defaults, what a write may set, what is refused, what tables show. */
import { validateConditions } from "../checks/conditions.ts";
import { subdomainName } from "../checks/object-meta.ts";
import { intOrPercent, nonNegative, notMoreThanAll, validateLabelSelector } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { PodDisruptionBudget } from "./pod-disruption-budget.ts";

/** As upstream's internal type prints. */
const budgetOf = (spec: AnyObject) => ({
  MinAvailable: spec.minAvailable ?? null,
  Selector: spec.selector ?? null,
  MaxUnavailable: spec.maxUnavailable ?? null,
  UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
});

export const podDisruptionBudgetRules = rules<PodDisruptionBudget>({
  commonMeta: true,
  names: subdomainName,
  conditional: true,
  status: () => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  check: {
    create: validateBudget,
    update: (budget, _old, problems) => validateBudget(budget, problems),
    sub: {
      status({ status = {} }: AnyObject, _old, problems) {
        validateConditions(status.conditions, "status.conditions", problems);
        for (const key of ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"])
          nonNegative(status[key], `status.${key}`, problems);
      },
    },
  },
  cells: (o, now) => [
    nameOf(o),
    String(o.spec?.minAvailable ?? "N/A"),
    String(o.spec?.maxUnavailable ?? "N/A"),
    o.status?.disruptionsAllowed ?? 0,
    ageOf(o, now),
  ],
});

function validateBudget({ spec = {} }: AnyObject, problems: Problems): void {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    problems.invalid("spec", budgetOf(spec), "minAvailable and maxUnavailable cannot be both set");
  for (const [key, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue;
    intOrPercent(value, `spec.${key}`, problems);
    notMoreThanAll(value, `spec.${key}`, problems);
  }
  validateLabelSelector(selector, "spec.selector", problems);
  if (unhealthyPodEvictionPolicy !== undefined && !["AlwaysAllow", "IfHealthyBudget"].includes(unhealthyPodEvictionPolicy))
    problems.notSupported("spec.unhealthyPodEvictionPolicy", unhealthyPodEvictionPolicy, ["AlwaysAllow", "IfHealthyBudget"]);
}
