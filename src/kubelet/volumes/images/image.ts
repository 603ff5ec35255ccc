/** The files of an image, only to be read: mounted by the runtime where it can, else a view of the image's layers that the node mounts. */
import type { Pod } from "#api/mod.ts";
import type { VolumePlugin } from "../plugin.ts";

export const imageVolume: VolumePlugin = {
  name: "image",
  can: (source) => "image" in source && source.image !== undefined,
  // Nothing is made before the image is there: that is for the containers that mount it.
  plan: ({ onDisk }) => ({ steps: [], path: onDisk, readOnly: true }),
};

export interface ImageVolume {
  name: string;
  reference: string;
  pullPolicy: string;
}

export const imageVolumesOf = ({ spec }: Pod): ImageVolume[] =>
  (spec?.volumes ?? []).flatMap(({ name = "", image }) =>
    image ? [{ name, reference: image.reference ?? "", pullPolicy: image.pullPolicy ?? "IfNotPresent" }] : [],
  );
