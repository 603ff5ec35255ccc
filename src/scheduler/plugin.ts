/** What a scheduling rule must answer: which nodes a pod may not use and why, and which of the rest are better. */
import type { AllocationResult, PersistentVolume, PersistentVolumeClaim, ResourceV1ResourceClaim } from "#api/mod.ts";
import type { Cluster } from "./cluster.ts";
import type { NodeRow } from "./node-row.ts";
import type { PodInfo } from "./pod-info.ts";

/** Why a node was refused. `final`: no preemption on that node can help. */
export interface Refusal {
  reasons: string[];
  final: boolean;
}

/** What changed in the cluster; a plugin names those that could change its mind. */
export type ClusterChange =
  | "node-added"
  | "node-updated"
  | "pod-deleted"
  | "pod-added"
  | "pod-updated"
  | "volume-changed"
  | "volume-limit-raised"
  | "volume-detached"
  | "devices-changed"
  | "namespace-changed";

/** What must be done to volumes before a pod is bound to a node. */
export interface VolumeWork {
  /** Volumes as they shall be written: linked to their claims. */
  bind: { volume: PersistentVolume; claim: PersistentVolumeClaim }[];
  /** Claims as they shall be written: they name the node for which a volume is to be made. */
  provision: PersistentVolumeClaim[];
}

/** What must be done to claims for devices before a pod is bound to a node. */
export interface ClaimWork {
  /** Claims that get their devices, and are reserved for the pod. */
  allocate: { claim: ResourceV1ResourceClaim; allocation: AllocationResult }[];
  /** Claims that have theirs, and are reserved for one more pod. */
  reserve: ResourceV1ResourceClaim[];
}

/** A rule made ready for one pod. */
export interface Rule {
  /** Undefined when the node is fine. Rows are stable within one scheduling cycle. */
  filter?(row: NodeRow, index: number): Refusal | undefined;
  score?(row: NodeRow, index: number): number;
  /** Brings raw scores of the nodes that fit into 0–100, in place. */
  normalize?(scores: Float64Array, fitting: Int32Array): void;
  /** Of the node that was chosen. */
  volumes?(row: NodeRow): VolumeWork | undefined;
  /** As above, after `filter` let the node pass. */
  claims?(row: NodeRow): ClaimWork | undefined;
}

export interface Plugin {
  name: string;
  weight: number;
  /** What could make a pod that this plugin refused schedulable. */
  changes: readonly ClusterChange[];
  /** Undefined: the rule has nothing to say about this pod. A string: no node can ever fit, and why. */
  prepare(pod: PodInfo, cluster: Cluster): Rule | string | undefined;
}

export const maxScore = 100;

/** Scales so that the highest becomes 100; `reverse` turns the order round. */
export function scaleToMax(scores: Float64Array, fitting: Int32Array, reverse = false): void {
  let max = 0;
  for (const index of fitting) max = Math.max(max, scores[index]!);
  for (const index of fitting) {
    if (max === 0) scores[index] = reverse ? maxScore : scores[index]!;
    else {
      const scaled = Math.floor((maxScore * scores[index]!) / max);
      scores[index] = reverse ? maxScore - scaled : scaled;
    }
  }
}
