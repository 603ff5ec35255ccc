/** Requests and limits as the kernel understands them. */
import type { Container, Pod } from "#api/mod.ts";
import { milliValue, parseQuantity, quantityValue } from "#codec/mod.ts";

export interface LinuxResources {
  cpuPeriod?: number;
  cpuQuota?: number;
  cpuShares?: number;
  memoryLimitInBytes?: number;
  oomScoreAdj?: number;
}

const period = 100_000;
export const leastShares = 2;
const mostShares = 262_144;

export const milliCpu = (list: Record<string, string> | undefined): number =>
  list?.cpu === undefined ? 0 : milliValue(parseQuantity(list.cpu));
export const memoryBytes = (list: Record<string, string> | undefined): number =>
  list?.memory === undefined ? 0 : quantityValue(parseQuantity(list.memory));

export function linuxResources(pod: Pod, container: Pick<Container, "resources">, nodeMemoryBytes: number): LinuxResources {
  const { limits, requests } = container.resources ?? {};
  const cpuLimit = milliCpu(limits);
  const cpuRequest = requests?.cpu === undefined && limits?.cpu !== undefined ? cpuLimit : milliCpu(requests);
  const memory = memoryBytes(limits);
  return {
    cpuShares: sharesOf(cpuRequest),
    ...(cpuLimit > 0 ? { cpuPeriod: period, cpuQuota: quotaOf(cpuLimit) } : {}),
    ...(memory > 0 ? { memoryLimitInBytes: memory } : {}),
    oomScoreAdj: oomScoreOf(pod, container, nodeMemoryBytes),
  };
}

export const sharesOf = (milli: number): number =>
  milli === 0 ? leastShares : Math.min(mostShares, Math.max(leastShares, Math.floor((milli * 1024) / 1000)));
export const quotaOf = (milli: number): number => Math.max(1000, Math.floor((milli * period) / 1000));

export const qosClasses = ["Guaranteed", "Burstable", "BestEffort"] as const;
export type QosClass = (typeof qosClasses)[number];

export function qosOf(pod: Pod): QosClass {
  const known = pod.status?.qosClass;
  if (known === "Guaranteed" || known === "Burstable" || known === "BestEffort") return known;
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const any = all.some(({ resources }) =>
    ["cpu", "memory"].some((name) => resources?.limits?.[name] !== undefined || resources?.requests?.[name] !== undefined),
  );
  if (!any) return "BestEffort";
  const full = all.every(({ resources }) =>
    ["cpu", "memory"].every(
      (name) =>
        resources?.limits?.[name] !== undefined && (resources.requests?.[name] ?? resources.limits[name]) === resources.limits[name],
    ),
  );
  return full ? "Guaranteed" : "Burstable";
}

function oomScoreOf(pod: Pod, container: Pick<Container, "resources">, nodeMemory: number): number {
  const qos = qosOf(pod);
  if (pod.spec?.priorityClassName === "system-node-critical" || qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  const score = 1000 - Math.floor((1000 * memoryBytes(container.resources?.requests)) / Math.max(1, nodeMemory));
  return Math.min(999, Math.max(3, score));
}

/** `/kubepods/burstable/pod<uid>` below the node's own root. */
export function cgroupParent(root: string, pod: Pod, qos: QosClass = qosOf(pod)): string {
  const tier = qos === "Guaranteed" ? "" : `/${qos.toLowerCase()}`;
  return `${root === "/" ? "" : root}/kubepods${tier}/pod${pod.metadata.uid}`;
}
