/** Whether what a write adds fits within the quotas of its namespace, and what it costs each of them. Pure. */
import type { KubeObject, ResourceQuota } from "#api/mod.ts";
import { type Amounts, addAmounts, amounts, isWithin, type Measure, masked, written } from "#client/mod.ts";
import { compareQuantity, parseQuantity, subtractQuantity } from "#codec/mod.ts";
import { type LimitedResource, limitedNames, uncoveredScopes } from "./limited.ts";

/** One quota as it stands: `used` grows with every request that is let through. */
export interface Standing {
  quota: ResourceQuota;
  hard: Amounts;
  used: Amounts;
}

export interface Asked {
  measure: Measure;
  operation: "CREATE" | "UPDATE";
  subresource: string;
  object: KubeObject;
  old: KubeObject | undefined;
}

/** `isFault`: upstream refuses it with no better word than an error. */
export type Decision = { refused: string; isFault?: true } | { costs: ReadonlyMap<Standing, Amounts> };

/** `limited`: what is refused where no quota covers it. */
export function decideQuota(
  standings: readonly Standing[],
  asked: Asked,
  nowMs: number,
  limited: readonly LimitedResource[] = [],
): Decision {
  const { measure, object } = asked;
  const restricted = new Set<string>();
  const concerned: Standing[] = [];
  for (const standing of standings) {
    const { quota, hard, used } = standing;
    const names = [...hard.keys()].filter((name) => measure.measures(name)).sort();
    if (names.length === 0 || !isWithin(quota, measure, object)) continue;
    const unsaid = measure.unsaid?.(names, object);
    if (unsaid) return { refused: `failed quota: ${quota.metadata.name}: ${unsaid}` };
    // A quota that nobody has counted yet lets nothing through.
    if (names.some((name) => !used.has(name)))
      return { refused: `status unknown for quota: ${quota.metadata.name}, resources: ${names.join(",")}` };
    concerned.push(standing);
    for (const name of names) restricted.add(name);
  }
  if (concerned.length === 0 && limited.length === 0) return { costs: new Map() };
  const usage = measure.usage(object, nowMs);
  const negative = [...usage].filter(([, quantity]) => quantity.nanos < 0n).map(([name]) => name);
  if (negative.length > 0) return { refused: `quota usage is negative for resource(s): ${negative.sort().join(",")}` };
  const more = growthOf(asked, usage, nowMs);
  if (limited.length > 0 && withoutZeros(more).size > 0) {
    const open = limitedNames(limited, measure.id, usage).filter((name) => !restricted.has(name));
    if (open.length > 0) return { refused: `insufficient quota to consume: ${open.sort().join(",")}` };
    const scopes = uncoveredScopes(
      limited,
      standings.map(({ quota }) => quota),
      measure,
      object,
    );
    if (scopes) return { refused: `insufficient quota to match these scopes: ${scopes}`, isFault: true };
  }
  return costsOf(concerned, asked, usage, more);
}

/** What an update adds to what there was; all of what is created. */
const growthOf = ({ operation, old, measure }: Asked, usage: Amounts, nowMs: number): Amounts =>
  operation === "UPDATE" && old ? growth(usage, measure.usage(old, nowMs)) : usage;

function costsOf(concerned: readonly Standing[], asked: Asked, usage: Amounts, more: Amounts): Decision {
  const { measure, old, subresource } = asked;
  const costs = new Map<Standing, Amounts>();
  for (const standing of concerned) {
    const { quota, hard, used } = standing;
    const counted = more === usage || isWithin(quota, measure, old!);
    const cost = masked(withoutZeros(counted ? more : usage), hard);
    if (cost.size === 0) continue;
    const exceeded = subresource === "status" ? [] : [...cost.keys()].filter((name) => exceeds(standing, name, cost));
    if (exceeded.length > 0) {
      const names = new Set(exceeded);
      const [asks, has, most] = [cost, used, hard].map((each) => listed(masked(each, names)));
      return { refused: `exceeded quota: ${quota.metadata.name}, requested: ${asks}, used: ${has}, limited: ${most}` };
    }
    costs.set(standing, cost);
  }
  return { costs };
}

function exceeds({ used, hard }: Standing, name: string, cost: Amounts): boolean {
  const total = addAmounts(new Map([[name, used.get(name) ?? zero]]), new Map([[name, cost.get(name)!]]));
  return compareQuantity(total.get(name)!, hard.get(name)!) > 0;
}

const zero = parseQuantity("0");

function growth(now: Amounts, before: Amounts): Amounts {
  const more = [...now].map(([name, quantity]) => [name, subtractQuantity(quantity, before.get(name) ?? zero)] as const);
  return new Map(more.filter(([, quantity]) => quantity.nanos > 0n));
}

const withoutZeros = (all: Amounts): Amounts => new Map([...all].filter(([, quantity]) => quantity.nanos !== 0n));

const listed = (all: Amounts): string =>
  Object.entries(written(all))
    .map(([name, text]) => `${name}=${text}`)
    .sort()
    .join(",");

export const standingOf = (quota: ResourceQuota): Standing => ({
  quota,
  hard: amounts(quota.status?.hard),
  used: amounts(quota.status?.used),
});
