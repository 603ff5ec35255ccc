/** What pods and the node use, as `/stats/summary` tells it. */
import type { Pod } from "#api/mod.ts";
import { parseQuantity, quantityValue } from "#codec/mod.ts";
import type { Observation } from "../eviction/judge.ts";
import type { InterfaceCounts } from "../metrics/interfaces.ts";
import type { VolumeFill } from "../volumes/fill.ts";
import type { At } from "./measurements.ts";
import type { Measured } from "./storage-usage.ts";
import { containerDisks, type Disks, diskSummary, limitsSummary, networkSummary, podDisks, timeText } from "./summary-storage.ts";
import type { ContainerUsage, PodUsage, Reading, Usage } from "./usage.ts";

export interface NodeFacts {
  nodeName: string;
  /** Memory that may be used, of the node. */
  memoryBytes: number;
  /** What the machine tells of the rest; absent: nothing is told of it. */
  more?: SummaryParts;
}

export interface SummaryParts {
  atMs: number;
  disks: Disks;
  pids: Observation | undefined;
  ofNode: readonly InterfaceCounts[];
  /** By uid; a pod on the node's own network has none. */
  ofPods: ReadonlyMap<string, readonly InterfaceCounts[]>;
  storage: ReadonlyMap<string, At<Measured>>;
  volumes: ReadonlyMap<string, At<VolumeFill[]>>;
  /** Of the group that all pods hang below. */
  podsGroup: Usage | undefined;
}

export function summaryOf({ node, pods }: Reading, { nodeName, memoryBytes, more }: NodeFacts): object {
  return {
    node: {
      nodeName,
      ...(node ? { startTime: timeText(node.startMs ?? node.atMs), ...used(node, memoryBytes) } : {}),
      ...(more ? nodeMore(more, memoryBytes) : {}),
    },
    pods: pods.map((pod) => podSummary(pod, more)),
  };
}

function nodeMore({ atMs, disks, pids, ofNode, podsGroup }: SummaryParts, memoryBytes: number): object {
  const images = diskSummary(disks.images ?? disks.node, atMs);
  return {
    network: networkSummary(ofNode, atMs),
    fs: diskSummary(disks.node, atMs),
    runtime: { imageFs: images, containerFs: images },
    rlimit: limitsSummary(pids, atMs),
    ...(podsGroup
      ? { systemContainers: [{ name: "pods", startTime: timeText(podsGroup.startMs ?? atMs), ...used(podsGroup, memoryBytes) }] }
      : {}),
  };
}

function podSummary({ pod, whole, containers }: PodUsage, more: SummaryParts | undefined): object {
  const uid = pod.metadata.uid ?? "";
  const measured = more?.storage.get(uid);
  return {
    podRef: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
    startTime: pod.status?.startTime,
    containers: containers.map((usage) => containerSummary(pod, usage, more)),
    ...(whole ? used(whole, undefined) : {}),
    ...(more
      ? {
          network: networkSummary(more.ofPods.get(uid) ?? [], more.atMs),
          ...podDisks(pod, { own: measured, volumes: more.volumes.get(uid) }, more.disks),
        }
      : {}),
  };
}

function containerSummary(pod: Pod, usage: ContainerUsage, more: SummaryParts | undefined): object {
  const measured = more?.storage.get(pod.metadata.uid ?? "");
  return {
    name: usage.name,
    startTime: timeText(usage.startMs ?? usage.atMs),
    ...used(usage, limitOf(pod, usage.name)),
    ...(usage.layerBytes === undefined ? {} : { rootfs: { time: timeText(usage.atMs), usedBytes: usage.layerBytes } }),
    ...(more ? containerDisks(usage.name, measured, more.disks) : {}),
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
