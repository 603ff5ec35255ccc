/** Volumes decide where a pod can run: a claim must exist and be bound, and its volume may be tied to some nodes. */
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "#api/mod.ts";
import { matchesNodeTerm } from "#client/mod.ts";
import type { Plugin, Refusal } from "../plugin.ts";
import type { PodInfo } from "../pod-info.ts";

export interface Volumes {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  storageClass(name: string): StorageClass | undefined;
}

const nodeConflict: Refusal = { reasons: ["node(s) didn't match PersistentVolume's node affinity"], final: true };
const nothingToBind: Refusal = { reasons: ["node(s) didn't find available persistent volumes to bind"], final: true };

export function volumeBinding(volumes: Volumes): Plugin {
  return {
    name: "VolumeBinding",
    weight: 0,
    changes: ["node-added", "node-updated", "volume-changed"],
    prepare(pod) {
      const names = claimNames(pod);
      if (names.length === 0) return undefined;
      const bound: PersistentVolume[] = [];
      let waiting = false;
      for (const name of names) {
        const claim = volumes.claim(pod.namespace, name);
        if (!claim) return `persistentvolumeclaim "${name}" not found`;
        if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
        if (claim.status?.phase === "Lost")
          return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ""}"`;
        const volume = claim.spec?.volumeName ? volumes.volume(claim.spec.volumeName) : undefined;
        if (volume && claim.status?.phase === "Bound") bound.push(volume);
        else if (volumes.storageClass(claim.spec?.storageClassName ?? "")?.volumeBindingMode === "WaitForFirstConsumer") waiting = true;
        else return "pod has unbound immediate PersistentVolumeClaims";
      }
      return {
        filter(row) {
          for (const volume of bound) {
            const terms = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms;
            if (terms && !terms.some((term) => matchesNodeTerm(term, row))) return nodeConflict;
          }
          return waiting ? nothingToBind : undefined;
        },
      };
    },
  };
}

function claimNames(pod: PodInfo): string[] {
  return (pod.pod.spec?.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim) return [volume.persistentVolumeClaim.claimName ?? ""];
    return volume.ephemeral ? [`${pod.name}-${volume.name}`] : [];
  });
}
