/** Volumes that only one pod may use: disks that several nodes would spoil, and claims that say ReadWriteOncePod. */
import type { Pod, Volume } from "#api/mod.ts";
import type { Plugin, Refusal } from "../plugin.ts";
import type { Volumes } from "./volume-binding.ts";

const diskConflict: Refusal = { reasons: ["node(s) had no available disk"], final: false };
const inUse: Refusal = {
  reasons: ["node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"],
  final: false,
};

export function volumeRestrictions(volumes: Volumes): Plugin {
  return {
    name: "VolumeRestrictions",
    weight: 0,
    changes: ["node-added", "pod-deleted", "volume-changed"],
    prepare({ namespace, pod }, cluster) {
      const exclusive: string[] = [];
      for (const { persistentVolumeClaim } of pod.spec?.volumes ?? []) {
        if (!persistentVolumeClaim) continue;
        const { claimName = "" } = persistentVolumeClaim;
        const claim = volumes.claim(namespace, claimName);
        if (!claim) return `persistentvolumeclaim "${claimName}" not found`;
        if (claim.spec?.accessModes?.includes("ReadWriteOncePod")) exclusive.push(claimName);
      }
      const disks = (pod.spec?.volumes ?? []).filter(isDisk);
      const taken = exclusive.some((name) =>
        cluster
          .counter(`claim ${namespace}/${name}`, (other) => other.namespace === namespace && mounts(other.pod, name))
          .perRow.some((count) => count > 0),
      );
      if (disks.length === 0 && !taken) return undefined;
      return {
        filter(row) {
          for (const other of row.pods.values()) if (disks.some((disk) => clashes(disk, other.pod))) return diskConflict;
          return taken ? inUse : undefined;
        },
      };
    },
  };
}

const mounts = (pod: Pod, claim: string) => Boolean(pod.spec?.volumes?.some((each) => each.persistentVolumeClaim?.claimName === claim));

const isDisk = (volume: Volume) =>
  [volume.gcePersistentDisk, volume.awsElasticBlockStore, volume.iscsi, volume.rbd].some((each) => each !== undefined);

/** The same disk twice, unless both only read; EBS not even then. */
function clashes(mine: Volume, pod: Pod): boolean {
  return (pod.spec?.volumes ?? []).some((other) => {
    const bothRead = (a: { readOnly?: boolean }, b: { readOnly?: boolean }) => a.readOnly === true && b.readOnly === true;
    const [gce, ebs, iscsi, rbd] = [mine.gcePersistentDisk, mine.awsElasticBlockStore, mine.iscsi, mine.rbd];
    const [otherGce, otherEbs, otherIscsi, otherRbd] = [other.gcePersistentDisk, other.awsElasticBlockStore, other.iscsi, other.rbd];
    if (gce && otherGce && gce.pdName === otherGce.pdName && !bothRead(gce, otherGce)) return true;
    if (ebs && otherEbs && ebs.volumeID === otherEbs.volumeID) return true;
    if (iscsi && otherIscsi && iscsi.iqn === otherIscsi.iqn && !bothRead(iscsi, otherIscsi)) return true;
    if (!rbd || !otherRbd || bothRead(rbd, otherRbd)) return false;
    const share = (rbd.monitors ?? []).some((monitor) => otherRbd.monitors?.includes(monitor));
    return share && rbd.pool === otherRbd.pool && rbd.image === otherRbd.image;
  });
}
