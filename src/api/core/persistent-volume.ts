/** Declarations of GlusterfsPersistentVolumeSource, RBDPersistentVolumeSource, ISCSIPersistentVolumeSource, CinderPersistentVolumeSource, C. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, embed, type Infer, int32, kind, list, map, quantity, ref, string, struct, time } from "../schema.ts";
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from "./pod/volume-disks.ts";
import { NodeSelector, ObjectReference, SecretReference } from "./references.ts";
import { HostPathVolumeSource } from "./volume.ts";

export const GlusterfsPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.GlusterfsPersistentVolumeSource",
  "A Glusterfs volume for a PersistentVolume; no longer supported.",
  {
    endpoints: string(1, { always: true, required: true, doc: "The Endpoints object with the servers' addresses." }),
    path: string(2, { always: true, required: true, doc: "The volume's name." }),
    readOnly: bool(3, { doc: "Mounts the volume so that nothing can be written to it." }),
    endpointsNamespace: string(4, { pointer: true, doc: "The Endpoints' namespace; the claim's own when left out." }),
  },
);
export interface GlusterfsPersistentVolumeSource extends Infer<typeof GlusterfsPersistentVolumeSource> {}

export const RBDPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.RBDPersistentVolumeSource",
  "A Ceph block device for a PersistentVolume; no longer supported in the tree.",
  {
    monitors: list(string, 1, { always: true, required: true, listType: "atomic", doc: "Addresses of the Ceph monitors." }),
    image: string(2, { always: true, required: true, doc: "The image's name." }),
    fsType: string(3, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
    pool: string(4, { default: "rbd", doc: "The pool; rbd by default." }),
    user: string(5, { default: "admin", doc: "The Ceph user; admin by default." }),
    keyring: string(6, { default: "/etc/ceph/keyring", doc: "The keyring's path on the node." }),
    secretRef: ref(SecretReference, 7, { pointer: true, doc: "The Secret with the key; wins over keyring." }),
    readOnly: bool(8, { doc: "Mounts the volume so that nothing can be written to it." }),
  },
);
export interface RBDPersistentVolumeSource extends Infer<typeof RBDPersistentVolumeSource> {}

export const ISCSIPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.ISCSIPersistentVolumeSource",
  "A disk behind iSCSI for a PersistentVolume.",
  {
    targetPortal: string(1, { always: true, required: true, doc: "The portal's address, with its port when that is not 3260." }),
    iqn: string(2, { always: true, required: true, doc: "The target's qualified name." }),
    lun: int32(3, { always: true, required: true, minimum: 0, maximum: 255, doc: "The number of the unit at the target." }),
    iscsiInterface: string(4, { default: "default", doc: "The interface that is used; default (tcp) when left out." }),
    fsType: string(5, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
    readOnly: bool(6, { doc: "Mounts the volume so that nothing can be written to it." }),
    portals: list(string, 7, { listType: "atomic", doc: "More portals, for several paths." }),
    chapAuthDiscovery: bool(8, { doc: "Whether discovery authenticates by CHAP." }),
    chapAuthSession: bool(11, { doc: "Whether the session authenticates by CHAP." }),
    secretRef: ref(SecretReference, 10, { pointer: true, doc: "The Secret with the CHAP credentials." }),
    initiatorName: string(12, { pointer: true, doc: "A name of this initiator, instead of the node's own." }),
  },
);
export interface ISCSIPersistentVolumeSource extends Infer<typeof ISCSIPersistentVolumeSource> {}

export const CinderPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.CinderPersistentVolumeSource",
  "A volume of OpenStack Cinder for a PersistentVolume.",
  {
    volumeID: string(1, { always: true, required: true, doc: "The id of the volume in Cinder." }),
    fsType: string(2, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
    readOnly: bool(3, { doc: "Mounts the volume so that nothing can be written to it." }),
    secretRef: ref(SecretReference, 4, { pointer: true, doc: "The Secret with parameters for OpenStack." }),
  },
);
export interface CinderPersistentVolumeSource extends Infer<typeof CinderPersistentVolumeSource> {}

export const CephFSPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.CephFSPersistentVolumeSource",
  "A Ceph file system for a PersistentVolume.",
  {
    monitors: list(string, 1, { always: true, required: true, listType: "atomic", doc: "Addresses of the Ceph monitors." }),
    path: string(2, { doc: "The folder inside the file system that is mounted; / when left out." }),
    user: string(3, { doc: "The Ceph user; admin when left out." }),
    secretFile: string(4, { doc: "A file on the node with the user's key." }),
    secretRef: ref(SecretReference, 5, { pointer: true, doc: "The Secret with the user's key; wins over secretFile." }),
    readOnly: bool(6, { doc: "Mounts the volume so that nothing can be written to it." }),
  },
);
export interface CephFSPersistentVolumeSource extends Infer<typeof CephFSPersistentVolumeSource> {}

export const FlexPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.FlexPersistentVolumeSource",
  "A volume of an executable plugin for a PersistentVolume; deprecated, use CSI.",
  {
    driver: string(1, { always: true, required: true, doc: "The plugin's name." }),
    fsType: string(2, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
    secretRef: ref(SecretReference, 3, { pointer: true, doc: "A Secret for the plugin." }),
    readOnly: bool(4, { doc: "Mounts the volume so that nothing can be written to it." }),
    options: map(string, 5, { doc: "Options for the plugin." }),
  },
);
export interface FlexPersistentVolumeSource extends Infer<typeof FlexPersistentVolumeSource> {}

export const AzureFilePersistentVolumeSource = struct(
  "io.k8s.api.core.v1.AzureFilePersistentVolumeSource",
  "A file share of Azure for a PersistentVolume.",
  {
    secretName: string(1, { always: true, required: true, doc: "The Secret with the storage account's name and key." }),
    shareName: string(2, { always: true, required: true, doc: "The name of the share." }),
    readOnly: bool(3, { doc: "Mounts the volume so that nothing can be written to it." }),
    secretNamespace: string(4, { pointer: true, always: true, doc: "The Secret's namespace; the claim's own when left out." }),
  },
);
export interface AzureFilePersistentVolumeSource extends Infer<typeof AzureFilePersistentVolumeSource> {}

export const ScaleIOPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource",
  "A ScaleIO volume for a PersistentVolume; no longer supported.",
  {
    gateway: string(1, { always: true, required: true, doc: "The address of its API." }),
    system: string(2, { always: true, required: true, doc: "The name of the storage system." }),
    secretRef: ref(SecretReference, 3, {
      pointer: true,
      always: true,
      required: true,
      mayBeEmpty: true,
      doc: "The Secret with the credentials.",
    }),
    sslEnabled: bool(4, { doc: "Whether the gateway is asked by TLS." }),
    protectionDomain: string(5, { doc: "The protection domain." }),
    storagePool: string(6, { doc: "The storage pool." }),
    storageMode: string(7, { default: "ThinProvisioned", doc: "ThickProvisioned or ThinProvisioned." }),
    volumeName: string(8, { doc: "The volume's name." }),
    fsType: string(9, {
      default: "xfs",
      doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out.",
    }),
    readOnly: bool(10, { doc: "Mounts the volume so that nothing can be written to it." }),
  },
);
export interface ScaleIOPersistentVolumeSource extends Infer<typeof ScaleIOPersistentVolumeSource> {}

export const LocalVolumeSource = struct(
  "io.k8s.api.core.v1.LocalVolumeSource",
  "A disk or folder of one node; the PersistentVolume must say by nodeAffinity which.",
  {
    path: string(1, { always: true, required: true, doc: "The folder or block device on the node." }),
    fsType: string(2, {
      pointer: true,
      doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out.",
    }),
  },
);
export interface LocalVolumeSource extends Infer<typeof LocalVolumeSource> {}

export const StorageOSPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.StorageOSPersistentVolumeSource",
  "A StorageOS volume; no longer supported.",
  {
    volumeName: string(1, { doc: "The volume's name." }),
    volumeNamespace: string(2, { doc: "Its scope in StorageOS." }),
    fsType: string(3, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
    readOnly: bool(4, { doc: "Mounts the volume so that nothing can be written to it." }),
    secretRef: ref(ObjectReference, 5, { pointer: true, doc: "The Secret with the credentials." }),
  },
);
export interface StorageOSPersistentVolumeSource extends Infer<typeof StorageOSPersistentVolumeSource> {}

export const CSIPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.CSIPersistentVolumeSource",
  "A volume that an external Container Storage Interface driver serves.",
  {
    driver: string(1, {
      always: true,
      required: true,
      doc: "The name of the driver, the same that its CSIDriver and nodes' CSINode objects carry.",
    }),
    volumeHandle: string(2, { always: true, required: true, doc: "The driver's own id of the volume; it must not change." }),
    readOnly: bool(3, { doc: "Mounts the volume so that nothing can be written to it." }),
    fsType: string(4, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
    volumeAttributes: map(string, 5, { doc: "What the driver noted when it made the volume; handed back at every call." }),
    controllerPublishSecretRef: ref(SecretReference, 6, { pointer: true, doc: "The Secret for attaching and detaching." }),
    nodeStageSecretRef: ref(SecretReference, 7, { pointer: true, doc: "The Secret for the first mount on a node." }),
    nodePublishSecretRef: ref(SecretReference, 8, { pointer: true, doc: "The Secret for each pod's mount." }),
    controllerExpandSecretRef: ref(SecretReference, 9, { pointer: true, doc: "The Secret for growing the volume at the storage system." }),
    nodeExpandSecretRef: ref(SecretReference, 10, { pointer: true, doc: "The Secret for growing the file system on the node." }),
  },
);
export interface CSIPersistentVolumeSource extends Infer<typeof CSIPersistentVolumeSource> {}

export const PersistentVolumeSource = struct("io.k8s.api.core.v1.PersistentVolumeSource", "Where the storage is: exactly one of these.", {
  gcePersistentDisk: ref(GCEPersistentDiskVolumeSource, 1, { pointer: true, doc: "A disk of Google Compute Engine (by its CSI driver)." }),
  awsElasticBlockStore: ref(AWSElasticBlockStoreVolumeSource, 2, {
    pointer: true,
    doc: "A disk of Amazon's Elastic Block Store (by its CSI driver).",
  }),
  hostPath: ref(HostPathVolumeSource, 3, { pointer: true, doc: "A folder of the node." }),
  glusterfs: ref(GlusterfsPersistentVolumeSource, 4, { pointer: true, doc: "A Glusterfs volume; no longer supported." }),
  nfs: ref(NFSVolumeSource, 5, { pointer: true, doc: "A folder that an NFS server exports." }),
  rbd: ref(RBDPersistentVolumeSource, 6, { pointer: true, doc: "A Ceph block device; no longer supported in the tree." }),
  iscsi: ref(ISCSIPersistentVolumeSource, 7, { pointer: true, doc: "A disk behind iSCSI." }),
  cinder: ref(CinderPersistentVolumeSource, 8, { pointer: true, doc: "A volume of OpenStack Cinder (by its CSI driver)." }),
  cephfs: ref(CephFSPersistentVolumeSource, 9, { pointer: true, doc: "A Ceph file system; no longer supported in the tree." }),
  fc: ref(FCVolumeSource, 10, { pointer: true, doc: "A disk behind Fibre Channel." }),
  flocker: ref(FlockerVolumeSource, 11, { pointer: true, doc: "A Flocker dataset; no longer supported." }),
  flexVolume: ref(FlexPersistentVolumeSource, 12, { pointer: true, doc: "A volume of an executable plugin; deprecated." }),
  azureFile: ref(AzureFilePersistentVolumeSource, 13, { pointer: true, doc: "A file share of Azure (by its CSI driver)." }),
  vsphereVolume: ref(VsphereVirtualDiskVolumeSource, 14, { pointer: true, doc: "A disk of vSphere (by its CSI driver)." }),
  quobyte: ref(QuobyteVolumeSource, 15, { pointer: true, doc: "A Quobyte volume; no longer supported." }),
  azureDisk: ref(AzureDiskVolumeSource, 16, { pointer: true, doc: "A data disk of Azure (by its CSI driver)." }),
  photonPersistentDisk: ref(PhotonPersistentDiskVolumeSource, 17, { pointer: true, doc: "A Photon disk; no longer supported." }),
  portworxVolume: ref(PortworxVolumeSource, 18, { pointer: true, doc: "A Portworx volume (by its CSI driver)." }),
  scaleIO: ref(ScaleIOPersistentVolumeSource, 19, { pointer: true, doc: "A ScaleIO volume; no longer supported." }),
  local: ref(LocalVolumeSource, 20, { pointer: true, doc: "A disk or folder of one node." }),
  storageos: ref(StorageOSPersistentVolumeSource, 21, { pointer: true, doc: "A StorageOS volume; no longer supported." }),
  csi: ref(CSIPersistentVolumeSource, 22, { pointer: true, doc: "A volume of a Container Storage Interface driver." }),
});
export interface PersistentVolumeSource extends Infer<typeof PersistentVolumeSource> {}

export const VolumeNodeAffinity = struct("io.k8s.api.core.v1.VolumeNodeAffinity", "The nodes from which a volume can be reached.", {
  required: ref(NodeSelector, 1, { pointer: true, doc: "They must match." }),
});
export interface VolumeNodeAffinity extends Infer<typeof VolumeNodeAffinity> {}

export const PersistentVolumeSpec = struct("io.k8s.api.core.v1.PersistentVolumeSpec", "What a PersistentVolume is.", {
  capacity: map(quantity, 1, { goType: "v1.ResourceList", keepsEmpty: true, doc: "How big it is." }),
  "...PersistentVolumeSource": embed(PersistentVolumeSource, 2),
  accessModes: list(string, 3, {
    goType: "v1.PersistentVolumeAccessMode",
    enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"],
    listType: "atomic",
    doc: "How it may be mounted.",
  }),
  claimRef: ref(ObjectReference, 4, { pointer: true, mapType: "granular", doc: "The claim that it is bound or kept for." }),
  persistentVolumeReclaimPolicy: string(5, {
    goType: "v1.PersistentVolumeReclaimPolicy",
    enum: ["Delete", "Recycle", "Retain"],
    doc: "What happens when its claim goes: Retain, Delete or (deprecated) Recycle.",
  }),
  storageClassName: string(6, { doc: "The class that it belongs to; only claims of that class are bound to it." }),
  mountOptions: list(string, 7, { listType: "atomic", doc: "Options for mount; not checked." }),
  volumeMode: string(8, {
    goType: "v1.PersistentVolumeMode",
    pointer: true,
    enum: ["Block", "Filesystem"],
    doc: "Filesystem (the default) or Block.",
  }),
  nodeAffinity: ref(VolumeNodeAffinity, 9, { pointer: true, doc: "The nodes from which it can be reached." }),
  volumeAttributesClassName: string(10, { pointer: true, doc: "The class of its changeable attributes." }),
});
export interface PersistentVolumeSpec extends Infer<typeof PersistentVolumeSpec> {}

export const PersistentVolumeStatus = struct("io.k8s.api.core.v1.PersistentVolumeStatus", "How a PersistentVolume stands.", {
  phase: string(1, {
    goType: "v1.PersistentVolumePhase",
    enum: ["Available", "Bound", "Failed", "Pending", "Released"],
    doc: "Pending, Available, Bound, Released (its claim is gone) or Failed.",
  }),
  message: string(2, { doc: "Why, in a sentence." }),
  reason: string(3, { doc: "Why, in one word." }),
  lastPhaseTransitionTime: time(4, { pointer: true, doc: "When the phase last changed." }),
});
export interface PersistentVolumeStatus extends Infer<typeof PersistentVolumeStatus> {}

export const PersistentVolume = kind(
  "io.k8s.api.core.v1.PersistentVolume",
  "A piece of storage of the cluster, made by hand or by a provisioner, that a claim can be bound to.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(PersistentVolumeSpec, 2, { doc: "What is wanted." }),
    status: ref(PersistentVolumeStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface PersistentVolume extends Infer<typeof PersistentVolume> {}

export const PersistentVolumeList = kind("io.k8s.api.core.v1.PersistentVolumeList", "A list of PersistentVolume objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(PersistentVolume, 2, { always: true, required: true, doc: "The objects." }),
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
