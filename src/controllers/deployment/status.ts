/** What a Deployment says of itself: counts, and the conditions Available, Progressing and ReplicaFailure. Pure. */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "#api/mod.ts";
import { conditionOf, timeOf, timestamp, withoutCondition } from "#client/mod.ts";
import { availableOf, boundsOf, replicasOf, sumOf, wantedOf } from "./sizes.ts";

export interface StatusInput {
  deployment: Deployment;
  all: readonly ReplicaSet[];
  newest: ReplicaSet | undefined;
  nowMs: number;
}

/** Counts and Available: all that is said of a Deployment that is paused, only scaled, or going. */
export function countsOf({ deployment, all, newest, nowMs }: StatusInput): DeploymentStatus {
  const { status, metadata } = deployment;
  const available = sumOf(all, availableOf);
  const enough = available >= wantedOf(deployment) - boundsOf(deployment).maxUnavailable;
  const terminating = terminatingIn(all);
  return {
    observedGeneration: metadata.generation,
    replicas: sumOf(all, (set) => set.status?.replicas ?? 0),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: sumOf(all, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumOf(all, replicasOf) - available),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
    ...(status?.collisionCount === undefined ? {} : { collisionCount: status.collisionCount }),
    conditions: setCondition(
      status?.conditions,
      {
        type: "Available",
        status: enough ? "True" : "False",
        reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
        message: enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
      },
      nowMs,
    ),
  };
}

/** Unknown as soon as one set that was looked at does not say; sets that nobody has looked at yet have none. */
function terminatingIn(all: readonly ReplicaSet[]): number | undefined {
  let sum = 0;
  for (const { status } of all) {
    if (status?.terminatingReplicas !== undefined) sum += status.terminatingReplicas;
    else if (status?.observedGeneration) return undefined;
  }
  return sum;
}

/** The whole status while a rollout may be under way. */
export function rolloutStatus(input: StatusInput): DeploymentStatus {
  const { all, newest, nowMs } = input;
  const counts = countsOf(input);
  let conditions = progress(input, counts);
  const failures = (sets: readonly ReplicaSet[]) =>
    sets.flatMap((set) => set.status?.conditions ?? []).filter(({ type }) => type === "ReplicaFailure");
  const failure = failures(newest ? [newest] : [])[0] ?? failures(all)[0];
  conditions = failure
    ? setCondition(conditions, { ...failure, type: "ReplicaFailure" }, timeOf(failure.lastTransitionTime) ?? nowMs)
    : withoutCondition(conditions, "ReplicaFailure");
  return { ...counts, conditions };
}

/** Everything is new, available, and nothing old is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const wanted = wantedOf(deployment);
  const counts = [status?.updatedReplicas, status?.replicas, status?.availableReplicas];
  return counts.every((count) => (count ?? 0) === wanted) && (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
}

function progress({ deployment, newest, nowMs }: StatusInput, counts: DeploymentStatus): DeploymentCondition[] {
  const conditions = counts.conditions ?? [];
  if (deadlineMs(deployment) === undefined) return withoutCondition(conditions, "Progressing");
  const known = conditionOf(conditions, "Progressing");
  if (counts.replicas === counts.updatedReplicas && known?.reason === "NewReplicaSetAvailable") return conditions;
  const subject = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const next = (status: string, reason: string, message: string) => ({
    type: "Progressing",
    status,
    reason,
    message: `${subject} ${message}`,
  });
  if (isComplete(deployment, counts))
    return setCondition(conditions, next("True", "NewReplicaSetAvailable", "has successfully progressed."), nowMs);
  if (hasProgressed(deployment.status, counts)) {
    // The deadline counts from the last sign of progress: the update time changes even where nothing else does.
    const since = known?.status === "True" ? known.lastTransitionTime : timestamp(nowMs);
    const condition = next("True", "ReplicaSetUpdated", "is progressing.");
    return [...withoutCondition(conditions, "Progressing"), { ...condition, lastUpdateTime: timestamp(nowMs), lastTransitionTime: since }];
  }
  if (isTimedOut(deployment, known, nowMs))
    return setCondition(conditions, next("False", "ProgressDeadlineExceeded", "has timed out progressing."), nowMs);
  return conditions;
}

function hasProgressed(before: DeploymentStatus | undefined, now: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus | undefined) => (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  return (
    (now.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  );
}

/** The largest number stands for: never. */
function deadlineMs(deployment: Deployment): number | undefined {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds === undefined || seconds === 2 ** 31 - 1 ? undefined : seconds * 1000;
}

export const hasDeadline = (deployment: Deployment): boolean => deadlineMs(deployment) !== undefined;

function isTimedOut(deployment: Deployment, known: DeploymentCondition | undefined, nowMs: number): boolean {
  if (!known || known.reason === "NewReplicaSetAvailable") return false;
  if (known.reason === "ProgressDeadlineExceeded") return true;
  return (timeOf(known.lastUpdateTime) ?? nowMs) + deadlineMs(deployment)! < nowMs;
}

/** When to ask again whether a rollout is stuck; undefined when it is finished or known to be stuck. */
export function nextCheckMs(deployment: Deployment, nowMs: number): number | undefined {
  const known = conditionOf(deployment.status?.conditions, "Progressing");
  const deadline = deadlineMs(deployment);
  if (deadline === undefined || !known || known.reason === "ProgressDeadlineExceeded" || isComplete(deployment, deployment.status))
    return undefined;
  // A second more than asked for: timers may be early.
  return Math.max(0, (timeOf(known.lastUpdateTime) ?? nowMs) + deadline - nowMs) + 1000;
}

/** Replaces a condition; nothing changes when status and reason are the same, the transition time only with the status. */
export function setCondition(
  conditions: readonly DeploymentCondition[] | undefined,
  { type, status, reason, message }: Pick<DeploymentCondition, "type" | "status" | "reason" | "message">,
  nowMs: number,
): DeploymentCondition[] {
  const known = conditionOf(conditions, type ?? "");
  if (known && known.status === status && known.reason === reason) return [...(conditions ?? [])];
  const now = timestamp(nowMs);
  const lastTransitionTime = known?.status === status ? known?.lastTransitionTime : now;
  return [...withoutCondition(conditions, type ?? ""), { type, status, reason, message, lastUpdateTime: now, lastTransitionTime }];
}

export function sameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus | undefined): boolean {
  const of = (status: DeploymentStatus | undefined) =>
    JSON.stringify([
      status?.observedGeneration ?? 0,
      status?.replicas ?? 0,
      status?.updatedReplicas ?? 0,
      status?.readyReplicas ?? 0,
      status?.availableReplicas ?? 0,
      status?.unavailableReplicas ?? 0,
      status?.terminatingReplicas ?? 0,
      status?.collisionCount ?? 0,
      (status?.conditions ?? [])
        .map(({ type, status: value, reason, message, lastUpdateTime }) => [type, value, reason, message, lastUpdateTime])
        .sort(),
    ]);
  return of(a) === of(b);
}
