/** Declarations of StorageClass. */

import { TopologySelectorTerm } from "../core/references.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, kind, list, map, ref, string } from "../schema.ts";

export const StorageClass = kind("io.k8s.api.storage.v1.StorageClass", {
  metadata: ref(ObjectMeta, 1),
  provisioner: string(2, { always: true, required: true }),
  parameters: map(string, 3),
  reclaimPolicy: string(4, { pointer: true, enum: ["Delete", "Recycle", "Retain"] }),
  mountOptions: list(string, 5, { listType: "atomic" }),
  allowVolumeExpansion: bool(6, { pointer: true }),
  volumeBindingMode: string(7, { pointer: true, enum: ["Immediate", "WaitForFirstConsumer"] }),
  allowedTopologies: list(TopologySelectorTerm, 8, { listType: "atomic" }),
});
export interface StorageClass extends Infer<typeof StorageClass> {}

export const StorageClassList = kind("io.k8s.api.storage.v1.StorageClassList", {
  metadata: ref(ListMeta, 1),
  items: list(StorageClass, 2, { always: true, required: true }),
});
export interface StorageClassList extends Infer<typeof StorageClassList> {}

export const storageclasses = resource<StorageClass>(StorageClass, {
  group: "storage.k8s.io",
  version: "v1",
  resource: "storageclasses",
  singular: "storageclass",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["sc"],
  storagePrefix: "/registry/storageclasses/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Provisioner", type: "string" },
    { name: "ReclaimPolicy", type: "string" },
    { name: "VolumeBindingMode", type: "string" },
    { name: "AllowVolumeExpansion", type: "string" },
    { name: "Age", type: "string" },
  ],
});
