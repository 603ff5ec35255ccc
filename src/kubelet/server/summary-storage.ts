/** File systems, networks and process numbers of `/stats/summary`. Pure. */
import type { Pod } from "#api/mod.ts";
import type { Observation } from "../eviction/judge.ts";
import type { FileSystem } from "../eviction/observe.ts";
import type { InterfaceCounts } from "../metrics/interfaces.ts";
import { sumOf } from "../node/pod-storage.ts";
import type { ClaimFill } from "../volumes/volumes.ts";
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
  { own, claims }: { own: At<Measured> | undefined; claims: At<ClaimFill[]> | undefined },
  { node }: Disks,
): object {
  const claimed = (claims?.value ?? []).map(({ volume, claim: { name, namespace }, fill }) => ({
    time: timeText(claims!.atMs),
    ...fill,
    name: volume,
    pvcRef: { name, namespace },
  }));
  if (!own) return claimed.length > 0 ? { volume: claimed } : {};
  const {
    value: { bytes, inodes },
    atMs,
  } = own;
  const empty = [...bytes.emptyDirs].map(([name, used]) => ({
    ...partSummary(node, { bytes: used, inodes: inodes.emptyDirs.get(name) ?? 0 }, atMs),
    name,
  }));
  const inMemory = new Set((pod.spec?.volumes ?? []).filter(({ emptyDir }) => emptyDir?.medium === "Memory").map(({ name }) => name));
  const whole = ({ layers, logs, emptyDirs }: Measured["bytes"]) =>
    sumOf(layers.values()) + sumOf(logs.values()) + sumOf([...emptyDirs].filter(([name]) => !inMemory.has(name)).map(([, used]) => used));
  const ephemeral = partSummary(node, { bytes: whole(bytes), inodes: whole(inodes) }, atMs);
  const volume = [...empty, ...claimed];
  return { ...(volume.length > 0 ? { volume } : {}), "ephemeral-storage": ephemeral };
}
