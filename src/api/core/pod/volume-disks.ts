/** Disks and shares of storage systems and clouds, as a pod names them itself. */

import { bool, type Infer, int32, list, map, ref, string, struct } from "../../schema.ts";
import { LocalObjectReference } from "../references.ts";

export const GCEPersistentDiskVolumeSource = struct(
  "io.k8s.api.core.v1.GCEPersistentDiskVolumeSource",
  "A disk of Google Compute Engine; served by the CSI driver pd.csi.storage.gke.io today.",
  {
    pdName: string(1, { always: true, required: true, doc: "The disk's name." }),
    fsType: string(2, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
    partition: int32(3, {
      minimum: 0,
      maximum: 255,
      must: "must be between 1 and 255, inclusive",
      doc: "The partition to mount, counted from 1; 0 or nothing means the whole disk.",
    }),
    readOnly: bool(4, { doc: "Mounts the volume so that nothing can be written to it." }),
  },
);
export interface GCEPersistentDiskVolumeSource extends Infer<typeof GCEPersistentDiskVolumeSource> {}

export const AWSElasticBlockStoreVolumeSource = struct(
  "io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource",
  "A disk of Amazon's Elastic Block Store; served by the CSI driver ebs.csi.aws.com today.",
  {
    volumeID: string(1, { always: true, required: true, doc: "The id of the disk in AWS." }),
    fsType: string(2, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
    partition: int32(3, {
      minimum: 0,
      maximum: 255,
      must: "must be between 1 and 255, inclusive",
      doc: "The partition to mount, counted from 1; 0 or nothing means the whole disk.",
    }),
    readOnly: bool(4, { doc: "Mounts the volume so that nothing can be written to it." }),
  },
);
export interface AWSElasticBlockStoreVolumeSource extends Infer<typeof AWSElasticBlockStoreVolumeSource> {}

export const NFSVolumeSource = struct("io.k8s.api.core.v1.NFSVolumeSource", "A folder that an NFS server exports.", {
  server: string(1, { always: true, required: true, doc: "The server's name or address." }),
  path: string(2, { always: true, required: true, doc: "The exported path." }),
  readOnly: bool(3, { doc: "Mounts the volume so that nothing can be written to it." }),
});
export interface NFSVolumeSource extends Infer<typeof NFSVolumeSource> {}

export const ISCSIVolumeSource = struct("io.k8s.api.core.v1.ISCSIVolumeSource", "A disk behind iSCSI, mounted by a pod.", {
  targetPortal: string(1, { always: true, required: true, doc: "The portal's address, with its port when that is not 3260." }),
  iqn: string(2, { always: true, required: true, doc: "The target's qualified name." }),
  lun: int32(3, { always: true, required: true, minimum: 0, maximum: 255, doc: "The number of the unit at the target." }),
  iscsiInterface: string(4, { default: "default", doc: "The interface that is used; default (tcp) when left out." }),
  fsType: string(5, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
  readOnly: bool(6, { doc: "Mounts the volume so that nothing can be written to it." }),
  portals: list(string, 7, { listType: "atomic", doc: "More portals, for several paths." }),
  chapAuthDiscovery: bool(8, { doc: "Whether discovery authenticates by CHAP." }),
  chapAuthSession: bool(11, { doc: "Whether the session authenticates by CHAP." }),
  secretRef: ref(LocalObjectReference, 10, { pointer: true, doc: "The Secret with the CHAP credentials." }),
  initiatorName: string(12, { pointer: true, doc: "A name of this initiator, instead of the node's own." }),
});
export interface ISCSIVolumeSource extends Infer<typeof ISCSIVolumeSource> {}

export const GlusterfsVolumeSource = struct("io.k8s.api.core.v1.GlusterfsVolumeSource", "A Glusterfs volume; no longer supported.", {
  endpoints: string(1, { always: true, required: true, doc: "The Endpoints object with the servers' addresses." }),
  path: string(2, { always: true, required: true, doc: "The volume's name." }),
  readOnly: bool(3, { doc: "Mounts the volume so that nothing can be written to it." }),
});
export interface GlusterfsVolumeSource extends Infer<typeof GlusterfsVolumeSource> {}

export const RBDVolumeSource = struct("io.k8s.api.core.v1.RBDVolumeSource", "A Ceph block device; no longer supported in the tree.", {
  monitors: list(string, 1, { always: true, required: true, listType: "atomic", doc: "Addresses of the Ceph monitors." }),
  image: string(2, { always: true, required: true, doc: "The image's name." }),
  fsType: string(3, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
  pool: string(4, { default: "rbd", doc: "The pool; rbd by default." }),
  user: string(5, { default: "admin", doc: "The Ceph user; admin by default." }),
  keyring: string(6, { default: "/etc/ceph/keyring", doc: "The keyring's path on the node." }),
  secretRef: ref(LocalObjectReference, 7, { pointer: true, doc: "The Secret with the key; wins over keyring." }),
  readOnly: bool(8, { doc: "Mounts the volume so that nothing can be written to it." }),
});
export interface RBDVolumeSource extends Infer<typeof RBDVolumeSource> {}

export const FlexVolumeSource = struct("io.k8s.api.core.v1.FlexVolumeSource", "A volume of an executable plugin; deprecated, use CSI.", {
  driver: string(1, { always: true, required: true, doc: "The plugin's name." }),
  fsType: string(2, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
  secretRef: ref(LocalObjectReference, 3, { pointer: true, doc: "A Secret for the plugin." }),
  readOnly: bool(4, { doc: "Mounts the volume so that nothing can be written to it." }),
  options: map(string, 5, { doc: "Options for the plugin." }),
});
export interface FlexVolumeSource extends Infer<typeof FlexVolumeSource> {}

export const CinderVolumeSource = struct("io.k8s.api.core.v1.CinderVolumeSource", "A volume of OpenStack Cinder, mounted by a pod.", {
  volumeID: string(1, { always: true, required: true, doc: "The id of the volume in Cinder." }),
  fsType: string(2, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
  readOnly: bool(3, { doc: "Mounts the volume so that nothing can be written to it." }),
  secretRef: ref(LocalObjectReference, 4, { pointer: true, doc: "The Secret with parameters for OpenStack." }),
});
export interface CinderVolumeSource extends Infer<typeof CinderVolumeSource> {}

export const CephFSVolumeSource = struct("io.k8s.api.core.v1.CephFSVolumeSource", "A Ceph file system, mounted by a pod.", {
  monitors: list(string, 1, { always: true, required: true, listType: "atomic", doc: "Addresses of the Ceph monitors." }),
  path: string(2, { doc: "The folder inside the file system that is mounted; / when left out." }),
  user: string(3, { doc: "The Ceph user; admin when left out." }),
  secretFile: string(4, { doc: "A file on the node with the user's key." }),
  secretRef: ref(LocalObjectReference, 5, { pointer: true, doc: "The Secret with the user's key; wins over secretFile." }),
  readOnly: bool(6, { doc: "Mounts the volume so that nothing can be written to it." }),
});
export interface CephFSVolumeSource extends Infer<typeof CephFSVolumeSource> {}

export const FlockerVolumeSource = struct("io.k8s.api.core.v1.FlockerVolumeSource", "A Flocker dataset; no longer supported by anything.", {
  datasetName: string(1, { doc: "The dataset's name." }),
  datasetUUID: string(2, { doc: "The dataset's unique id." }),
});
export interface FlockerVolumeSource extends Infer<typeof FlockerVolumeSource> {}

export const FCVolumeSource = struct("io.k8s.api.core.v1.FCVolumeSource", "A disk behind Fibre Channel.", {
  targetWWNs: list(string, 1, { listType: "atomic", doc: "World wide names of the targets; with lun, or else wwids." }),
  lun: int32(2, { pointer: true, doc: "The number of the unit at the target." }),
  fsType: string(3, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
  readOnly: bool(4, { doc: "Mounts the volume so that nothing can be written to it." }),
  wwids: list(string, 5, { listType: "atomic", doc: "World wide identifiers of the volume; instead of targetWWNs and lun." }),
});
export interface FCVolumeSource extends Infer<typeof FCVolumeSource> {}

export const AzureFileVolumeSource = struct("io.k8s.api.core.v1.AzureFileVolumeSource", "A file share of Azure, mounted by a pod.", {
  secretName: string(1, { always: true, required: true, doc: "The Secret with the storage account's name and key." }),
  shareName: string(2, { always: true, required: true, doc: "The name of the share." }),
  readOnly: bool(3, { doc: "Mounts the volume so that nothing can be written to it." }),
});
export interface AzureFileVolumeSource extends Infer<typeof AzureFileVolumeSource> {}

export const VsphereVirtualDiskVolumeSource = struct(
  "io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource",
  "A disk of vSphere; served by its CSI driver today.",
  {
    volumePath: string(1, { always: true, required: true, doc: "The disk's path in the datastore." }),
    fsType: string(2, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
    storagePolicyName: string(3, { doc: "The storage policy's name." }),
    storagePolicyID: string(4, { doc: "The storage policy's id." }),
  },
);
export interface VsphereVirtualDiskVolumeSource extends Infer<typeof VsphereVirtualDiskVolumeSource> {}

export const QuobyteVolumeSource = struct("io.k8s.api.core.v1.QuobyteVolumeSource", "A Quobyte volume; no longer supported.", {
  registry: string(1, {
    always: true,
    required: "must be a host:port pair or multiple pairs separated by commas",
    doc: "Addresses of the registry.",
  }),
  volume: string(2, { always: true, required: true, doc: "The volume's name." }),
  readOnly: bool(3, { doc: "Mounts the volume so that nothing can be written to it." }),
  user: string(4, { doc: "The user to mount as." }),
  group: string(5, { doc: "The group to mount as." }),
  tenant: string(6, { doc: "The tenant that owns the volume." }),
});
export interface QuobyteVolumeSource extends Infer<typeof QuobyteVolumeSource> {}

export const AzureDiskVolumeSource = struct(
  "io.k8s.api.core.v1.AzureDiskVolumeSource",
  "A data disk of Azure; served by the CSI driver disk.csi.azure.com today.",
  {
    diskName: string(1, { always: true, required: true, doc: "The name of the disk in Azure." }),
    diskURI: string(2, { always: true, required: true, doc: "The address of the disk in Azure's storage." }),
    cachingMode: string(3, {
      goType: "v1.AzureDataDiskCachingMode",
      pointer: true,
      default: "ReadWrite",
      enum: ["None", "ReadOnly", "ReadWrite"],
      doc: "How the host caches: None, ReadOnly or ReadWrite.",
    }),
    fsType: string(4, {
      pointer: true,
      default: "ext4",
      doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out.",
    }),
    readOnly: bool(5, { pointer: true, default: false, doc: "Mounts the volume so that nothing can be written to it." }),
    kind: string(6, {
      goType: "v1.AzureDataDiskKind",
      pointer: true,
      default: "Shared",
      enum: ["Dedicated", "Managed", "Shared"],
      doc: "Shared, Dedicated or Managed: how the disk belongs to storage accounts.",
    }),
  },
);
export interface AzureDiskVolumeSource extends Infer<typeof AzureDiskVolumeSource> {}

export const PhotonPersistentDiskVolumeSource = struct(
  "io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource",
  "A Photon disk; no longer supported.",
  {
    pdID: string(1, { always: true, required: true, doc: "The disk's id." }),
    fsType: string(2, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
  },
);
export interface PhotonPersistentDiskVolumeSource extends Infer<typeof PhotonPersistentDiskVolumeSource> {}

export const PortworxVolumeSource = struct(
  "io.k8s.api.core.v1.PortworxVolumeSource",
  "A Portworx volume; served by its CSI driver today.",
  {
    volumeID: string(1, { always: true, required: true, doc: "The volume's id." }),
    fsType: string(2, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
    readOnly: bool(3, { doc: "Mounts the volume so that nothing can be written to it." }),
  },
);
export interface PortworxVolumeSource extends Infer<typeof PortworxVolumeSource> {}

export const ScaleIOVolumeSource = struct("io.k8s.api.core.v1.ScaleIOVolumeSource", "A ScaleIO volume; no longer supported.", {
  gateway: string(1, { always: true, required: true, doc: "The address of its API." }),
  system: string(2, { always: true, required: true, doc: "The name of the storage system." }),
  secretRef: ref(LocalObjectReference, 3, {
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
});
export interface ScaleIOVolumeSource extends Infer<typeof ScaleIOVolumeSource> {}

export const StorageOSVolumeSource = struct("io.k8s.api.core.v1.StorageOSVolumeSource", "A StorageOS volume; no longer supported.", {
  volumeName: string(1, { doc: "The volume's name." }),
  volumeNamespace: string(2, { doc: "Its scope in StorageOS." }),
  fsType: string(3, { doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out." }),
  readOnly: bool(4, { doc: "Mounts the volume so that nothing can be written to it." }),
  secretRef: ref(LocalObjectReference, 5, { pointer: true, doc: "The Secret with the credentials." }),
});
export interface StorageOSVolumeSource extends Infer<typeof StorageOSVolumeSource> {}
