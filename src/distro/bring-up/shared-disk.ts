/** When nodes of a local cluster evict and remove images: not as early as a machine of their own would. */
import type { DefaultWords } from "#kubelet/mod.ts";

/**
 * Nodes share the disk of a machine that serves its owner first: upstream's 10 and 15 % would evict on a laptop that is merely well
 * filled, and remove images that were just loaded by hand (docs/decisions/185-evictions-on-a-shared-disk.md).
 */
export const sharedDisk: DefaultWords = {
  evictionHard: {
    "memory.available": "100Mi",
    "nodefs.available": "5%",
    "nodefs.inodesFree": "5%",
    "imagefs.available": "5%",
    "imagefs.inodesFree": "5%",
  },
  imageGCHighThresholdPercent: 95,
  imageGCLowThresholdPercent: 92,
};
