/** A PersistentVolume that is a folder of one node. */
import type { VolumePlugin } from "./plugin.ts";

export const localVolume: VolumePlugin = {
  name: "local-volume",
  can: (source) => "local" in source && source.local !== undefined,
  plan({ pod, source, readOnly }) {
    const path = ("local" in source && source.local?.path) || "";
    const { fsGroup: gid, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
    return {
      steps: [
        { do: "foreign", path, type: "Directory" },
        ...(gid === undefined || readOnly
          ? []
          : [{ do: "own" as const, path, gid, readOnly, onlyOnMismatch: fsGroupChangePolicy === "OnRootMismatch" }]),
      ],
      path,
      readOnly,
    };
  },
};
