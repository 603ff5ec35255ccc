/** How well a pod's requests suit a node: by what is left, by what is taken, by a curve, and by how even the parts are used. */
import type { NodeRow } from "../node-row.ts";
import { maxScore } from "../plugin.ts";
import type { PodInfo } from "../pod-info.ts";

/** A resource and how much it counts beside the others. */
export interface WeightedResource {
  name: string;
  weight: number;
}

/** Per cent of use, and what that is worth, 0 to 10. */
export interface ShapePoint {
  utilization: number;
  score: number;
}

export type ScoringStrategy =
  | { type: "LeastAllocated"; resources: readonly WeightedResource[] }
  | { type: "MostAllocated"; resources: readonly WeightedResource[] }
  | { type: "RequestedToCapacityRatio"; resources: readonly WeightedResource[]; shape: readonly ShapePoint[] };

export const usualResources: readonly WeightedResource[] = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
];

const usual = new Set(["cpu", "memory", "ephemeral-storage"]);

/** Per resource: what the node has, what is taken, what the pod adds. `spread`: what asks for nothing counts as a little. */
function amounts(name: string, pod: PodInfo, row: NodeRow, spread: boolean): { whole: number; taken: number; added: number } {
  const { allocatable, used } = row;
  switch (name) {
    case "cpu":
      return { whole: allocatable.cpu, taken: spread ? used.nonZeroCpu : used.cpu, added: spread ? pod.nonZeroCpu : pod.request.cpu };
    case "memory":
      return {
        whole: allocatable.memory,
        taken: spread ? used.nonZeroMemory : used.memory,
        added: spread ? pod.nonZeroMemory : pod.request.memory,
      };
    case "ephemeral-storage":
      return { whole: allocatable.storage, taken: used.storage, added: pod.request.storage };
    default:
      return {
        whole: allocatable.scalars.get(name) ?? 0,
        taken: used.scalars.get(name) ?? 0,
        added: pod.request.scalars?.get(name) ?? 0,
      };
  }
}

/** Resources that matter for the pod: those that it does not ask for, beyond the usual ones, do not. */
const asked = (resources: readonly WeightedResource[], pod: PodInfo) =>
  resources.filter(({ name }) => usual.has(name) || (pod.request.scalars?.get(name) ?? 0) > 0);

/** The score of nodes for a pod, 0 to 100. */
export function fitScore(strategy: ScoringStrategy, pod: PodInfo): (row: NodeRow) => number {
  const resources = asked(strategy.resources, pod);
  const worth = worthOf(strategy);
  const byCurve = strategy.type === "RequestedToCapacityRatio";
  return (row) => {
    let sum = 0;
    let weights = 0;
    for (const { name, weight } of resources) {
      const { whole, taken, added } = amounts(name, pod, row, true);
      if (whole === 0) continue;
      const score = worth(taken + added, whole);
      if (byCurve && score <= 0) continue;
      sum += score * weight;
      weights += weight;
    }
    if (weights === 0) return 0;
    return byCurve ? Math.round(sum / weights) : Math.floor(sum / weights);
  };
}

function worthOf(strategy: ScoringStrategy): (taken: number, whole: number) => number {
  if (strategy.type === "LeastAllocated") return (taken, whole) => (taken > whole ? 0 : Math.floor(((whole - taken) * maxScore) / whole));
  if (strategy.type === "MostAllocated") return (taken, whole) => Math.floor((Math.min(taken, whole) * maxScore) / whole);
  const curve = curveOf(strategy.shape);
  return (taken, whole) => curve(taken > whole ? 100 : Math.floor((taken * 100) / whole));
}

const highestPoint = 10;

/** Straight between the points, level before the first and after the last. */
function curveOf(shape: readonly ShapePoint[]): (utilization: number) => number {
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * (maxScore / highestPoint) }));
  return (at) => {
    for (const [i, point] of points.entries()) {
      if (at > point.utilization) continue;
      const before = points[i - 1];
      if (!before) return point.score;
      return (
        before.score + Math.trunc(((point.score - before.score) * (at - before.utilization)) / (point.utilization - before.utilization))
      );
    }
    return points.at(-1)!.score;
  };
}

/** Higher the more the pod evens out what is used of a node's resources; undefined for a pod that asks for none of them. */
export function balanceScore(resources: readonly WeightedResource[], pod: PodInfo): ((row: NodeRow) => number) | undefined {
  const { cpu, memory, storage, scalars } = pod.request;
  const requests = new Map([["cpu", cpu], ["memory", memory], ["ephemeral-storage", storage], ...(scalars ?? [])]);
  if (!resources.some(({ name }) => (requests.get(name) ?? 0) > 0)) return undefined;
  const counted = asked(resources, pod);
  return (row) => {
    const parts = counted.map(({ name }) => amounts(name, pod, row, false)).filter(({ whole }) => whole > 0);
    const before = evenness(parts.map(({ whole, taken }) => Math.min(1, taken / whole)));
    const after = evenness(parts.map(({ whole, taken, added }) => Math.min(1, (taken + added) / whole)));
    return maxScore / 2 + Math.trunc((maxScore / 2 + after - before) / 2);
  };
}

/** 100 when all shares are the same, less the further they are from each other. */
function evenness(shares: readonly number[]): number {
  const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
  const deviation =
    shares.length === 2
      ? Math.abs((shares[0]! - shares[1]!) / 2)
      : Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / Math.max(1, shares.length));
  return Math.trunc((1 - deviation) * maxScore);
}
