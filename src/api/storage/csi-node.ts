/** Declarations of VolumeNodeResources, CSINodeDriver, CSINodeSpec, CSINode. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";

export const VolumeNodeResources = struct("io.k8s.api.storage.v1.VolumeNodeResources", {
  count: int32(1, { pointer: true }),
});
export interface VolumeNodeResources extends Infer<typeof VolumeNodeResources> {}

export const CSINodeDriver = struct("io.k8s.api.storage.v1.CSINodeDriver", {
  name: string(1, { always: true, required: true }),
  nodeID: string(2, { always: true, required: true }),
  topologyKeys: list(string, 3, { always: true, listType: "atomic" }),
  allocatable: ref(VolumeNodeResources, 4, { pointer: true }),
});
export interface CSINodeDriver extends Infer<typeof CSINodeDriver> {}

export const CSINodeSpec = struct("io.k8s.api.storage.v1.CSINodeSpec", {
  drivers: list(CSINodeDriver, 1, {
    always: true,
    required: true,
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
  }),
});
export interface CSINodeSpec extends Infer<typeof CSINodeSpec> {}

export const CSINode = kind("io.k8s.api.storage.v1.CSINode", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(CSINodeSpec, 2, { always: true, required: true }),
});
export interface CSINode extends Infer<typeof CSINode> {}

export const CSINodeList = kind("io.k8s.api.storage.v1.CSINodeList", {
  metadata: ref(ListMeta, 1),
  items: list(CSINode, 2, { always: true, required: true }),
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
