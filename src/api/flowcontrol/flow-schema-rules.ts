/** What the server knows of FlowSchema: defaults, what a write may set, what is refused, what tables show. */
import { checkFields } from "../checks/declared.ts";
import type { Problems } from "../checks/problems.ts";
import type { AnyObject } from "../rules.ts";
import { always, rules } from "../rules.ts";
import { ageOf, nameOf, none } from "../tables/cells.ts";
import type { FlowSchema } from "./flow-schema.ts";
import { FlowSchemaSpec, PolicyRulesWithSubjects } from "./flow-schema.ts";

export const flowSchemaRules = rules<FlowSchema>({
  status: () => ({}),
  statusKeeps: "all",
  defaults: ({ spec }: FlowSchema) => {
    if (spec) spec.matchingPrecedence ||= 1000;
  },
  check: always(validateFlowSchema),
  cells: (o, now) => {
    const dangling = (o.status?.conditions ?? []).find((condition: AnyObject) => condition.type === "Dangling");
    return [
      nameOf(o),
      o.spec?.priorityLevelConfiguration?.name ?? "",
      o.spec?.matchingPrecedence ?? 0,
      o.spec?.distinguisherMethod?.type ?? none,
      ageOf(o, now),
      dangling?.status ?? "?",
    ];
  },
});

function validateFlowSchema({ spec = {} }: AnyObject, problems: Problems): void {
  checkFields(FlowSchemaSpec, spec, "spec", ["matchingPrecedence", "distinguisherMethod", "priorityLevelConfiguration"], problems);
  for (const [i, rule] of (spec.rules ?? []).entries()) {
    checkFields(PolicyRulesWithSubjects, rule, `spec.rules[${i}]`, ["subjects"], problems);
    if (!rule.resourceRules?.length && !rule.nonResourceRules?.length)
      problems.required(`spec.rules[${i}]`, "at least one of resourceRules and nonResourceRules has to be non-empty");
    checkFields(PolicyRulesWithSubjects, rule, `spec.rules[${i}]`, ["resourceRules", "nonResourceRules"], problems);
  }
}
