/** What pods have on the node's disks, and how full their volumes are. */
import { type PodStorage, podStorage, type StorageSource } from "../node/pod-storage.ts";
import type { VolumeFill } from "../volumes/fill.ts";
import type { PodVolumes } from "../volumes/volumes.ts";
import { Measurements, type MeasurementTools } from "./measurements.ts";

export interface Measured {
  bytes: PodStorage;
  inodes: PodStorage;
}

export interface PodDisks {
  own: Measurements<Measured>;
  volumes: Measurements<VolumeFill[]>;
}

export function podDisksOf(
  { volumes, ...source }: StorageSource & { volumes: Pick<PodVolumes, "ownFolders" | "fills"> },
  tools: MeasurementTools,
): PodDisks {
  return {
    own: new Measurements(tools, "storage", async () => {
      const stats = await source.runtime.containerStats();
      return async (pod) => {
        const [bytes, inodes] = await Promise.all([
          podStorage(pod, stats, { volumes, ...source }, "bytes"),
          podStorage(pod, stats, { volumes, ...source }, "inodes"),
        ]);
        return { bytes, inodes };
      };
    }),
    volumes: new Measurements(tools, "volumes", async () => (pod) => volumes.fills(pod)),
  };
}
