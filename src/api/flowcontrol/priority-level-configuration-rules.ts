/** What the server knows of PriorityLevelConfiguration: defaults, what a write may set, what is refused, what tables show. */
import { checkFields } from "../checks/declared.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, always, rules } from "../rules.ts";
import { ageOf, nameOf, none } from "../tables/cells.ts";
import type { PriorityLevelConfiguration } from "./priority-level-configuration.ts";
import { PriorityLevelConfigurationSpec } from "./priority-level-configuration.ts";

export const priorityLevelConfigurationRules = rules<PriorityLevelConfiguration>({
  status: () => ({}),
  statusKeeps: "all",
  defaults: defaultPriorityLevel,
  check: always(validatePriorityLevel),
  cells: (o, now) => {
    const { limited, type } = o.spec ?? {};
    const queuing = limited?.limitResponse?.queuing;
    return [
      nameOf(o),
      type,
      limited?.nominalConcurrencyShares ?? none,
      queuing?.queues ?? none,
      queuing?.handSize ?? none,
      queuing?.queueLengthLimit ?? none,
      ageOf(o, now),
    ];
  },
});

function defaultPriorityLevel({ spec }: PriorityLevelConfiguration): void {
  if (spec?.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  if (!spec?.limited) return;
  spec.limited.nominalConcurrencyShares ??= 30;
  spec.limited.lendablePercent ??= 0;
  const { queuing } = spec.limited.limitResponse ?? {};
  if (!queuing) return;
  queuing.handSize ||= 8;
  queuing.queues ||= 64;
  queuing.queueLengthLimit ||= 50;
}

function validatePriorityLevel({ spec = {} }: AnyObject, problems: Problems): void {
  // What else is said is of a type, and without one it is not looked at.
  if (!spec.type) return problems.required("spec.type");
  checkFields(PriorityLevelConfigurationSpec, spec, "spec", ["type", "limited", "exempt"], problems);
}
