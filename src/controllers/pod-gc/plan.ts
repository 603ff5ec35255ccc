/** Which pods nobody else will remove: pure. */
import { type Node, type Pod, pods } from "#api/mod.ts";
import { conditionOf, disruptionTarget, lanes, patch, remove, type Step, timeOf } from "#client/mod.ts";
import { isFinished } from "../pods.ts";

export interface SeenPods {
  pods: readonly Pod[];
  nodes: ReadonlyMap<string, Node>;
  /** Nodes that have been missing for long enough, and that the API says are gone. */
  gone: ReadonlySet<string>;
  /** So many finished pods may stay; 0: all of them. */
  kept?: number;
}

const keptFinished = 12_500;
const outOfService = "node.kubernetes.io/out-of-service";

export function planPodGc({ pods: all, nodes, gone, kept = keptFinished }: SeenPods, nowMs: number): Step[] {
  const doomed = new Map<string, Step[]>();
  const doom = (pod: Pod, why?: string) => {
    if (!doomed.has(pod.metadata.uid!)) doomed.set(pod.metadata.uid!, removal(pod, why, nowMs));
  };
  const finished = all.filter(isFinished);
  const surplus = kept > 0 ? Math.max(0, finished.length - kept) : 0;
  if (surplus > 0) for (const pod of finished.sort(byNeed).slice(0, surplus)) doom(pod);
  for (const pod of all) {
    const node = pod.spec?.nodeName ?? "";
    if (pod.metadata.deletionTimestamp && (node === "" || isOutOfService(nodes.get(node)))) doom(pod);
    else if (gone.has(node)) doom(pod, "PodGC: node no longer exists");
  }
  return doomed.size > 0 ? [lanes([...doomed.values()])] : [];
}

/** A pod that still counts as running is marked as failed first: there is no kubelet that would. */
function removal(pod: Pod, why: string | undefined, nowMs: number): Step[] {
  const end = remove(pods, pod, { graceSeconds: 0 });
  if (isFinished(pod)) return [end];
  const conditions = why ? { conditions: [disruptionTarget("DeletionByPodGC", why, nowMs)] } : {};
  return [patch(pods, pod, { status: { phase: "Failed", ...conditions } }, { subresource: "status" }), end];
}

/** The machine is known to be off: what was on it runs no more. */
function isOutOfService(node: Node | undefined): boolean {
  if (!node?.spec?.taints?.some((taint) => taint.key === outOfService)) return false;
  return conditionOf(node.status?.conditions, "Ready")?.status !== "True";
}

/** Evicted pods go first: their owners have replaced them. Then the oldest, by name where they are of one age. */
function byNeed(a: Pod, b: Pod): number {
  const evicted = (pod: Pod) => pod.status?.phase === "Failed" && pod.status.reason === "Evicted";
  if (evicted(a) !== evicted(b)) return evicted(a) ? -1 : 1;
  const [from, other] = [timeOf(a.metadata.creationTimestamp) ?? 0, timeOf(b.metadata.creationTimestamp) ?? 0];
  return from - other || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);
}
