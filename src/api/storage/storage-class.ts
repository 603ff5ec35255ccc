/** Declarations of StorageClass. */

import { TopologySelectorTerm } from "../core/references.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, kind, list, map, ref, string } from "../schema.ts";

export const StorageClass = kind(
  "io.k8s.api.storage.v1.StorageClass",
  "A kind of storage: claims that name it get volumes made for them.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    provisioner: string(2, { always: true, required: true, doc: "Who makes them." }),
    parameters: map(string, 3, { doc: "Settings for the provisioner." }),
    reclaimPolicy: string(4, {
      goType: "v1.PersistentVolumeReclaimPolicy",
      pointer: true,
      enum: ["Delete", "Recycle", "Retain"],
      doc: "What happens to a volume when its claim goes: Delete (the default) or Retain.",
    }),
    mountOptions: list(string, 5, { listType: "atomic", doc: "Options for mount; not checked." }),
    allowVolumeExpansion: bool(6, { pointer: true, doc: "Whether claims may grow." }),
    volumeBindingMode: string(7, {
      goType: "v1.VolumeBindingMode",
      pointer: true,
      enum: ["Immediate", "WaitForFirstConsumer"],
      doc: "Immediate (the default), or WaitForFirstConsumer: when a pod needs it, where the pod runs.",
    }),
    allowedTopologies: list(TopologySelectorTerm, 8, { listType: "atomic", doc: "Where volumes may be made." }),
  },
);
export interface StorageClass extends Infer<typeof StorageClass> {}

export const StorageClassList = kind("io.k8s.api.storage.v1.StorageClassList", "A list of StorageClass objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(StorageClass, 2, { always: true, required: true, doc: "The objects." }),
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
