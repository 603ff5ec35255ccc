/** A PersistentVolume that is a folder or a disk of one node. */
import type { VolumePlan, VolumePlugin, Wanted } from "./plugin.ts";

const usualFileSystem = "ext4";

export const localVolume: VolumePlugin = {
  name: "local-volume",
  blocks: true,
  relabel: "written",
  can: (source) => "local" in source && source.local !== undefined,
  async plan(wanted, { isBlockDevice }) {
    const { source, readOnly, onDisk, block } = wanted;
    const { path = "", fsType } = ("local" in source && source.local) || {};
    if (block) return { steps: [{ do: "device", path }], path, readOnly };
    if (!(await isBlockDevice(path))) return owned(wanted, path, { steps: [{ do: "local", path }], path, readOnly });
    const options = "mountOptions" in source ? (source.mountOptions ?? []) : [];
    const disk = {
      device: path,
      path: onDisk,
      type: fsType || usualFileSystem,
      options: [...new Set([...options, ...(readOnly ? ["ro"] : [])])],
    };
    return owned(wanted, onDisk, { steps: [{ do: "disk", ...disk }], path: onDisk, readOnly });
  },
};

function owned({ pod, readOnly, onDisk, shared, specName }: Wanted, path: string, plan: VolumePlan): VolumePlan {
  const { fsGroup: gid, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
  if (gid === undefined || readOnly) return plan;
  const onlyOnMismatch = fsGroupChangePolicy === "OnRootMismatch";
  return {
    ...plan,
    steps: [...plan.steps, { do: "own", path, readOnly, onlyOnMismatch, shared, volume: specName, gid, mark: `${onDisk}.owned` }],
  };
}
