/** What a pod has on the node's disks: measured by folder, in processes of their own, and told by the runtime for writable layers. */
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import { tryRun } from "#linux/mod.ts";
import type { ContainerStatsMessage, Runtime } from "../runtime/runtime.ts";
import { labels } from "../runtime/seen.ts";
import type { PodVolumes } from "../volumes/volumes.ts";

export interface PodStorage {
  /** Volume name → what is in it: emptyDirs, those in memory too, and ConfigMaps. */
  volumes: ReadonlyMap<string, number>;
  /** By container. */
  logs: ReadonlyMap<string, number>;
  layers: ReadonlyMap<string, number>;
}

export type Counted = "bytes" | "inodes";
export type SizeOf = (folder: string, counted: Counted) => Promise<number>;

export interface StorageSource {
  volumes: Pick<PodVolumes, "ownFolders">;
  runtime: Pick<Runtime, "containerStats">;
  podLogs: string;
  /** What is below a folder; absent: as `du` counts. */
  sizeOf?: SizeOf | undefined;
}

const countMs = 20_000;

export async function podStorage(
  pod: Pod,
  stats: readonly ContainerStatsMessage[],
  { volumes: made, podLogs, sizeOf = diskUsage }: StorageSource,
  counted: Counted = "bytes",
): Promise<PodStorage> {
  const volumes = new Map<string, number>();
  for (const [name, folder] of made.ownFolders(pod)) volumes.set(name, await sizeOf(folder, counted));
  const uid = pod.metadata.uid!;
  const logFolder = join(podLogs, `${pod.metadata.namespace}_${pod.metadata.name}_${uid}`);
  const logs = new Map<string, number>();
  for (const { name = "" } of pod.spec?.containers ?? []) logs.set(name, await sizeOf(join(logFolder, name), counted));
  const layers = new Map<string, number>();
  for (const { attributes, writableLayer } of stats) {
    if (attributes?.labels[labels.podUid] !== uid) continue;
    const name = attributes.labels[labels.containerName] ?? "";
    const of = (counted === "bytes" ? writableLayer?.usedBytes : writableLayer?.inodesUsed)?.value ?? 0;
    layers.set(name, (layers.get(name) ?? 0) + of);
  }
  return { volumes, logs, layers };
}

/** Of the pod's volumes what lies on the node's disk. */
export function onDisk(pod: Pod, volumes: PodStorage["volumes"]): number {
  const counted = (pod.spec?.volumes ?? []).filter(({ emptyDir, configMap }) => configMap || (emptyDir && (emptyDir.medium ?? "") === ""));
  return sumOf(counted.map(({ name = "" }) => volumes.get(name) ?? 0));
}

/** Of each container what lies in its layer and its logs. */
export function containersIn({ logs, layers }: PodStorage): Map<string, number> {
  const both = new Map(logs);
  for (const [name, bytes] of layers) both.set(name, (both.get(name) ?? 0) + bytes);
  return both;
}

export const sumOf = (numbers: Iterable<number>): number => [...numbers].reduce((sum, each) => sum + each, 0);

/** In a process of its own: a large tree must not keep the node's loop or its file threads busy. */
async function diskUsage(folder: string, counted: Counted): Promise<number> {
  const how = counted === "bytes" ? "--block-size=1" : "--inodes";
  const { stdout } = await tryRun(["du", "--summarize", "--one-file-system", how, folder], { timeoutMs: countMs });
  return Number.parseInt(stdout, 10) || 0;
}
