/** Declarations of CSIStorageCapacity. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, quantity, ref, string } from "../schema.ts";

export const CSIStorageCapacity = kind("io.k8s.api.storage.v1.CSIStorageCapacity", {
  metadata: ref(ObjectMeta, 1),
  nodeTopology: ref(LabelSelector, 2, { pointer: true }),
  storageClassName: string(3, { always: true, required: true }),
  capacity: quantity(4, { pointer: true }),
  maximumVolumeSize: quantity(5, { pointer: true }),
});
export interface CSIStorageCapacity extends Infer<typeof CSIStorageCapacity> {}

export const CSIStorageCapacityList = kind("io.k8s.api.storage.v1.CSIStorageCapacityList", {
  metadata: ref(ListMeta, 1),
  items: list(CSIStorageCapacity, 2, { always: true, required: true }),
});
export interface CSIStorageCapacityList extends Infer<typeof CSIStorageCapacityList> {}

export const csistoragecapacities = resource<CSIStorageCapacity>(CSIStorageCapacity, {
  group: "storage.k8s.io",
  version: "v1",
  resource: "csistoragecapacities",
  singular: "csistoragecapacity",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/csistoragecapacities/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Created At", type: "date" },
  ],
});
