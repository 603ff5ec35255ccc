/** The condition of a pod that the cluster ends, as opposed to one that ends by itself or by its owner. */
import type { PodCondition } from "#api/mod.ts";
import { timestamp } from "./time.ts";

type DisruptionReason =
  | "DeletionByTaintManager"
  | "DeletionByDeviceTaintManager"
  | "DeletionByPodGC"
  | "EvictionByEvictionAPI"
  | "PreemptionByScheduler"
  | "TerminationByKubelet";

export function disruptionTarget(reason: DisruptionReason, message: string, nowMs: number): PodCondition {
  return { type: "DisruptionTarget", status: "True", reason, message, lastTransitionTime: timestamp(nowMs) };
}
