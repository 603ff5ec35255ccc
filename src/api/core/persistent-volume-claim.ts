/** Declarations of VolumeResourceRequirements, PersistentVolumeClaimSpec, PersistentVolumeClaimCondition, ModifyVolumeStatus, PersistentVol. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, quantity, ref, string, struct, time } from "../schema.ts";
import { TypedLocalObjectReference, TypedObjectReference } from "./references.ts";

export const VolumeResourceRequirements = struct("io.k8s.api.core.v1.VolumeResourceRequirements", {
  limits: map(quantity, 1),
  requests: map(quantity, 2),
});
export interface VolumeResourceRequirements extends Infer<typeof VolumeResourceRequirements> {}

export const PersistentVolumeClaimSpec = struct("io.k8s.api.core.v1.PersistentVolumeClaimSpec", {
  accessModes: list(string, 1, { enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"], listType: "atomic" }),
  selector: ref(LabelSelector, 4, { pointer: true }),
  resources: ref(VolumeResourceRequirements, 2),
  volumeName: string(3),
  storageClassName: string(5, { pointer: true }),
  volumeMode: string(6, { pointer: true, enum: ["Block", "Filesystem"] }),
  dataSource: ref(TypedLocalObjectReference, 7, { pointer: true }),
  dataSourceRef: ref(TypedObjectReference, 8, { pointer: true }),
  volumeAttributesClassName: string(9, { pointer: true }),
});
export interface PersistentVolumeClaimSpec extends Infer<typeof PersistentVolumeClaimSpec> {}

export const PersistentVolumeClaimCondition = struct("io.k8s.api.core.v1.PersistentVolumeClaimCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastProbeTime: time(3),
  lastTransitionTime: time(4),
  reason: string(5),
  message: string(6),
});
export interface PersistentVolumeClaimCondition extends Infer<typeof PersistentVolumeClaimCondition> {}

export const ModifyVolumeStatus = struct("io.k8s.api.core.v1.ModifyVolumeStatus", {
  targetVolumeAttributesClassName: string(1),
  status: string(2, { always: true, required: true, enum: ["InProgress", "Infeasible", "Pending"] }),
});
export interface ModifyVolumeStatus extends Infer<typeof ModifyVolumeStatus> {}

export const PersistentVolumeClaimStatus = struct("io.k8s.api.core.v1.PersistentVolumeClaimStatus", {
  phase: string(1, { enum: ["Bound", "Lost", "Pending"] }),
  accessModes: list(string, 2, { enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"], listType: "atomic" }),
  capacity: map(quantity, 3),
  conditions: list(PersistentVolumeClaimCondition, 4, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
  }),
  allocatedResources: map(quantity, 5),
  allocatedResourceStatuses: map(string, 7, { mapType: "granular" }),
  currentVolumeAttributesClassName: string(8, { pointer: true }),
  modifyVolumeStatus: ref(ModifyVolumeStatus, 9, { pointer: true }),
});
export interface PersistentVolumeClaimStatus extends Infer<typeof PersistentVolumeClaimStatus> {}

export const PersistentVolumeClaim = kind("io.k8s.api.core.v1.PersistentVolumeClaim", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(PersistentVolumeClaimSpec, 2),
  status: ref(PersistentVolumeClaimStatus, 3),
});
export interface PersistentVolumeClaim extends Infer<typeof PersistentVolumeClaim> {}

export const PersistentVolumeClaimList = kind("io.k8s.api.core.v1.PersistentVolumeClaimList", {
  metadata: ref(ListMeta, 1),
  items: list(PersistentVolumeClaim, 2, { always: true, required: true }),
});
export interface PersistentVolumeClaimList extends Infer<typeof PersistentVolumeClaimList> {}

export const persistentvolumeclaims = resource<PersistentVolumeClaim>(PersistentVolumeClaim, {
  group: "",
  version: "v1",
  resource: "persistentvolumeclaims",
  singular: "persistentvolumeclaim",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["pvc"],
  subresources: [{ name: "status", kind: "PersistentVolumeClaim", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/persistentvolumeclaims/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Status", type: "string" },
    { name: "Volume", type: "string" },
    { name: "Capacity", type: "string" },
    { name: "Access Modes", type: "string" },
    { name: "StorageClass", type: "string" },
    { name: "VolumeAttributesClass", type: "string" },
    { name: "Age", type: "string" },
    { name: "VolumeMode", type: "string", priority: 1 },
  ],
});
