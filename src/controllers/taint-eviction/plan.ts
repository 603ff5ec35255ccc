/** When a pod must leave a node with taints that evict, and how: pure. */
import { type Pod, pods, type Taint, type Toleration } from "#api/mod.ts";
import { again, disruptionTarget, keyOf, patch, remove, type Step, tell, timeOf } from "#client/mod.ts";

export interface SeenPod {
  pod: Pod;
  /** When it must go, milliseconds since 1970; undefined: it may stay. */
  evictAt: number | undefined;
  /** It was to go when it was looked at last. */
  wasToGo: boolean;
}

export function planEviction({ pod, evictAt, wasToGo }: SeenPod, nowMs: number): Step[] {
  const about = { kind: "Pod", apiVersion: "v1", namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid };
  if (evictAt === undefined)
    return wasToGo ? [tell(about, "Normal", "TaintManagerEviction", `Cancelling deletion of Pod ${keyOf(pod)}`)] : [];
  if (evictAt > nowMs) return [again(evictAt - nowMs)];
  const condition = disruptionTarget("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", nowMs);
  return [
    tell(about, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${keyOf(pod)}`),
    patch(pods, pod, { status: { conditions: [condition] } }, { subresource: "status" }),
    remove(pods, pod),
  ];
}

/** Every taint must be tolerated; of each the first toleration that does counts, and of all the shortest time. */
export function evictionTime(pod: Pod, taints: readonly Taint[], nowMs: number): number | undefined {
  if (pod.metadata.deletionTimestamp) return undefined;
  let at: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== "NoExecute") continue;
    const toleration = (pod.spec?.tolerations ?? []).find((each) => tolerates(each, taint));
    if (!toleration) return nowMs;
    if (toleration.tolerationSeconds === undefined) continue;
    const end = (timeOf(taint.timeAdded) ?? nowMs) + Math.max(0, toleration.tolerationSeconds) * 1000;
    at = at === undefined ? end : Math.min(at, end);
  }
  return at;
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  return toleration.operator === "Exists" || (Boolean(toleration.key) && (toleration.value ?? "") === (taint.value ?? ""));
}
