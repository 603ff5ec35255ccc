/** Keeps pods that match a selector evenly spread over topology domains: as a must (maxSkew) or as a wish. */
import { untoleratedTaint } from "#client/mod.ts";
import type { Cluster } from "../cluster.ts";
import type { NodeRow } from "../node-row.ts";
import { maxScore, type Plugin, type Refusal } from "../plugin.ts";
import type { PodInfo, SpreadConstraint } from "../pod-info.ts";
import { fitsNodeAffinity } from "./node-properties.ts";
import { domainCounts } from "./topology.ts";

const hostname = "kubernetes.io/hostname";
const zone = "topology.kubernetes.io/zone";
const noLabel: Refusal = { reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"], final: true };
const skewed: Refusal = { reasons: ["node(s) didn't match pod topology spread constraints"], final: false };

/** Asked of pods that have no constraints of their own. */
export interface DefaultConstraint {
  topologyKey: string;
  maxSkew: number;
  hard: boolean;
  minDomains?: number;
}

/** `lenient`: nodes without the label take part. */
export interface SpreadArgs {
  defaults: readonly DefaultConstraint[];
  lenient: boolean;
}

export const usualSpread: SpreadArgs = {
  defaults: [
    { topologyKey: hostname, maxSkew: 3, hard: false },
    { topologyKey: zone, maxSkew: 5, hard: false },
  ],
  lenient: true,
};

export const podTopologySpread = (args: SpreadArgs): Plugin => ({
  name: "PodTopologySpread",
  weight: 2,
  changes: ["node-added", "node-updated", "pod-added", "pod-deleted", "pod-updated"],
  prepare(pod, cluster) {
    const constraints = pod.spread.length > 0 ? pod.spread : defaultConstraints(pod, args);
    const hard = constraints.filter((c) => c.hard);
    const soft = constraints.filter((c) => !c.hard);
    if (hard.length + soft.length === 0) return undefined;
    return {
      ...(hard.length > 0 ? { filter: filterBy(hard, pod, cluster) } : {}),
      ...(soft.length > 0 ? scoreBy(soft, pod, cluster, pod.spread.length === 0 && args.lenient) : {}),
    };
  },
});

/** A pod with no constraints of its own spreads from the pods of the same controller. */
function defaultConstraints({ controllerUid }: PodInfo, { defaults }: SpreadArgs): SpreadConstraint[] {
  if (!controllerUid) return [];
  const key = `controller:${controllerUid}`;
  return defaults.map((each) => ({ minDomains: 1, honorAffinity: true, honorTaints: false, key, matches: () => true, ...each }));
}

function countsOf(constraint: SpreadConstraint, pod: PodInfo, cluster: Cluster): Int32Array {
  const byController = constraint.key.startsWith("controller:");
  const test = byController
    ? (other: PodInfo) => other.controllerUid === pod.controllerUid && !other.pod.metadata.deletionTimestamp
    : (other: PodInfo) => constraint.matches(other.namespace, other.labels) && !other.pod.metadata.deletionTimestamp;
  return cluster.counter(`spread:${constraint.key}`, test).perRow;
}

function filterBy(constraints: SpreadConstraint[], pod: PodInfo, cluster: Cluster) {
  const keyed = (row: NodeRow) => constraints.every((c) => row.labels[c.topologyKey] !== undefined);
  const states = constraints.map((constraint) => {
    const counts = domainCounts(cluster, constraint.topologyKey, countsOf(constraint, pod, cluster), (index) => {
      const row = cluster.rows[index]!;
      return keyed(row) && counted(constraint, pod, row);
    });
    let least = Number.POSITIVE_INFINITY;
    for (const count of counts.values()) least = Math.min(least, count);
    if (counts.size < constraint.minDomains) least = 0;
    return { constraint, counts, least, self: constraint.matches(pod.namespace, pod.labels) ? 1 : 0 };
  });
  return (row: NodeRow): Refusal | undefined => {
    for (const { constraint, counts, least, self } of states) {
      const value = row.labels[constraint.topologyKey];
      if (value === undefined) return noLabel;
      if ((counts.get(value) ?? 0) + self - least > constraint.maxSkew) return skewed;
    }
    return undefined;
  };
}

function scoreBy(constraints: SpreadConstraint[], pod: PodInfo, cluster: Cluster, lenient: boolean) {
  const states = constraints.map((constraint) => {
    const perRow = countsOf(constraint, pod, cluster);
    const byHost = constraint.topologyKey === hostname;
    const counts = byHost
      ? undefined
      : domainCounts(cluster, constraint.topologyKey, perRow, (index) => counted(constraint, pod, cluster.rows[index]!));
    return { constraint, perRow, counts, weight: Math.log((byHost ? cluster.nodeCount : (counts?.size ?? 0)) + 2) };
  });
  const ignored = (row: NodeRow) => !lenient && constraints.some((c) => row.labels[c.topologyKey] === undefined);
  return {
    score(row: NodeRow, index: number): number {
      if (ignored(row)) return -1;
      let score = 0;
      for (const { constraint, perRow, counts, weight } of states) {
        const value = row.labels[constraint.topologyKey];
        if (value === undefined) continue;
        score += (counts ? (counts.get(value) ?? 0) : perRow[index]!) * weight + (constraint.maxSkew - 1);
      }
      return Math.round(score);
    },
    normalize(scores: Float64Array, fitting: Int32Array): void {
      let least = Number.POSITIVE_INFINITY;
      let most = 0;
      for (const index of fitting) {
        if (scores[index]! < 0) continue;
        least = Math.min(least, scores[index]!);
        most = Math.max(most, scores[index]!);
      }
      for (const index of fitting) {
        const score = scores[index]!;
        if (score < 0) scores[index] = 0;
        else scores[index] = most === 0 ? maxScore : Math.trunc((maxScore * (most + least - score)) / most);
      }
    },
  };
}

/** Whether a node takes part in the count, by the constraint's inclusion policies. */
function counted(constraint: SpreadConstraint, pod: PodInfo, row: NodeRow): boolean {
  if (constraint.honorAffinity && !fitsNodeAffinity(pod, row)) return false;
  return !constraint.honorTaints || !untoleratedTaint(row.taints, pod.tolerations);
}
