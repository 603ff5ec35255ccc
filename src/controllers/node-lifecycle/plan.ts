/** What a node's silence means: conditions, taints, and which pods must go. Pure. */
import type { Node, NodeCondition, Pod, Taint, Toleration } from "#api/mod.ts";

export const notReadyTaint = "node.kubernetes.io/not-ready";
export const unreachableTaint = "node.kubernetes.io/unreachable";
/** Taints that follow a condition: type → status → key. */
const byCondition: Record<string, Record<string, string>> = {
  Ready: { False: notReadyTaint, Unknown: unreachableTaint },
  MemoryPressure: { True: "node.kubernetes.io/memory-pressure" },
  DiskPressure: { True: "node.kubernetes.io/disk-pressure" },
  PIDPressure: { True: "node.kubernetes.io/pid-pressure" },
  NetworkUnavailable: { True: "node.kubernetes.io/network-unavailable" },
};
const ours = new Set(Object.values(byCondition).flatMap((each) => Object.values(each)));
const unschedulable = "node.kubernetes.io/unschedulable";

/** The node's conditions once nobody has heard from it for too long; undefined when they are right already. */
export function silentConditions(node: Node, now: string): NodeCondition[] | undefined {
  const known = node.status?.conditions ?? [];
  const unknown = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];
  if (unknown.every((type) => known.find((condition) => condition.type === type)?.status === "Unknown")) return undefined;
  const made = unknown.map((type): NodeCondition => {
    const before = known.find((condition) => condition.type === type);
    if (before?.status === "Unknown") return before;
    const reason = before ? "NodeStatusUnknown" : "NodeStatusNeverUpdated";
    const message = before ? "Kubelet stopped posting node status." : "Kubelet never posted node status.";
    return {
      type,
      status: "Unknown",
      reason,
      message,
      lastHeartbeatTime: before?.lastHeartbeatTime ?? node.metadata.creationTimestamp,
      lastTransitionTime: now,
    };
  });
  return [...made, ...known.filter((condition) => !unknown.includes(condition.type ?? ""))];
}

/** The taints that the node should have; undefined when it has them. Times of taints that stay are kept. */
export function wantedTaints(node: Node, now: string): Taint[] | undefined {
  const before = node.spec?.taints ?? [];
  const keys = new Set<string>();
  for (const condition of node.status?.conditions ?? []) {
    const key = byCondition[condition.type ?? ""]?.[condition.status ?? ""];
    if (key) keys.add(key);
  }
  if (!node.status?.conditions?.some((condition) => condition.type === "Ready")) keys.add(notReadyTaint);
  const wanted: Taint[] = [];
  for (const key of keys) {
    wanted.push({ key, effect: "NoSchedule" });
    if (key === notReadyTaint || key === unreachableTaint) wanted.push({ key, effect: "NoExecute" });
  }
  if (node.spec?.unschedulable) wanted.push({ key: unschedulable, effect: "NoSchedule" });
  const others = before.filter((taint) => !ours.has(taint.key ?? "") && taint.key !== unschedulable);
  const next = [
    ...others,
    ...wanted.map((taint) => before.find((each) => each.key === taint.key && each.effect === taint.effect) ?? { ...taint, timeAdded: now }),
  ];
  const of = (taints: readonly Taint[]) => JSON.stringify(taints.map(({ key, value, effect }) => `${key}=${value ?? ""}:${effect}`).sort());
  return of(before) === of(next) ? undefined : next;
}

/** When a pod must leave a node with these NoExecute taints: milliseconds since 1970; undefined: it may stay. */
export function evictAt(pod: Pod, taints: readonly Taint[], nowMs: number): number | undefined {
  let at: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== "NoExecute") continue;
    const since = Date.parse(taint.timeAdded ?? "") || nowMs;
    const matching = (pod.spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return nowMs;
    const seconds = matching.map((toleration) => toleration.tolerationSeconds).filter((each) => each !== undefined);
    if (seconds.length === 0) continue;
    const end = since + Math.max(0, Math.min(...seconds)) * 1000;
    at = at === undefined ? end : Math.min(at, end);
  }
  return at;
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  return toleration.operator === "Exists" || (Boolean(toleration.key) && (toleration.value ?? "") === (taint.value ?? ""));
}
