/** What a Deployment says of itself: counts, and the conditions Available, Progressing and ReplicaFailure. Pure. */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "#api/mod.ts";
import { boundsOf, replicasOf, sumOf } from "./plan.ts";

export interface StatusInput {
  deployment: Deployment;
  all: readonly ReplicaSet[];
  newest: ReplicaSet | undefined;
  now: string;
  nowMs: number;
}

export function statusOf({ deployment, all, newest, now, nowMs }: StatusInput): DeploymentStatus {
  const { status, spec, metadata } = deployment;
  const wanted = spec?.replicas ?? 1;
  const available = sumOf(all, (set) => set.status?.availableReplicas ?? 0);
  const total = sumOf(all, replicasOf);
  const counts: DeploymentStatus = {
    observedGeneration: metadata.generation,
    replicas: sumOf(all, (set) => set.status?.replicas ?? 0),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: sumOf(all, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total - available),
    terminatingReplicas: sumOf(all, (set) => set.status?.terminatingReplicas ?? 0),
    ...(status?.collisionCount === undefined ? {} : { collisionCount: status.collisionCount }),
  };
  let conditions = status?.conditions ?? [];
  const enough = available >= wanted - boundsOf(deployment).maxUnavailable;
  conditions = set(conditions, now, {
    type: "Available",
    status: enough ? "True" : "False",
    reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
  });
  conditions = progress({ deployment, counts, conditions, newest, now, nowMs });
  const failure = all.flatMap((each) => each.status?.conditions ?? []).find((condition) => condition.type === "ReplicaFailure");
  conditions = failure
    ? set(conditions, now, { type: "ReplicaFailure", status: failure.status, reason: failure.reason, message: failure.message })
    : conditions.filter((condition) => condition.type !== "ReplicaFailure");
  return { ...counts, conditions };
}

/** Everything is new, available, and nothing old is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = deployment.spec?.replicas ?? 1;
  return (
    status.updatedReplicas === wanted &&
    status.replicas === wanted &&
    status.availableReplicas === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

interface ProgressInput {
  deployment: Deployment;
  counts: DeploymentStatus;
  conditions: DeploymentCondition[];
  newest: ReplicaSet | undefined;
  now: string;
  nowMs: number;
}

function progress({ deployment, counts, conditions, newest, now, nowMs }: ProgressInput): DeploymentCondition[] {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  if (seconds === undefined || seconds === 2_147_483_647) return conditions.filter((condition) => condition.type !== "Progressing");
  const known = conditions.find((condition) => condition.type === "Progressing");
  const finished = counts.replicas === counts.updatedReplicas && known?.reason === "NewReplicaSetAvailable";
  if (finished) return conditions;
  const subject = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, counts))
    return set(conditions, now, {
      type: "Progressing",
      status: "True",
      reason: "NewReplicaSetAvailable",
      message: `${subject} has successfully progressed.`,
    });
  if (hasProgressed(deployment.status, counts)) {
    const next = { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", message: `${subject} is progressing.` };
    // The update time is what the deadline counts from.
    return [
      ...conditions.filter((condition) => condition.type !== "Progressing"),
      { ...next, lastUpdateTime: now, lastTransitionTime: known?.status === "True" ? known.lastTransitionTime : now },
    ];
  }
  if (deadlineLeftMs(deployment, nowMs) !== undefined && deadlineLeftMs(deployment, nowMs)! <= 0)
    return set(conditions, now, {
      type: "Progressing",
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: `${subject} has timed out progressing.`,
    });
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

/** Milliseconds until the rollout counts as stuck; undefined when it is finished, paused or has no deadline. */
export function deadlineLeftMs(deployment: Deployment, nowMs: number): number | undefined {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  const condition = deployment.status?.conditions?.find((each) => each.type === "Progressing");
  if (seconds === undefined || seconds === 2_147_483_647 || !condition || deployment.spec?.paused) return undefined;
  if (condition.reason === "NewReplicaSetAvailable" || condition.reason === "DeploymentPaused") return undefined;
  if (condition.reason === "ProgressDeadlineExceeded") return 0;
  const since = Date.parse(condition.lastUpdateTime ?? "");
  return Number.isNaN(since) ? undefined : since + seconds * 1000 - nowMs;
}

/** Replaces a condition; nothing changes when status and reason are the same, the transition time only with the status. */
export function set(
  conditions: readonly DeploymentCondition[],
  now: string,
  next: Pick<DeploymentCondition, "type" | "status" | "reason" | "message">,
): DeploymentCondition[] {
  const known = conditions.find((condition) => condition.type === next.type);
  if (known && known.status === next.status && known.reason === next.reason) return [...conditions];
  const lastTransitionTime = known && known.status === next.status ? known.lastTransitionTime : now;
  return [...conditions.filter((condition) => condition.type !== next.type), { ...next, lastUpdateTime: now, lastTransitionTime }];
}
