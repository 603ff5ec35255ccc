/** What a Deployment's ReplicaSets should be next: the arithmetic of a rollout, pure. */
import type { Deployment, ReplicaSet } from "#api/mod.ts";

export interface Bounds {
  /** Pods above the wanted number. */
  maxSurge: number;
  /** Pods that may be missing. */
  maxUnavailable: number;
}

/** Percentages count of the wanted number, surge rounded up, unavailable down; both zero would never move. */
export function boundsOf(deployment: Deployment): Bounds {
  const strategy = deployment.spec?.strategy;
  if (strategy?.type !== "RollingUpdate") return { maxSurge: 0, maxUnavailable: 0 };
  const total = deployment.spec?.replicas ?? 1;
  const maxSurge = portion(strategy.rollingUpdate?.maxSurge, total, Math.ceil);
  const maxUnavailable = Math.min(portion(strategy.rollingUpdate?.maxUnavailable, total, Math.floor), total);
  return maxSurge === 0 && maxUnavailable === 0 ? { maxSurge, maxUnavailable: 1 } : { maxSurge, maxUnavailable };
}

export function portion(value: number | string | undefined, total: number, round: (x: number) => number): number {
  if (typeof value === "number") return value;
  if (!value) return 0;
  return round((Number.parseInt(value, 10) * total) / 100);
}

export const replicasOf = (set: ReplicaSet): number => set.spec?.replicas ?? 1;
const availableOf = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
export const sumOf = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number => sets.reduce((sum, set) => sum + of(set), 0);

/** How large the newest set may be now. */
export function newReplicas(deployment: Deployment, all: readonly ReplicaSet[], newest: ReplicaSet): number {
  const wanted = deployment.spec?.replicas ?? 1;
  if (deployment.spec?.strategy?.type === "Recreate") return wanted;
  const room = wanted + boundsOf(deployment).maxSurge - sumOf(all, replicasOf);
  const size = replicasOf(newest);
  return room <= 0 ? size : size + Math.min(room, wanted - size);
}

export interface Scale {
  set: ReplicaSet;
  replicas: number;
}

/** Shrinks old sets as far as availability allows: unhealthy pods first, then the oldest sets. */
export function shrinkOld(deployment: Deployment, all: readonly ReplicaSet[], old: readonly ReplicaSet[], newest: ReplicaSet): Scale[] {
  if (sumOf(old, replicasOf) === 0) return [];
  const wanted = deployment.spec?.replicas ?? 1;
  const minAvailable = wanted - boundsOf(deployment).maxUnavailable;
  const newUnavailable = replicasOf(newest) - availableOf(newest);
  let spare = sumOf(all, replicasOf) - minAvailable - newUnavailable;
  if (spare <= 0) return [];
  const sizes = new Map(old.map((set) => [set, replicasOf(set)]));
  for (const set of byAge(old)) {
    if (spare <= 0) break;
    const unhealthy = sizes.get(set)! - availableOf(set);
    const take = Math.min(spare, Math.max(0, unhealthy));
    sizes.set(set, sizes.get(set)! - take);
    spare -= take;
  }
  let available = sumOf(all, availableOf) - minAvailable;
  for (const set of byAge(old)) {
    if (available <= 0) break;
    const take = Math.min(sizes.get(set)!, available);
    sizes.set(set, sizes.get(set)! - take);
    available -= take;
  }
  return changed(sizes);
}

/** When the wanted number changes in the middle of a rollout, every set gets its share. */
export function scaleProportionally(deployment: Deployment, all: readonly ReplicaSet[]): Scale[] {
  const wanted = deployment.spec?.replicas ?? 1;
  const active = all.filter((set) => replicasOf(set) > 0);
  const total = sumOf(active, replicasOf);
  const allowed = wanted > 0 ? wanted + boundsOf(deployment).maxSurge : 0;
  let left = allowed - total;
  const sizes = new Map(active.map((set) => [set, replicasOf(set)]));
  const direction = Math.sign(left);
  const ordered = active.toSorted((a, b) => replicasOf(b) - replicasOf(a) || (direction >= 0 ? age(b) - age(a) : age(a) - age(b)));
  for (const set of ordered) {
    if (left === 0) break;
    const before = maxReplicasSeen(set) ?? wanted;
    const share = before === 0 ? 0 : Math.round((replicasOf(set) * allowed) / before) - replicasOf(set);
    const take = direction > 0 ? Math.min(Math.max(share, 0), left) : Math.max(Math.min(share, 0), left);
    sizes.set(set, replicasOf(set) + take);
    left -= take;
  }
  const first = ordered[0];
  if (first && left !== 0) sizes.set(first, Math.max(0, sizes.get(first)! + left));
  return changed(sizes);
}

export const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxAnnotation = "deployment.kubernetes.io/max-replicas";
export const revisionAnnotation = "deployment.kubernetes.io/revision";
export const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";

function maxReplicasSeen(set: ReplicaSet): number | undefined {
  const value = Number(set.metadata.annotations?.[maxAnnotation]);
  return Number.isInteger(value) ? value : undefined;
}

/** True when the wanted number was changed since the sets were last sized. */
export function isScalingEvent(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return all.some((set) => {
    if (replicasOf(set) === 0) return false;
    const desired = set.metadata.annotations?.[desiredAnnotation];
    return desired !== undefined && Number(desired) !== (deployment.spec?.replicas ?? 1);
  });
}

/** Revisions are 64-bit numbers that users may set: beyond what a double counts by ones. */
export function revisionOf(object: { metadata: { annotations?: Record<string, string> } }): bigint {
  const text = object.metadata.annotations?.[revisionAnnotation] ?? "";
  return /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
}

const age = (set: ReplicaSet): number => Date.parse(set.metadata.creationTimestamp ?? "") || 0;
export const byAge = (sets: readonly ReplicaSet[]): ReplicaSet[] =>
  sets.toSorted((a, b) => age(a) - age(b) || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));

function changed(sizes: Map<ReplicaSet, number>): Scale[] {
  return [...sizes].filter(([set, replicas]) => replicasOf(set) !== replicas).map(([set, replicas]) => ({ set, replicas }));
}
