/** Declarations of CSIStorageCapacity. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, quantity, ref, string } from "../schema.ts";

export const CSIStorageCapacity = kind("io.k8s.api.storage.v1.CSIStorageCapacity", "How much storage of a class there is in a place.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  nodeTopology: ref(LabelSelector, 2, { pointer: true, doc: "The place, by labels of nodes." }),
  storageClassName: string(3, { always: true, required: true, format: "dns-subdomain", doc: "The class." }),
  capacity: quantity(4, { pointer: true, doc: "How much is free." }),
  maximumVolumeSize: quantity(5, { pointer: true, doc: "The biggest volume that can be made." }),
});
export interface CSIStorageCapacity extends Infer<typeof CSIStorageCapacity> {}

export const CSIStorageCapacityList = kind("io.k8s.api.storage.v1.CSIStorageCapacityList", "A list of CSIStorageCapacity objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(CSIStorageCapacity, 2, { always: true, required: true, doc: "The objects." }),
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
