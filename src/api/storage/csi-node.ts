/** Declarations of VolumeNodeResources, CSINodeDriver, CSINodeSpec, CSINode. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";

export const VolumeNodeResources = struct("io.k8s.api.storage.v1.VolumeNodeResources", "How much of something a driver has on a node.", {
  count: int32(1, { pointer: true, minimum: 0, doc: "How many volumes; no bound when left out." }),
});
export interface VolumeNodeResources extends Infer<typeof VolumeNodeResources> {}

export const CSINodeDriver = struct("io.k8s.api.storage.v1.CSINodeDriver", "A driver on a node.", {
  name: string(1, { always: true, required: true, doc: "The driver." }),
  nodeID: string(2, { always: true, required: true, doc: "The node's id for the driver." }),
  topologyKeys: list(string, 3, { always: true, listType: "atomic", doc: "Labels of the node by which the driver tells places apart." }),
  allocatable: ref(VolumeNodeResources, 4, { pointer: true, doc: "How many volumes it can have there." }),
});
export interface CSINodeDriver extends Infer<typeof CSINodeDriver> {}

export const CSINodeSpec = struct("io.k8s.api.storage.v1.CSINodeSpec", "The drivers.", {
  drivers: list(CSINodeDriver, 1, {
    keepsEmpty: true,
    always: true,
    required: true,
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    mayBeEmpty: true,
    doc: "The drivers.",
  }),
});
export interface CSINodeSpec extends Infer<typeof CSINodeSpec> {}

export const CSINode = kind("io.k8s.api.storage.v1.CSINode", "The CSI drivers of a node. Its name is the node's.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(CSINodeSpec, 2, { always: true, required: true, doc: "What is wanted." }),
});
export interface CSINode extends Infer<typeof CSINode> {}

export const CSINodeList = kind("io.k8s.api.storage.v1.CSINodeList", "A list of CSINode objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(CSINode, 2, { always: true, required: true, doc: "The objects." }),
});
export interface CSINodeList extends Infer<typeof CSINodeList> {}

export const csinodes = resource<CSINode>(CSINode, {
  group: "storage.k8s.io",
  version: "v1",
  resource: "csinodes",
  singular: "csinode",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/csinodes/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Drivers", type: "integer" },
    { name: "Age", type: "string" },
  ],
});
