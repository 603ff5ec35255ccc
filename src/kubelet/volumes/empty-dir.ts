/** A folder that lives as long as the pod: on disk, or in memory. */
import { parseQuantity, quantityValue } from "#codec/mod.ts";
import type { VolumePlugin } from "./plugin.ts";

export const emptyDirVolume: VolumePlugin = {
  name: "empty-dir",
  relabel: "always",
  can: (source) => "emptyDir" in source && source.emptyDir !== undefined,
  plan({ pod, source, onDisk }) {
    const { medium = "", sizeLimit } = "emptyDir" in source ? source.emptyDir! : {};
    if (medium !== "" && medium !== "Memory") throw new Error(`unknown storage medium "${medium}": this node has no huge pages to mount`);
    const gid = pod.spec?.securityContext?.fsGroup;
    const sizeBytes = sizeLimit === undefined ? 0 : quantityValue(parseQuantity(sizeLimit));
    const tmpfs = medium === "Memory" ? { tmpfs: sizeBytes > 0 ? { sizeBytes } : {} } : {};
    return {
      steps: [{ do: "folder", path: onDisk, mode: gid === undefined ? 0o777 : 0o2777, gid, ...tmpfs }],
      path: onDisk,
      readOnly: false,
    };
  },
};
