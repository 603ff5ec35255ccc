/** What pods and the node use, as `/stats/summary` tells it. */
import type { Pod } from "#api/mod.ts";
import { parseQuantity, quantityValue } from "#codec/mod.ts";
import type { ContainerUsage, PodUsage, Reading, Usage } from "./usage.ts";

export interface NodeFacts {
  nodeName: string;
  /** Memory that may be used, of the node. */
  memoryBytes: number;
}

export function summaryOf({ node, pods }: Reading, { nodeName, memoryBytes }: NodeFacts): object {
  return {
    node: {
      nodeName,
      ...(node ? { startTime: timeText(node.startMs ?? node.atMs), ...used(node, memoryBytes) } : {}),
    },
    pods: pods.map(podSummary),
  };
}

function podSummary({ pod, whole, containers }: PodUsage): object {
  return {
    podRef: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
    startTime: pod.status?.startTime,
    containers: containers.map((usage) => containerSummary(pod, usage)),
    ...(whole ? used(whole, undefined) : {}),
  };
}

function containerSummary(pod: Pod, usage: ContainerUsage): object {
  return {
    name: usage.name,
    startTime: timeText(usage.startMs ?? usage.atMs),
    ...used(usage, limitOf(pod, usage.name)),
    ...(usage.layerBytes === undefined ? {} : { rootfs: { time: timeText(usage.atMs), usedBytes: usage.layerBytes } }),
  };
}

function limitOf(pod: Pod, name: string): number | undefined {
  const limit = pod.spec?.containers?.find((container) => container.name === name)?.resources?.limits?.memory;
  return limit === undefined ? undefined : quantityValue(parseQuantity(limit));
}

function used({ atMs, cpuNanos, nanoCores, memory }: Usage, mostBytes: number | undefined): object {
  const time = timeText(atMs);
  const { usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults } = memory;
  return {
    cpu: { time, ...(nanoCores === undefined ? {} : { usageNanoCores: nanoCores }), usageCoreNanoSeconds: cpuNanos },
    memory: {
      time,
      ...(mostBytes === undefined ? {} : { availableBytes: Math.max(0, mostBytes - workingSetBytes) }),
      usageBytes,
      workingSetBytes,
      rssBytes,
      pageFaults,
      majorPageFaults,
    },
  };
}

const timeText = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
