/** What pods use of the thing that the node is short of: measured only when one of them must go. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import { containersIn, onDisk, type PodStorage, podStorage, type StorageSource, sumOf } from "../node/pod-storage.ts";
import type { CgroupTrees } from "../resources/cgroup-trees.ts";
import { cgroupParent } from "../resources/resources.ts";
import type { PodUsage, UsageReader } from "../server/usage.ts";
import type { DiskParts } from "./evictions.ts";
import type { Use, UseOf } from "./rank.ts";
import type { Starved } from "./thresholds.ts";

export interface UseSource extends StorageSource {
  usage: Pick<UsageReader, "read">;
  trees: CgroupTrees | undefined;
  cgroupRoot: string;
}

export async function measuredUse(pods: readonly Pod[], starved: Starved, parts: DiskParts, source: UseSource): Promise<UseOf> {
  const uses = new Map<string, Use>();
  const add = (pod: Pod, use: Use | undefined) => {
    if (use) uses.set(pod.metadata.uid!, use);
  };
  if (starved === "memory") {
    const reading = new Map((await source.usage.read()).pods.map((each) => [each.pod.metadata.uid!, each]));
    for (const pod of pods) add(pod, memoryUse(reading.get(pod.metadata.uid!)));
  } else if (starved === "pids") for (const pod of pods) add(pod, await processUse(pod, source));
  else {
    const stats = await source.runtime.containerStats();
    const counted = starved === "inodes" ? "inodes" : "bytes";
    for (const pod of pods) add(pod, diskUse(pod, await podStorage(pod, stats, source, counted), parts, counted));
  }
  return (pod) => uses.get(pod.metadata.uid!);
}

function memoryUse(usage: PodUsage | undefined): Use | undefined {
  if (!usage?.whole) return undefined;
  const containers = usage.containers.map(({ name, memory }) => [name, { memoryBytes: memory.workingSetBytes }] as const);
  return { memoryBytes: usage.whole.memory.workingSetBytes, containers: new Map(containers) };
}

async function processUse(pod: Pod, { trees, cgroupRoot }: UseSource): Promise<Use | undefined> {
  if (!trees?.pids) return undefined;
  const text = await readFile(join(trees.pids, cgroupParent(cgroupRoot, pod), "pids.current"), "utf8").catch(() => "");
  return text === "" ? undefined : { pids: Number(text), containers: new Map() };
}

export function diskUse(pod: Pod, storage: PodStorage, parts: DiskParts, counted: "bytes" | "inodes"): Use {
  const total =
    (parts.layers ? sumOf(storage.layers.values()) : 0) +
    (parts.logs ? sumOf(storage.logs.values()) : 0) +
    (parts.volumes ? onDisk(pod, storage.volumes) : 0);
  if (counted === "inodes") return { inodes: total, containers: new Map() };
  const containers = [...containersIn(storage)].map(([name, diskBytes]) => [name, { diskBytes }] as const);
  return { diskBytes: total, containers: new Map(containers) };
}
