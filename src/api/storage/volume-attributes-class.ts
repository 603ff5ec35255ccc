/** Declarations of VolumeAttributesClass. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, ref, string } from "../schema.ts";

export const VolumeAttributesClass = kind(
  "io.k8s.api.storage.v1.VolumeAttributesClass",
  "Attributes of volumes that can be changed, such as their speed.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    driverName: string(2, { always: true, required: true, doc: "The driver." }),
    parameters: map(string, 3, { doc: "The attributes." }),
  },
);
export interface VolumeAttributesClass extends Infer<typeof VolumeAttributesClass> {}

export const VolumeAttributesClassList = kind(
  "io.k8s.api.storage.v1.VolumeAttributesClassList",
  "A list of VolumeAttributesClass objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(VolumeAttributesClass, 2, { always: true, required: true, doc: "The objects." }),
  },
);
export interface VolumeAttributesClassList extends Infer<typeof VolumeAttributesClassList> {}

export const volumeattributesclasses = resource<VolumeAttributesClass>(VolumeAttributesClass, {
  group: "storage.k8s.io",
  version: "v1",
  resource: "volumeattributesclasses",
  singular: "volumeattributesclass",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["vac"],
  storagePrefix: "/registry/volumeattributesclasses/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "DriverName", type: "string" },
    { name: "Age", type: "string" },
  ],
});
