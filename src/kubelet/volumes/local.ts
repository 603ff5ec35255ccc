/** A PersistentVolume that is a folder of one node. */
import type { VolumePlugin } from "./plugin.ts";

export const localVolume: VolumePlugin = {
  name: "local-volume",
  can: (source) => "local" in source && source.local !== undefined,
  plan({ pod, source, readOnly, onDisk, shared, specName }) {
    const path = ("local" in source && source.local?.path) || "";
    const { fsGroup: gid, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
    const own = { do: "own", path, readOnly, onlyOnMismatch: fsGroupChangePolicy === "OnRootMismatch", shared, volume: specName } as const;
    return {
      steps: [{ do: "local", path }, ...(gid === undefined || readOnly ? [] : [{ ...own, gid, mark: `${onDisk}.owned` }])],
      path,
      readOnly,
    };
  },
};
