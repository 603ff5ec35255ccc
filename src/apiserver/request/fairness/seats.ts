/** How the server's seats are shared: each priority level has a nominal number, lends a part of it, and borrows what others lend. */
import type { PriorityLevelConfiguration } from "#api/mod.ts";

export interface Share {
  name: string;
  isExempt: boolean;
  /** By its shares of the whole. */
  nominal: number;
  /** What it keeps although others need more. */
  least: number;
  /** What it can have when others need less. */
  most: number;
}

export function sharesOf(levels: readonly PriorityLevelConfiguration[], total: number): Share[] {
  const parts = (level: PriorityLevelConfiguration) =>
    (level.spec?.type === "Exempt" ? level.spec.exempt?.nominalConcurrencyShares : level.spec?.limited?.nominalConcurrencyShares) ?? 0;
  const whole = levels.reduce((sum, level) => sum + parts(level), 0);
  return levels.map((level) => {
    const isExempt = level.spec?.type === "Exempt";
    const nominal = whole === 0 ? 0 : Math.ceil((total * parts(level)) / whole);
    const lendable = (isExempt ? level.spec?.exempt?.lendablePercent : level.spec?.limited?.lendablePercent) ?? 0;
    const borrowing = level.spec?.limited?.borrowingLimitPercent;
    const least = nominal - Math.round((nominal * lendable) / 100);
    const most =
      borrowing === undefined || borrowing === null ? Number.POSITIVE_INFINITY : nominal + Math.round((nominal * borrowing) / 100);
    return { name: level.metadata.name ?? "", isExempt, nominal, least, most };
  });
}

/** What a level asked for during one period. */
export interface Demand {
  /** The most seats that were held and waited for at one time. */
  highest: number;
  /** Average and deviation together, smoothed over periods. */
  smoothed: number;
}

/** How fast a demand that has gone is forgotten: half in about eight minutes of periods of ten seconds. */
const smoothing = 0.977;

export function demandAfter(
  before: number,
  { average, deviation, highest }: { average: number; deviation: number; highest: number },
): Demand {
  const envelope = average + deviation;
  return { highest, smoothed: Math.max(envelope, smoothing * before + (1 - smoothing) * envelope) };
}

/**
 * The seats that each level has until the next period: proportional to demand, within the bounds of the level, never less than
 * its nominal number as long as it used that much.
 */
export function limitsFor(shares: readonly (Share & Demand)[]): Map<string, number> {
  const limits = new Map<string, number>();
  const total = shares.reduce((sum, { nominal }) => sum + nominal, 0);
  let left = total;
  for (const { name, isExempt, least, highest } of shares) {
    if (!isExempt) continue;
    limits.set(name, Math.max(least, highest));
    left -= limits.get(name)!;
  }
  const limited = shares.filter(({ isExempt }) => !isExempt);
  const used = (share: Share & Demand) => Math.max(share.least, Math.min(share.nominal, share.highest));
  const sum = (of: (share: Share & Demand) => number) => limited.reduce((all, share) => all + of(share), 0);
  const [leastSum, usedSum] = [sum(({ least }) => least), sum(used)];
  if (left <= leastSum) for (const { name, least } of limited) limits.set(name, least);
  else if (left <= usedSum) {
    const part = (left - leastSum) / (usedSum - leastSum);
    for (const share of limited) limits.set(share.name, share.least + Math.round((used(share) - share.least) * part));
  } else {
    const bounds = limited.map((share) => {
      const low = used(share);
      return { low, high: Math.max(low, Math.min(share.most, total)), target: Math.max(low, share.smoothed, 0.001) };
    });
    const shared = proportional(total, bounds);
    limited.forEach(({ name }, i) => {
      limits.set(name, Math.round(shared[i]!));
    });
  }
  return limits;
}

/** Multiples of the targets by one factor, within bounds, that sum to `total` (or as near as the bounds let them). */
export function proportional(total: number, items: readonly { low: number; high: number; target: number }[]): number[] {
  const at = (factor: number) => items.map(({ low, high, target }) => Math.min(high, Math.max(low, target * factor)));
  const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);
  let low = 0;
  let high = Math.max(...items.map(({ high: bound, target }) => bound / target), 1);
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (sum(at(middle)) < total) low = middle;
    else high = middle;
  }
  return at(high);
}
