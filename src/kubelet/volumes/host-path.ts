/** A folder or file of the node itself, also as a PersistentVolume. */
import type { HostPathType, VolumePlugin } from "./plugin.ts";

export const hostPathVolume: VolumePlugin = {
  name: "host-path",
  can: (source) => source.hostPath !== undefined,
  plan({ source, readOnly }, { nodePath }) {
    const { path: named = "", type = "" } = source.hostPath!;
    const path = nodePath(named);
    return { steps: [{ do: "foreign", path, type: type as HostPathType }], path, readOnly };
  },
};
