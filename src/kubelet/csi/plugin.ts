/** A volume of a CSI driver: of a PersistentVolume, or described by the pod itself. */
import { dirname, join } from "node:path";
import type { VolumePlugin } from "../volumes/plugin.ts";
import { useOf } from "./use.ts";

export const csiVolume: VolumePlugin = {
  name: "csi",
  blocks: true,
  relabel: "labelled",
  can: (source) => source.csi !== undefined,
  plan({ pod, source, specName, readOnly, block, claim, onDisk }, { csiDevice }) {
    const use = useOf({ pod, source, specName, readOnly, block, claim });
    // By the volume's own name, as its driver's notes are.
    const path = block ? csiDevice(pod.metadata.uid!, specName) : join(dirname(onDisk), specName, "mount");
    return { steps: [{ do: "csi", path, use }], path, readOnly: use.readOnly };
  },
};
