/** When a pod must leave a device with taints that evict, and how: pure. */
import { type Device, type Pod, pods, type ResourceV1ResourceClaim } from "#api/mod.ts";
import { again, disruptionTarget, patch, remove, type Step, tell, timeOf, toleratesDeviceTaint } from "#client/mod.ts";

export interface SeenPod {
  pod: Pod;
  /** When it must go, milliseconds since 1970; undefined: it may stay. */
  evictAt: number | undefined;
  /** It was to go when it was looked at last. */
  wasToGo: boolean;
}

const reason = "DeviceTaintManagerEviction";

export function planDeviceEviction({ pod, evictAt, wasToGo }: SeenPod, nowMs: number): Step[] {
  const about = { kind: "Pod", apiVersion: "v1", namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid };
  if (evictAt === undefined) return wasToGo ? [tell(about, "Normal", reason, "Cancelling deletion")] : [];
  if (evictAt > nowMs) return [again(evictAt - nowMs)];
  const condition = disruptionTarget("DeletionByDeviceTaintManager", "Device Taint manager: deleting due to NoExecute taint", nowMs);
  return [
    tell(about, "Normal", reason, "Marking for deletion"),
    patch(pods, pod, { status: { conditions: [condition] } }, { subresource: "status" }),
    remove(pods, pod),
  ];
}

type Result = NonNullable<
  NonNullable<NonNullable<NonNullable<ResourceV1ResourceClaim["status"]>["allocation"]>["devices"]>["results"]
>[number];

/** The earliest of all taints: each at once, or as long after it was added as the shortest toleration says; for ever where none ends. */
export function claimEvictionTime(
  { status }: ResourceV1ResourceClaim,
  deviceOf: (result: Result) => Device | undefined,
  nowMs: number,
): number | undefined {
  let at: number | undefined;
  for (const result of status?.allocation?.devices?.results ?? [])
    for (const taint of deviceOf(result)?.taints ?? []) {
      if (taint.effect !== "NoExecute") continue;
      // Tolerations of all effects do not count here: upstream's.
      const tolerations = (result.tolerations ?? []).filter((each) => each.effect === "NoExecute" && toleratesDeviceTaint(each, taint));
      if (tolerations.some((each) => each.tolerationSeconds === undefined)) continue;
      const seconds = tolerations.map(({ tolerationSeconds }) => Math.max(0, Number(tolerationSeconds)));
      const end = (timeOf(taint.timeAdded) ?? nowMs) + (seconds.length > 0 ? Math.min(...seconds) * 1000 : 0);
      at = at === undefined ? end : Math.min(at, end);
    }
  return at;
}
