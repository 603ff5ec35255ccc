/** What the server knows of PriorityLevelConfiguration: defaults, what a write may set, what is refused, what tables show. */
import { checkDeclared, checkFields } from "../checks/declared.ts";
import { internalShape } from "../checks/internal-shape.ts";
import { conditionTypes } from "../checks/kinds/statuses.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, always, rules } from "../rules.ts";
import { ageOf, nameOf, none } from "../tables/cells.ts";
import type { PriorityLevelConfiguration } from "./priority-level-configuration.ts";
import {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
} from "./priority-level-configuration.ts";

export const priorityLevelConfigurationRules = rules<PriorityLevelConfiguration>({
  ownMeta: "asNew",
  status: () => ({}),
  statusKeeps: "all",
  defaults: defaultPriorityLevel,
  check: {
    ...always(validatePriorityLevel),
    sub: { status: ({ status }, _old, problems) => conditionTypes(status?.conditions, "status.conditions", problems) },
  },
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

function validatePriorityLevel({ metadata, spec = {} }: AnyObject, problems: Problems): void {
  const { type = "", limited, exempt } = spec;
  if ((metadata.name === "exempt") !== (type === "Exempt"))
    problems.invalid("spec.type", type, "must be 'Exempt' if and only if `name` is 'exempt'");
  if (type === "Exempt") {
    if (limited) problems.forbidden("spec.limited", "must be nil if the type is not Limited");
    checkDeclared(ExemptPriorityLevelConfiguration, exempt, "spec.exempt", problems);
  } else if (type === "Limited") {
    if (exempt) problems.forbidden("spec.exempt", "must be nil if the type is Limited");
    if (limited) validateLimited(limited, "spec.limited", problems);
    else problems.required("spec.limited", "must not be empty when type is Limited");
  } else if (!type) problems.required("spec.type");
  else problems.notSupported("spec.type", type, ["Exempt", "Limited"]);
  if (metadata.name === "exempt" && (type !== "Exempt" || limited))
    problems.invalid(
      "spec",
      internalShape(PriorityLevelConfigurationSpec, spec),
      "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value",
    );
}

function validateLimited(limited: AnyObject, at: string, problems: Problems): void {
  const check = (names: string[]) => checkFields(LimitedPriorityLevelConfiguration, limited, at, names, problems);
  check(["nominalConcurrencyShares"]);
  const { type = "", queuing } = limited.limitResponse ?? {};
  const where = `${at}.limitResponse`;
  if (type === "Reject") {
    if (queuing) problems.forbidden(`${where}.queuing`, "must be nil if limited.limitResponse.type is not Limited");
  } else if (type === "Queue") {
    if (queuing) validateQueuing(queuing, `${where}.queuing`, problems);
    else problems.required(`${where}.queuing`, "must not be empty if limited.limitResponse.type is Limited");
  } else if (!type) problems.required(`${where}.type`);
  else problems.notSupported(`${where}.type`, type, ["Queue", "Reject"]);
  check(["lendablePercent", "borrowingLimitPercent"]);
}

const [mostQueues, hashBits] = [10_000_000, 60];

function validateQueuing({ queues = 0, handSize = 0, queueLengthLimit = 0 }: AnyObject, at: string, problems: Problems): void {
  if (queueLengthLimit <= 0) problems.invalid(`${at}.queueLengthLimit`, queueLengthLimit, "must be positive");
  if (queues <= 0) problems.invalid(`${at}.queues`, queues, "must be positive");
  else if (queues > mostQueues) problems.invalid(`${at}.queues`, queues, `must not be greater than ${mostQueues}`);
  if (handSize <= 0) problems.invalid(`${at}.handSize`, handSize, "must be positive");
  else if (handSize > queues) problems.invalid(`${at}.handSize`, handSize, `should not be greater than queues (${queues})`);
  else if (bitsOfHand(queues, handSize) > hashBits)
    problems.invalid(
      `${at}.handSize`,
      handSize,
      `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBits}`,
    );
}

/** How many bits a flow's hash must have to deal it a hand. */
function bitsOfHand(deck: number, hand: number): number {
  let hands = 1;
  for (let i = 0; i < hand; i++) hands *= deck - i;
  return Math.ceil(Math.log2(hands));
}
