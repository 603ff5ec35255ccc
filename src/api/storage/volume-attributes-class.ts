/** Declarations of VolumeAttributesClass. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, ref, string } from "../schema.ts";

export const VolumeAttributesClass = kind("io.k8s.api.storage.v1.VolumeAttributesClass", {
  metadata: ref(ObjectMeta, 1),
  driverName: string(2, { always: true, required: true }),
  parameters: map(string, 3),
});
export interface VolumeAttributesClass extends Infer<typeof VolumeAttributesClass> {}

export const VolumeAttributesClassList = kind("io.k8s.api.storage.v1.VolumeAttributesClassList", {
  metadata: ref(ListMeta, 1),
  items: list(VolumeAttributesClass, 2, { always: true, required: true }),
});
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
