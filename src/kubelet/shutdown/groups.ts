/** Which pods of a node that shuts down end when, and how long they may take: by priority, the lowest first. Pure. */
import type { Pod } from "#api/mod.ts";

export interface Period {
  /** Pods of this priority and above, up to the next one. */
  priority: number;
  seconds: number;
}

const systemCritical = 2_000_000_000;

/** Of two plain periods: what critical pods have of the whole comes last. */
export function plainPeriods(wholeSeconds: number, criticalSeconds: number): Period[] {
  if (wholeSeconds === 0 || criticalSeconds > wholeSeconds) return [];
  return [
    { priority: 0, seconds: Math.trunc(wholeSeconds - criticalSeconds) },
    { priority: systemCritical, seconds: Math.trunc(criticalSeconds) },
  ];
}

export const inOrder = (periods: readonly Period[]): Period[] => [...periods].sort((a, b) => a.priority - b.priority);

/** `periods` in order. A pod below the lowest belongs to it; groups without a pod are left out: nobody waits for them. */
export function groupsOf<T extends { pod: Pod }>(periods: readonly Period[], all: readonly T[]): (Period & { members: T[] })[] {
  const groups = periods.map((period) => ({ ...period, members: [] as T[] }));
  for (const each of all) {
    const priority = each.pod.spec?.priority ?? 0;
    const group = groups.findLast((one) => one.priority <= priority) ?? groups[0];
    group?.members.push(each);
  }
  return groups.filter(({ members }) => members.length > 0);
}

/** Its own grace, where that is shorter. */
export const graceIn = ({ seconds }: Period, pod: Pod): number =>
  Math.min(seconds, pod.spec?.terminationGracePeriodSeconds ?? Number.POSITIVE_INFINITY);
