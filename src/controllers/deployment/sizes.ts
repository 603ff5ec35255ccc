/** How large a Deployment's ReplicaSets should be next: the arithmetic of a rollout, pure. */
import type { Deployment, ReplicaSet } from "#api/mod.ts";
import { timeOf } from "#client/mod.ts";
import { atLeastOneOf, scaledDown, scaledUp } from "../amounts.ts";
import { maxReplicasOf } from "./annotations.ts";

export interface Bounds {
  /** Pods above the wanted number. */
  maxSurge: number;
  /** Pods that may be missing. */
  maxUnavailable: number;
}

export const wantedOf = (deployment: Deployment): number => deployment.spec?.replicas ?? 1;
export const replicasOf = (set: ReplicaSet): number => set.spec?.replicas ?? 1;
export const availableOf = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
export const isRolling = (deployment: Deployment): boolean => deployment.spec?.strategy?.type === "RollingUpdate";
export const sumOf = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number => sets.reduce((sum, set) => sum + of(set), 0);

/** Percentages count of the wanted number, surge rounded up, unavailable down; both zero would never move. */
export function boundsOf(deployment: Deployment): Bounds {
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const wanted = wantedOf(deployment);
  const { maxSurge: surge, maxUnavailable: missing } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const maxSurge = scaledUp(surge ?? 0, wanted);
  const maxUnavailable = scaledDown(missing ?? 0, wanted);
  const bounds = atLeastOneOf({ maxSurge, maxUnavailable });
  return { ...bounds, maxUnavailable: Math.min(bounds.maxUnavailable, wanted) };
}

/** How large the newest set may be now; `total`: the size of all sets together. */
export function newestSize(deployment: Deployment, size: number, total: number): number {
  const wanted = wantedOf(deployment);
  if (size >= wanted || !isRolling(deployment)) return wanted;
  const room = wanted + boundsOf(deployment).maxSurge - total;
  return room <= 0 ? size : size + Math.min(room, wanted - size);
}

export type Sizes = Map<ReplicaSet, number>;

/** Shrinks old sets as far as availability allows: unhealthy pods first, then the oldest sets. */
export function shrunken(deployment: Deployment, old: readonly ReplicaSet[], newest: ReplicaSet): Sizes {
  const sizes: Sizes = new Map(old.filter((set) => replicasOf(set) > 0).map((set) => [set, replicasOf(set)]));
  const minAvailable = wantedOf(deployment) - boundsOf(deployment).maxUnavailable;
  // Pods of the newest set that are not available yet must not let old ones go: that would be missing twice.
  const starting = replicasOf(newest) - availableOf(newest);
  let unhealthy = sumOf([...sizes.keys(), newest], replicasOf) - minAvailable - starting;
  if (sizes.size === 0 || unhealthy <= 0) return sizes;
  const oldestFirst = byAge([...sizes.keys()]);
  for (const set of oldestFirst) {
    const take = Math.min(Math.max(0, unhealthy), Math.max(0, replicasOf(set) - availableOf(set)));
    sizes.set(set, replicasOf(set) - take);
    unhealthy -= take;
  }
  let spare = sumOf([...sizes.keys(), newest], availableOf) - minAvailable;
  for (const set of oldestFirst) {
    const take = Math.min(Math.max(0, spare), sizes.get(set)!);
    sizes.set(set, sizes.get(set)! - take);
    spare -= take;
  }
  return sizes;
}

/** When the wanted number changes in the middle of a rollout, every set that has pods gets its share; what is left goes to the largest. */
export function proportional(deployment: Deployment, active: readonly ReplicaSet[]): Sizes {
  const wanted = wantedOf(deployment);
  const allowed = wanted > 0 ? wanted + boundsOf(deployment).maxSurge : 0;
  const toAdd = allowed - sumOf(active, replicasOf);
  const newerFirst = byAge(active).reverse();
  const ordered = (toAdd > 0 ? newerFirst : newerFirst.toReversed()).toSorted((a, b) => replicasOf(b) - replicasOf(a));
  const sizes: Sizes = new Map(ordered.map((set) => [set, replicasOf(set)]));
  let left = toAdd;
  for (const set of ordered) {
    const share = shareOf(deployment, set);
    const take = left === 0 ? 0 : toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    sizes.set(set, replicasOf(set) + take);
    left -= take;
  }
  const [largest] = ordered;
  if (largest) sizes.set(largest, Math.max(0, sizes.get(largest)! + left));
  return sizes;
}

/** What a set should gain (or lose) to keep its part of the whole: of what the whole was when it was sized last. */
function shareOf(deployment: Deployment, set: ReplicaSet): number {
  const wanted = wantedOf(deployment);
  if (wanted === 0) return -replicasOf(set);
  const before = maxReplicasOf(set) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((replicasOf(set) * (wanted + boundsOf(deployment).maxSurge)) / before) - replicasOf(set);
}

const madeAt = (set: ReplicaSet): number => timeOf(set.metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY;

/** Oldest first; of one age by name. A set that is not made yet is the youngest. */
export function byAge(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.toSorted((a, b) => {
    const [from, other] = [madeAt(a), madeAt(b)];
    if (from !== other) return from < other ? -1 : 1;
    return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
  });
}
