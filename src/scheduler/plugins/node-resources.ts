/** Rules about room on a node: requests against what is left, host ports, and where a pod would leave the best balance. */
import type { NodeRow } from "../node-row.ts";
import type { Plugin, Refusal } from "../plugin.ts";
import type { HostPort, PodInfo } from "../pod-info.ts";
import { balanceScore, fitScore, type ScoringStrategy, usualResources, type WeightedResource } from "./resource-scores.ts";

export interface FitArgs {
  /** Extended resources that somebody else looks after, by name and by what stands before the `/`. */
  ignored: ReadonlySet<string>;
  ignoredGroups: ReadonlySet<string>;
  strategy: ScoringStrategy;
}

export const usualFit: FitArgs = {
  ignored: new Set(),
  ignoredGroups: new Set(),
  strategy: { type: "LeastAllocated", resources: usualResources },
};

export const nodeResourcesFit = (args: FitArgs): Plugin => ({
  name: "NodeResourcesFit",
  weight: 1,
  changes: ["node-added", "node-updated", "pod-deleted", "pod-updated"],
  prepare(pod) {
    const scalars = [...(pod.request.scalars ?? [])].filter(([name, wanted]) => wanted > 0 && !isIgnored(name, args));
    return { filter: (row) => insufficient(pod, scalars, row), score: fitScore(args.strategy, pod) };
  },
});

const isIgnored = (name: string, { ignored, ignoredGroups }: FitArgs) =>
  name.includes("/") && (ignored.has(name) || ignoredGroups.has(name.slice(0, name.indexOf("/"))));

export const nodeResourcesBalancedAllocation = (resources: readonly WeightedResource[]): Plugin => ({
  name: "NodeResourcesBalancedAllocation",
  weight: 1,
  changes: [],
  prepare(pod) {
    const score = balanceScore(resources, pod);
    return score && { score };
  },
});

export const nodePorts: Plugin = {
  name: "NodePorts",
  weight: 0,
  changes: ["node-added", "pod-deleted"],
  prepare(pod) {
    if (pod.hostPorts.length === 0) return undefined;
    const refusal: Refusal = { reasons: ["node(s) didn't have free ports for the requested pod ports"], final: false };
    return {
      filter(row) {
        for (const other of row.pods.values())
          if (other.hostPorts.some((taken) => pod.hostPorts.some((p) => clash(p, taken)))) return refusal;
        return undefined;
      },
    };
  },
};

function insufficient(pod: PodInfo, scalars: readonly [string, number][], row: NodeRow): Refusal | undefined {
  const { allocatable, used } = row;
  const { request } = pod;
  let reasons: string[] | undefined;
  let final = false;
  const short = (reason: string, wanted: number, whole: number) => {
    reasons ??= [];
    reasons.push(reason);
    final ||= wanted > whole;
  };
  if (row.pods.size + 1 > allocatable.pods) short("Too many pods", 0, 0);
  if (request.cpu > 0 && request.cpu > allocatable.cpu - used.cpu) short("Insufficient cpu", request.cpu, allocatable.cpu);
  if (request.memory > 0 && request.memory > allocatable.memory - used.memory)
    short("Insufficient memory", request.memory, allocatable.memory);
  if (request.storage > 0 && request.storage > allocatable.storage - used.storage)
    short("Insufficient ephemeral-storage", request.storage, allocatable.storage);
  for (const [name, wanted] of scalars) {
    const whole = allocatable.scalars.get(name) ?? 0;
    if (wanted > whole - (used.scalars.get(name) ?? 0)) short(`Insufficient ${name}`, wanted, whole);
  }
  return reasons && { reasons, final };
}

function clash(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0");
}
