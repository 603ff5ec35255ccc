/** How many pods a ReplicaSet must make or delete, which ones, and what its status says: pure. */
import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from "#api/mod.ts";
import { isActive, isAvailable, isReady, podCondition } from "../pods.ts";

export interface ReplicaPlan {
  create: number;
  delete: Pod[];
}

/** A single round never does more than this. */
export const burstReplicas = 500;

/** `related`: pods of sibling sets of the same owner: nodes that hold many of them give theirs up first. */
export function planReplicas(wanted: number, pods: readonly Pod[], related: readonly Pod[] = pods): ReplicaPlan {
  const active = pods.filter(isActive);
  const difference = active.length - wanted;
  if (difference < 0) return { create: Math.min(-difference, burstReplicas), delete: [] };
  if (difference === 0) return { create: 0, delete: [] };
  return { create: 0, delete: leastWanted(active, related).slice(0, Math.min(difference, burstReplicas)) };
}

/** Those that may go first come first: upstream's order. */
export function leastWanted(pods: readonly Pod[], related: readonly Pod[]): Pod[] {
  if (pods.length < 2) return [...pods];
  const onNode = new Map<string, number>();
  for (const pod of related) {
    if (!isActive(pod)) continue;
    const node = pod.spec?.nodeName ?? "";
    onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  const phases: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };
  const cost = (pod: Pod) => Number(pod.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? 0) || 0;
  const readySince = (pod: Pod) => (isReady(pod) ? Date.parse(podCondition(pod, "Ready")?.lastTransitionTime ?? "") || 0 : 0);
  const restarts = (pod: Pod) => Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount ?? 0));
  // Ages are compared by orders of magnitude, so that pods of about one age go by lot of their names' order.
  const magnitude = (ms: number) => Math.floor(Math.log2(Math.max(1, ms / 1000)));
  const latest = Math.max(...pods.map((pod) => Math.max(readySince(pod), Date.parse(pod.metadata.creationTimestamp ?? "") || 0)));
  return pods.toSorted((a, b) => {
    const assigned = Number(Boolean(a.spec?.nodeName)) - Number(Boolean(b.spec?.nodeName));
    if (assigned) return assigned;
    const phase = (phases[a.status?.phase ?? "Pending"] ?? 1) - (phases[b.status?.phase ?? "Pending"] ?? 1);
    if (phase) return phase;
    const ready = Number(isReady(a)) - Number(isReady(b));
    if (ready) return ready;
    if (cost(a) !== cost(b)) return cost(a) - cost(b);
    const crowd = (onNode.get(b.spec?.nodeName ?? "") ?? 0) - (onNode.get(a.spec?.nodeName ?? "") ?? 0);
    if (crowd) return crowd;
    if (isReady(a) && isReady(b)) {
      const since = magnitude(latest - readySince(a)) - magnitude(latest - readySince(b));
      if (since) return since;
    }
    if (restarts(a) !== restarts(b)) return restarts(b) - restarts(a);
    const age =
      magnitude(latest - Date.parse(a.metadata.creationTimestamp ?? "")) -
      magnitude(latest - Date.parse(b.metadata.creationTimestamp ?? ""));
    if (age) return age;
    return (a.metadata.uid ?? "") < (b.metadata.uid ?? "") ? -1 : 1;
  });
}

export interface StatusInput {
  set: ReplicaSet;
  pods: readonly Pod[];
  nowMs: number;
  now: string;
  /** What went wrong when pods were made or deleted in this round. */
  failure?: { reason: "FailedCreate" | "FailedDelete"; message: string };
}

export function statusOf({ set, pods, nowMs, now, failure }: StatusInput): ReplicaSetStatus {
  const active = pods.filter(isActive);
  const labels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const minReady = set.spec?.minReadySeconds ?? 0;
  const ready = active.filter(isReady);
  const conditions = withFailure(set.status?.conditions ?? [], failure, now);
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, minReady, nowMs)).length,
    terminatingReplicas: pods.filter(
      (pod) => pod.metadata.deletionTimestamp && pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed",
    ).length,
    observedGeneration: set.metadata.generation,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

function withFailure(conditions: readonly ReplicaSetCondition[], failure: StatusInput["failure"], now: string): ReplicaSetCondition[] {
  const others = conditions.filter((condition) => condition.type !== "ReplicaFailure");
  if (!failure) return others;
  const known = conditions.find((condition) => condition.type === "ReplicaFailure");
  if (known?.reason === failure.reason) return [...conditions];
  return [...others, { type: "ReplicaFailure", status: "True", lastTransitionTime: now, ...failure }];
}

/** Milliseconds until the next ready pod becomes available; undefined when none is waiting. */
export function nextAvailable(set: ReplicaSet, pods: readonly Pod[], nowMs: number): number | undefined {
  const minReady = set.spec?.minReadySeconds ?? 0;
  if (minReady === 0) return undefined;
  const waits = pods
    .filter((pod) => isActive(pod) && isReady(pod) && !isAvailable(pod, minReady, nowMs))
    .map((pod) => Date.parse(podCondition(pod, "Ready")?.lastTransitionTime ?? "") + minReady * 1000 - nowMs);
  return waits.length > 0 ? Math.max(0, Math.min(...waits)) : undefined;
}
