/** Declarations of VolumeResourceRequirements, PersistentVolumeClaimSpec, PersistentVolumeClaimCondition, ModifyVolumeStatus, PersistentVol. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, quantity, ref, string, struct, time } from "../schema.ts";
import { TypedLocalObjectReference, TypedObjectReference } from "./references.ts";

export const VolumeResourceRequirements = struct("io.k8s.api.core.v1.VolumeResourceRequirements", "How much storage is asked for.", {
  limits: map(quantity, 1, { goType: "v1.ResourceList", doc: "The most." }),
  requests: map(quantity, 2, { goType: "v1.ResourceList", doc: "The least: storage." }),
});
export interface VolumeResourceRequirements extends Infer<typeof VolumeResourceRequirements> {}

export const PersistentVolumeClaimSpec = struct("io.k8s.api.core.v1.PersistentVolumeClaimSpec", "What storage is asked for.", {
  accessModes: list(string, 1, {
    goType: "v1.PersistentVolumeAccessMode",
    enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"],
    listType: "atomic",
    doc: "ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.",
  }),
  selector: ref(LabelSelector, 4, { pointer: true, doc: "Labels of the volumes that may be bound." }),
  resources: ref(VolumeResourceRequirements, 2, { doc: "How much storage, at least; may grow when the class allows it." }),
  volumeName: string(3, { doc: "The volume that it is or shall be bound to." }),
  storageClassName: string(5, { pointer: true, doc: 'The class; the default class when left out, none at all when "".' }),
  volumeMode: string(6, {
    goType: "v1.PersistentVolumeMode",
    pointer: true,
    enum: ["Block", "Filesystem"],
    doc: "Filesystem (the default) or Block.",
  }),
  dataSource: ref(TypedLocalObjectReference, 7, {
    pointer: true,
    doc: "A VolumeSnapshot or another claim whose content the new volume starts with.",
  }),
  dataSourceRef: ref(TypedObjectReference, 8, {
    pointer: true,
    doc: "The same for any kind of object, and with a namespace where that is allowed.",
  }),
  volumeAttributesClassName: string(9, { pointer: true, doc: "The class of the volume's changeable attributes." }),
});
export interface PersistentVolumeClaimSpec extends Infer<typeof PersistentVolumeClaimSpec> {}

export const PersistentVolumeClaimCondition = struct(
  "io.k8s.api.core.v1.PersistentVolumeClaimCondition",
  "A statement about the state of an object.",
  {
    type: string(1, {
      goType: "v1.PersistentVolumeClaimConditionType",
      always: true,
      required: true,
      doc: "The aspect that is judged, in CamelCase.",
    }),
    status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
    lastProbeTime: time(3, { doc: "When the condition was last looked at." }),
    lastTransitionTime: time(4, { doc: "When the status last changed." }),
    reason: string(5, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
    message: string(6, { doc: "The same for people, in a sentence." }),
  },
);
export interface PersistentVolumeClaimCondition extends Infer<typeof PersistentVolumeClaimCondition> {}

export const ModifyVolumeStatus = struct("io.k8s.api.core.v1.ModifyVolumeStatus", "How a change of the volume's attributes goes on.", {
  targetVolumeAttributesClassName: string(1, { doc: "The class that the volume is being changed to." }),
  status: string(2, {
    goType: "v1.PersistentVolumeClaimModifyVolumeStatus",
    always: true,
    required: true,
    enum: ["InProgress", "Infeasible", "Pending"],
    doc: "Pending: the class is missing; InProgress; Infeasible: the driver refused it.",
  }),
});
export interface ModifyVolumeStatus extends Infer<typeof ModifyVolumeStatus> {}

export const PersistentVolumeClaimStatus = struct("io.k8s.api.core.v1.PersistentVolumeClaimStatus", "How a claim stands.", {
  phase: string(1, {
    goType: "v1.PersistentVolumeClaimPhase",
    enum: ["Bound", "Lost", "Pending"],
    doc: "Pending, Bound, or Lost when its volume is gone.",
  }),
  accessModes: list(string, 2, {
    goType: "v1.PersistentVolumeAccessMode",
    enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"],
    listType: "atomic",
    doc: "The modes that the volume really has.",
  }),
  capacity: map(quantity, 3, { goType: "v1.ResourceList", doc: "How big the volume really is." }),
  conditions: list(PersistentVolumeClaimCondition, 4, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Resizing, FileSystemResizePending and others while it changes.",
  }),
  allocatedResources: map(quantity, 5, { goType: "v1.ResourceList", doc: "The size that is being grown to." }),
  allocatedResourceStatuses: map(string, 7, { mapType: "granular", doc: "How far growing is, by resource." }),
  currentVolumeAttributesClassName: string(8, { pointer: true, doc: "The attributes class that is in force." }),
  modifyVolumeStatus: ref(ModifyVolumeStatus, 9, { pointer: true, doc: "How a change of the attributes class goes on." }),
});
export interface PersistentVolumeClaimStatus extends Infer<typeof PersistentVolumeClaimStatus> {}

export const PersistentVolumeClaim = kind(
  "io.k8s.api.core.v1.PersistentVolumeClaim",
  "A request for storage; it is bound to one PersistentVolume, and pods mount it by the claim's name.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(PersistentVolumeClaimSpec, 2, { doc: "What is wanted." }),
    status: ref(PersistentVolumeClaimStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface PersistentVolumeClaim extends Infer<typeof PersistentVolumeClaim> {}

export const PersistentVolumeClaimList = kind("io.k8s.api.core.v1.PersistentVolumeClaimList", "A list of PersistentVolumeClaim objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(PersistentVolumeClaim, 2, { always: true, required: true, doc: "The objects." }),
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
