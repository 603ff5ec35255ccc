/** How full a volume is: by what stands in it, by its file system, by its device, or by what its driver says. */
import { lstat, readdir, readFile, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { VolumeUsage } from "../csi/driver.ts";
import type { VolumeSource } from "./plugin.ts";

/** Numbers of bytes and of inodes; of what nobody knows upstream tells 0. */
export interface Fill {
  availableBytes: number;
  capacityBytes: number;
  usedBytes: number;
  inodesFree: number;
  inodes: number;
  inodesUsed: number;
}

const unknown: Fill = { availableBytes: 0, capacityBytes: 0, usedBytes: 0, inodesFree: 0, inodes: 0, inodesUsed: 0 };

/** A volume of a pod. */
export interface VolumeFill {
  /** In the pod. */
  volume: string;
  /** That led to it. */
  claim?: { namespace: string; name: string };
  fill: Fill;
}

/** How a volume is measured; undefined: upstream tells nothing of volumes of this type. */
export function measureOf(source: VolumeSource, block: boolean): "driver" | "device" | "file system" | "files" | undefined {
  if (source.csi) return "driver";
  if (block) return "device";
  if (source.hostPath || ("image" in source && source.image)) return undefined;
  const isOfObjects = ["secret", "downwardAPI", "projected"].some((kind) => kind in source);
  return isOfObjects ? "files" : "file system";
}

export async function fillOfFileSystem(path: string): Promise<Fill> {
  const { bavail, bfree, blocks, bsize, files, ffree } = await statfs(path);
  return {
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodesFree: ffree,
    inodes: files,
    inodesUsed: files - ffree,
  };
}

/** Of few files, which the kubelet wrote: used is what they take, the rest is their file system's. */
export async function fillOfFiles(path: string): Promise<Fill> {
  const { bytes, inodes } = await weigh(path);
  return { ...(await fillOfFileSystem(path)), usedBytes: bytes, inodesUsed: inodes };
}

/** The folder itself counts; links are not followed. */
async function weigh(path: string): Promise<{ bytes: number; inodes: number }> {
  const found = await lstat(path);
  const all = { bytes: found.blocks * 512, inodes: 1 };
  if (!found.isDirectory()) return all;
  for (const name of await readdir(path)) {
    const inside = await weigh(join(path, name)).catch((error) => {
      // It was written anew meanwhile.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return { bytes: 0, inodes: 0 };
      throw error;
    });
    all.bytes += inside.bytes;
    all.inodes += inside.inodes;
  }
  return all;
}

/** Nobody knows how full a disk is that a container has as such: only how large. */
export async function fillOfDevice(path: string): Promise<Fill> {
  const { rdev } = await stat(path);
  const sectors = await readFile(`/sys/dev/block/${numbersOf(rdev)}/size`, "utf8");
  return { ...unknown, capacityBytes: Number(sectors) * 512 };
}

/** As glibc packs a device's major and minor number. */
export function numbersOf(device: number): string {
  const all = BigInt(device);
  const major = ((all >> 8n) & 0xfffn) | ((all >> 32n) & ~0xfffn);
  const minor = (all & 0xffn) | ((all >> 12n) & ~0xffn);
  return `${major}:${minor & 0xffffffffn}`;
}

/** CSI's units. */
const units = { bytes: 1, inodes: 2 };

/** A driver that does not say a number leaves it 0. */
export function fillOfDriver(usage: readonly VolumeUsage[]): Fill {
  const bytes = usage.findLast(({ unit }) => unit === units.bytes);
  const inodes = usage.findLast(({ unit }) => unit === units.inodes);
  return {
    ...unknown,
    ...(bytes ? { availableBytes: bytes.available, capacityBytes: bytes.total, usedBytes: bytes.used } : {}),
    ...(inodes ? { inodesFree: inodes.available, inodes: inodes.total, inodesUsed: inodes.used } : {}),
  };
}
