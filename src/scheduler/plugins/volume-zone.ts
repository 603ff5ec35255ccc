/** A volume that says in which zone or region it is can be used there only. Nodes that say nothing of zones are in all of them. */
import { classOfClaim } from "#client/mod.ts";
import type { Plugin, Refusal } from "../plugin.ts";
import type { Volumes } from "./volume-binding.ts";

const conflict: Refusal = { reasons: ["node(s) had no available volume zone"], final: true };

/** Old label → the label of today, which a node may have instead. */
const labels: Readonly<Record<string, string>> = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region": "topology.kubernetes.io/region",
};

export function volumeZone(volumes: Volumes): Plugin {
  return {
    name: "VolumeZone",
    weight: 0,
    changes: ["node-added", "node-updated", "volume-changed"],
    prepare({ namespace, pod }) {
      const places: { key: string; values: string[] }[] = [];
      for (const { persistentVolumeClaim } of pod.spec?.volumes ?? []) {
        if (!persistentVolumeClaim) continue;
        const { claimName = "" } = persistentVolumeClaim;
        const claim = volumes.claim(namespace, claimName);
        if (!claim) return `persistentvolumeclaim "${claimName}" not found`;
        const { volumeName } = claim.spec ?? {};
        if (!volumeName) {
          const className = classOfClaim(claim);
          if (!className) return "PersistentVolumeClaim had no pv name and storageClass name";
          const storageClass = volumes.storageClass(className);
          if (!storageClass) return `storageclass.storage.k8s.io "${className}" not found`;
          if (storageClass.volumeBindingMode === "WaitForFirstConsumer") continue;
          return "PersistentVolume had no name";
        }
        const volume = volumes.volume(volumeName);
        if (!volume) return `persistentvolume "${volumeName}" not found`;
        for (const key in labels) {
          const value = volume.metadata.labels?.[key];
          if (value !== undefined) places.push({ key, values: value.split("__") });
        }
      }
      if (places.length === 0) return undefined;
      return {
        filter(row) {
          if (!Object.keys(labels).some((key) => row.labels[key] !== undefined)) return undefined;
          const fits = places.every(({ key, values }) => values.includes(row.labels[key] ?? row.labels[labels[key]!] ?? ""));
          return fits ? undefined : conflict;
        },
      };
    },
  };
}
