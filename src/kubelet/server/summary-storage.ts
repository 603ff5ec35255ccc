/** File systems, networks and process numbers of `/stats/summary`. Pure. */
import type { Pod } from "#api/mod.ts";
import type { Observation } from "../eviction/judge.ts";
import type { FileSystem } from "../eviction/observe.ts";
import type { InterfaceCounts } from "../metrics/interfaces.ts";
import { onDisk, sumOf } from "../node/pod-storage.ts";
import type { VolumeFill } from "../volumes/fill.ts";
import type { At } from "./measurements.ts";
import type { Measured } from "./storage-usage.ts";

export const timeText = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

export function networkSummary(interfaces: readonly InterfaceCounts[], atMs: number): object | undefined {
  if (interfaces.length === 0) return undefined;
  const all = interfaces.map(({ name, received, sent }) => ({
    name,
    rxBytes: received.bytes,
    rxErrors: received.errors,
    txBytes: sent.bytes,
    txErrors: sent.errors,
  }));
  // The pod's or the node's own is told beside the list.
  const own = all.find(({ name }) => name === "eth0") ?? all[0];
  return { time: timeText(atMs), ...own, interfaces: all };
}

const space = ({ bytes, inodes }: FileSystem) => ({
  availableBytes: bytes.available,
  capacityBytes: bytes.capacity,
  inodesFree: inodes.available,
  inodes: inodes.capacity,
});

/** A whole file system; used is all that is not free. */
export function diskSummary(disk: FileSystem | undefined, atMs: number): object | undefined {
  if (!disk) return undefined;
  const { bytes, inodes } = disk;
  return {
    time: timeText(atMs),
    ...space(disk),
    usedBytes: bytes.capacity - bytes.available,
    inodesUsed: inodes.capacity - inodes.available,
  };
}

/** A part of one. */
function partSummary(disk: FileSystem | undefined, used: { bytes: number; inodes: number }, atMs: number): object {
  return { time: timeText(atMs), ...(disk ? space(disk) : {}), usedBytes: used.bytes, inodesUsed: used.inodes };
}

export function limitsSummary(pids: Observation | undefined, atMs: number): object | undefined {
  return pids && { time: timeText(atMs), maxpid: pids.capacity, curproc: pids.capacity - pids.available };
}

export interface Disks {
  node: FileSystem | undefined;
  images: FileSystem | undefined;
}

export function containerDisks(name: string, measured: At<Measured> | undefined, { node, images }: Disks): object {
  if (!measured) return {};
  const {
    value: { bytes, inodes },
    atMs,
  } = measured;
  const of = (which: "logs" | "layers") => ({ bytes: bytes[which].get(name) ?? 0, inodes: inodes[which].get(name) ?? 0 });
  return { rootfs: partSummary(images ?? node, of("layers"), atMs), logs: partSummary(node, of("logs"), atMs) };
}

export function podDisks(
  pod: Pod,
  { own, volumes }: { own: At<Measured> | undefined; volumes: At<VolumeFill[]> | undefined },
  { node }: Disks,
): object {
  const volume = volumes ? volumeSummaries(pod, volumes, own?.value) : [];
  const ephemeral = own && { bytes: ephemeralOf(pod, own.value.bytes), inodes: ephemeralOf(pod, own.value.inodes) };
  return {
    ...(volume.length > 0 ? { volume } : {}),
    ...(ephemeral ? { "ephemeral-storage": partSummary(node, ephemeral, own.atMs) } : {}),
  };
}

const ephemeralOf = (pod: Pod, { layers, logs, volumes }: Measured["bytes"]) =>
  sumOf(layers.values()) + sumOf(logs.values()) + onDisk(pod, volumes);

/** Those on the node's disk come first. What the pod's own take was counted apart; of one that was not, nothing is told. */
function volumeSummaries(pod: Pod, { value, atMs }: At<VolumeFill[]>, own: Measured | undefined): object[] {
  const all = (pod.spec?.volumes ?? []).flatMap(({ name = "", emptyDir, configMap }) => {
    const found = value.find(({ volume }) => volume === name);
    const isOwn = emptyDir !== undefined || configMap !== undefined;
    const usedBytes = own?.bytes.volumes.get(name);
    if (!found || (isOwn && usedBytes === undefined)) return [];
    const { fill, claim } = found;
    const used = isOwn ? { usedBytes, inodesUsed: own?.inodes.volumes.get(name) ?? 0 } : {};
    return [
      {
        isFirst: isOwn && (emptyDir?.medium ?? "") === "",
        told: {
          time: timeText(atMs),
          ...fill,
          ...used,
          name,
          ...(claim ? { pvcRef: { name: claim.name, namespace: claim.namespace } } : {}),
        },
      },
    ];
  });
  return all.sort((a, b) => Number(b.isFirst) - Number(a.isFirst)).map(({ told }) => told);
}
