/** How full a volume is: what the driver of a CSI volume says, else what its file system does. */
import { statfs } from "node:fs/promises";
import type { VolumeUsage } from "../csi/driver.ts";

/** Numbers of bytes and of inodes; what is not known is absent. */
export interface Fill {
  availableBytes?: number;
  capacityBytes?: number;
  usedBytes?: number;
  inodesFree?: number;
  inodes?: number;
  inodesUsed?: number;
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

/** CSI's units. */
const units = { bytes: 1, inodes: 2 };

/** A driver that does not say a number leaves it 0; of what it says nothing at all nothing is told. */
export function fillOfDriver(usage: readonly VolumeUsage[]): Fill {
  const bytes = usage.find(({ unit }) => unit === units.bytes);
  const inodes = usage.find(({ unit }) => unit === units.inodes);
  return {
    ...(bytes ? { availableBytes: bytes.available, capacityBytes: bytes.total, usedBytes: bytes.used } : {}),
    ...(inodes ? { inodesFree: inodes.available, inodes: inodes.total, inodesUsed: inodes.used } : {}),
  };
}
