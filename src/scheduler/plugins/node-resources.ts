/** Rules about room on a node: requests against what is left, host ports, and where a pod would leave the best balance. */
import type { NodeRow } from "../node-row.ts";
import { maxScore, type Plugin, type Refusal } from "../plugin.ts";
import type { HostPort, PodInfo } from "../pod-info.ts";

export const nodeResourcesFit: Plugin = {
  name: "NodeResourcesFit",
  weight: 1,
  changes: ["node-added", "node-updated", "pod-deleted", "pod-updated"],
  prepare: (pod) => ({
    filter: (row) => insufficient(pod, row),
    score: (row) => {
      const cpu = leftShare(row.used.nonZeroCpu + pod.nonZeroCpu, row.allocatable.cpu);
      const memory = leftShare(row.used.nonZeroMemory + pod.nonZeroMemory, row.allocatable.memory);
      const parts = (row.allocatable.cpu > 0 ? 1 : 0) + (row.allocatable.memory > 0 ? 1 : 0);
      return parts === 0 ? 0 : Math.floor((cpu + memory) / parts);
    },
  }),
};

export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  weight: 1,
  changes: [],
  prepare(pod) {
    if (pod.request.cpu === 0 && pod.request.memory === 0) return undefined;
    return {
      score(row) {
        const before = balance(row.used.cpu, row.used.memory, row);
        const after = balance(row.used.cpu + pod.request.cpu, row.used.memory + pod.request.memory, row);
        return maxScore / 2 + Math.trunc((maxScore / 2 + after - before) / 2);
      },
    };
  },
};

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

function insufficient(pod: PodInfo, row: NodeRow): Refusal | undefined {
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
  for (const [name, wanted] of request.scalars ?? []) {
    const whole = allocatable.scalars.get(name) ?? 0;
    if (wanted > 0 && wanted > whole - (used.scalars.get(name) ?? 0)) short(`Insufficient ${name}`, wanted, whole);
  }
  return reasons && { reasons, final };
}

function leftShare(used: number, whole: number): number {
  return whole === 0 || used > whole ? 0 : Math.floor(((whole - used) * maxScore) / whole);
}

/** 100 when CPU and memory are used in the same proportion, less the further they are apart. */
function balance(cpu: number, memory: number, row: NodeRow): number {
  const { allocatable } = row;
  if (allocatable.cpu === 0 || allocatable.memory === 0) return maxScore;
  const a = Math.min(1, cpu / allocatable.cpu);
  const b = Math.min(1, memory / allocatable.memory);
  return Math.trunc((1 - Math.abs((a - b) / 2)) * maxScore);
}

function clash(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0");
}
