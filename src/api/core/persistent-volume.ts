/** Declarations of GlusterfsPersistentVolumeSource, RBDPersistentVolumeSource, ISCSIPersistentVolumeSource, CinderPersistentVolumeSource, C. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, embed, type Infer, int32, kind, list, map, quantity, ref, string, struct, time } from "../schema.ts";
import { NodeSelector, ObjectReference, SecretReference } from "./references.ts";
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  HostPathVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from "./volume.ts";

export const GlusterfsPersistentVolumeSource = struct("io.k8s.api.core.v1.GlusterfsPersistentVolumeSource", {
  endpoints: string(1, { always: true, required: true }),
  path: string(2, { always: true, required: true }),
  readOnly: bool(3),
  endpointsNamespace: string(4, { pointer: true }),
});
export interface GlusterfsPersistentVolumeSource extends Infer<typeof GlusterfsPersistentVolumeSource> {}

export const RBDPersistentVolumeSource = struct("io.k8s.api.core.v1.RBDPersistentVolumeSource", {
  monitors: list(string, 1, { always: true, required: true, listType: "atomic" }),
  image: string(2, { always: true, required: true }),
  fsType: string(3),
  pool: string(4, { default: "rbd" }),
  user: string(5, { default: "admin" }),
  keyring: string(6, { default: "/etc/ceph/keyring" }),
  secretRef: ref(SecretReference, 7, { pointer: true }),
  readOnly: bool(8),
});
export interface RBDPersistentVolumeSource extends Infer<typeof RBDPersistentVolumeSource> {}

export const ISCSIPersistentVolumeSource = struct("io.k8s.api.core.v1.ISCSIPersistentVolumeSource", {
  targetPortal: string(1, { always: true, required: true }),
  iqn: string(2, { always: true, required: true }),
  lun: int32(3, { always: true, required: true }),
  iscsiInterface: string(4, { default: "default" }),
  fsType: string(5),
  readOnly: bool(6),
  portals: list(string, 7, { listType: "atomic" }),
  chapAuthDiscovery: bool(8),
  chapAuthSession: bool(11),
  secretRef: ref(SecretReference, 10, { pointer: true }),
  initiatorName: string(12, { pointer: true }),
});
export interface ISCSIPersistentVolumeSource extends Infer<typeof ISCSIPersistentVolumeSource> {}

export const CinderPersistentVolumeSource = struct("io.k8s.api.core.v1.CinderPersistentVolumeSource", {
  volumeID: string(1, { always: true, required: true }),
  fsType: string(2),
  readOnly: bool(3),
  secretRef: ref(SecretReference, 4, { pointer: true }),
});
export interface CinderPersistentVolumeSource extends Infer<typeof CinderPersistentVolumeSource> {}

export const CephFSPersistentVolumeSource = struct("io.k8s.api.core.v1.CephFSPersistentVolumeSource", {
  monitors: list(string, 1, { always: true, required: true, listType: "atomic" }),
  path: string(2),
  user: string(3),
  secretFile: string(4),
  secretRef: ref(SecretReference, 5, { pointer: true }),
  readOnly: bool(6),
});
export interface CephFSPersistentVolumeSource extends Infer<typeof CephFSPersistentVolumeSource> {}

export const FlexPersistentVolumeSource = struct("io.k8s.api.core.v1.FlexPersistentVolumeSource", {
  driver: string(1, { always: true, required: true }),
  fsType: string(2),
  secretRef: ref(SecretReference, 3, { pointer: true }),
  readOnly: bool(4),
  options: map(string, 5),
});
export interface FlexPersistentVolumeSource extends Infer<typeof FlexPersistentVolumeSource> {}

export const AzureFilePersistentVolumeSource = struct("io.k8s.api.core.v1.AzureFilePersistentVolumeSource", {
  secretName: string(1, { always: true, required: true }),
  shareName: string(2, { always: true, required: true }),
  readOnly: bool(3),
  secretNamespace: string(4, { pointer: true, always: true }),
});
export interface AzureFilePersistentVolumeSource extends Infer<typeof AzureFilePersistentVolumeSource> {}

export const ScaleIOPersistentVolumeSource = struct("io.k8s.api.core.v1.ScaleIOPersistentVolumeSource", {
  gateway: string(1, { always: true, required: true }),
  system: string(2, { always: true, required: true }),
  secretRef: ref(SecretReference, 3, { pointer: true, always: true, required: true }),
  sslEnabled: bool(4),
  protectionDomain: string(5),
  storagePool: string(6),
  storageMode: string(7, { default: "ThinProvisioned" }),
  volumeName: string(8),
  fsType: string(9, { default: "xfs" }),
  readOnly: bool(10),
});
export interface ScaleIOPersistentVolumeSource extends Infer<typeof ScaleIOPersistentVolumeSource> {}

export const LocalVolumeSource = struct("io.k8s.api.core.v1.LocalVolumeSource", {
  path: string(1, { always: true, required: true }),
  fsType: string(2, { pointer: true }),
});
export interface LocalVolumeSource extends Infer<typeof LocalVolumeSource> {}

export const StorageOSPersistentVolumeSource = struct("io.k8s.api.core.v1.StorageOSPersistentVolumeSource", {
  volumeName: string(1),
  volumeNamespace: string(2),
  fsType: string(3),
  readOnly: bool(4),
  secretRef: ref(ObjectReference, 5, { pointer: true }),
});
export interface StorageOSPersistentVolumeSource extends Infer<typeof StorageOSPersistentVolumeSource> {}

export const CSIPersistentVolumeSource = struct("io.k8s.api.core.v1.CSIPersistentVolumeSource", {
  driver: string(1, { always: true, required: true }),
  volumeHandle: string(2, { always: true, required: true }),
  readOnly: bool(3),
  fsType: string(4),
  volumeAttributes: map(string, 5),
  controllerPublishSecretRef: ref(SecretReference, 6, { pointer: true }),
  nodeStageSecretRef: ref(SecretReference, 7, { pointer: true }),
  nodePublishSecretRef: ref(SecretReference, 8, { pointer: true }),
  controllerExpandSecretRef: ref(SecretReference, 9, { pointer: true }),
  nodeExpandSecretRef: ref(SecretReference, 10, { pointer: true }),
});
export interface CSIPersistentVolumeSource extends Infer<typeof CSIPersistentVolumeSource> {}

export const PersistentVolumeSource = struct("io.k8s.api.core.v1.PersistentVolumeSource", {
  gcePersistentDisk: ref(GCEPersistentDiskVolumeSource, 1, { pointer: true }),
  awsElasticBlockStore: ref(AWSElasticBlockStoreVolumeSource, 2, { pointer: true }),
  hostPath: ref(HostPathVolumeSource, 3, { pointer: true }),
  glusterfs: ref(GlusterfsPersistentVolumeSource, 4, { pointer: true }),
  nfs: ref(NFSVolumeSource, 5, { pointer: true }),
  rbd: ref(RBDPersistentVolumeSource, 6, { pointer: true }),
  iscsi: ref(ISCSIPersistentVolumeSource, 7, { pointer: true }),
  cinder: ref(CinderPersistentVolumeSource, 8, { pointer: true }),
  cephfs: ref(CephFSPersistentVolumeSource, 9, { pointer: true }),
  fc: ref(FCVolumeSource, 10, { pointer: true }),
  flocker: ref(FlockerVolumeSource, 11, { pointer: true }),
  flexVolume: ref(FlexPersistentVolumeSource, 12, { pointer: true }),
  azureFile: ref(AzureFilePersistentVolumeSource, 13, { pointer: true }),
  vsphereVolume: ref(VsphereVirtualDiskVolumeSource, 14, { pointer: true }),
  quobyte: ref(QuobyteVolumeSource, 15, { pointer: true }),
  azureDisk: ref(AzureDiskVolumeSource, 16, { pointer: true }),
  photonPersistentDisk: ref(PhotonPersistentDiskVolumeSource, 17, { pointer: true }),
  portworxVolume: ref(PortworxVolumeSource, 18, { pointer: true }),
  scaleIO: ref(ScaleIOPersistentVolumeSource, 19, { pointer: true }),
  local: ref(LocalVolumeSource, 20, { pointer: true }),
  storageos: ref(StorageOSPersistentVolumeSource, 21, { pointer: true }),
  csi: ref(CSIPersistentVolumeSource, 22, { pointer: true }),
});
export interface PersistentVolumeSource extends Infer<typeof PersistentVolumeSource> {}

export const VolumeNodeAffinity = struct("io.k8s.api.core.v1.VolumeNodeAffinity", {
  required: ref(NodeSelector, 1, { pointer: true }),
});
export interface VolumeNodeAffinity extends Infer<typeof VolumeNodeAffinity> {}

export const PersistentVolumeSpec = struct("io.k8s.api.core.v1.PersistentVolumeSpec", {
  capacity: map(quantity, 1),
  "...PersistentVolumeSource": embed(PersistentVolumeSource, 2),
  accessModes: list(string, 3, { enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"], listType: "atomic" }),
  claimRef: ref(ObjectReference, 4, { pointer: true, mapType: "granular" }),
  persistentVolumeReclaimPolicy: string(5, { enum: ["Delete", "Recycle", "Retain"] }),
  storageClassName: string(6),
  mountOptions: list(string, 7, { listType: "atomic" }),
  volumeMode: string(8, { pointer: true, enum: ["Block", "Filesystem"] }),
  nodeAffinity: ref(VolumeNodeAffinity, 9, { pointer: true }),
  volumeAttributesClassName: string(10, { pointer: true }),
});
export interface PersistentVolumeSpec extends Infer<typeof PersistentVolumeSpec> {}

export const PersistentVolumeStatus = struct("io.k8s.api.core.v1.PersistentVolumeStatus", {
  phase: string(1, { enum: ["Available", "Bound", "Failed", "Pending", "Released"] }),
  message: string(2),
  reason: string(3),
  lastPhaseTransitionTime: time(4, { pointer: true }),
});
export interface PersistentVolumeStatus extends Infer<typeof PersistentVolumeStatus> {}

export const PersistentVolume = kind("io.k8s.api.core.v1.PersistentVolume", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(PersistentVolumeSpec, 2),
  status: ref(PersistentVolumeStatus, 3),
});
export interface PersistentVolume extends Infer<typeof PersistentVolume> {}

export const PersistentVolumeList = kind("io.k8s.api.core.v1.PersistentVolumeList", {
  metadata: ref(ListMeta, 1),
  items: list(PersistentVolume, 2, { always: true, required: true }),
});
export interface PersistentVolumeList extends Infer<typeof PersistentVolumeList> {}

export const persistentvolumes = resource<PersistentVolume>(PersistentVolume, {
  group: "",
  version: "v1",
  resource: "persistentvolumes",
  singular: "persistentvolume",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["pv"],
  subresources: [{ name: "status", kind: "PersistentVolume", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/persistentvolumes/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Capacity", type: "string" },
    { name: "Access Modes", type: "string" },
    { name: "Reclaim Policy", type: "string" },
    { name: "Status", type: "string" },
    { name: "Claim", type: "string" },
    { name: "StorageClass", type: "string" },
    { name: "VolumeAttributesClass", type: "string" },
    { name: "Reason", type: "string" },
    { name: "Age", type: "string" },
    { name: "VolumeMode", type: "string", priority: 1 },
  ],
});
