/** How attached volumes are named: what the attach-detach controller, the scheduler and kubelets must agree upon. */
import { createHash } from "node:crypto";
import type { PersistentVolume } from "#api/mod.ts";

const csiPrefix = "kubernetes.io/csi/";

/** What of a volume says which one it is. */
export interface VolumeHandle {
  driver: string;
  handle: string;
}

export function handleOf({ spec }: PersistentVolume): VolumeHandle | undefined {
  return spec?.csi && { driver: spec.csi.driver ?? "", handle: spec.csi.volumeHandle ?? "" };
}

/** Its name in `volumesInUse` and `volumesAttached` of a node. */
export const uniqueVolumeName = ({ driver, handle }: VolumeHandle): string => `${csiPrefix}${driver}^${handle}`;

/** The way back; undefined for names that are not ours. */
export function handleOfUniqueName(name: string): VolumeHandle | undefined {
  const parts = name.startsWith(csiPrefix) ? name.slice(csiPrefix.length).split("^") : [];
  return parts.length === 2 ? { driver: parts[0]!, handle: parts[1]! } : undefined;
}

/** Of the VolumeAttachment: the kubelet and the external attacher find it by this name. */
export function attachmentName({ driver, handle }: VolumeHandle, node: string): string {
  return `csi-${createHash("sha256").update(`${handle}${driver}${node}`).digest("hex")}`;
}
