/** A folder or device that containers of a pod can mount, and where it comes from. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { bool, embed, type Infer, map, quantity, ref, string, struct } from "../schema.ts";
import { PersistentVolumeClaimSpec } from "./persistent-volume-claim.ts";
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFileVolumeSource,
  CephFSVolumeSource,
  CinderVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  GlusterfsVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  StorageOSVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from "./pod/volume-disks.ts";
import { ConfigMapVolumeSource, DownwardAPIVolumeSource, ProjectedVolumeSource, SecretVolumeSource } from "./pod/volume-projections.ts";
import { LocalObjectReference } from "./references.ts";

export const HostPathVolumeSource = struct(
  "io.k8s.api.core.v1.HostPathVolumeSource",
  "A file or folder of the node itself. A pod with it can reach whatever the path allows: avoid it.",
  {
    path: string(1, { always: true, required: true, doc: "The path on the node; links are followed." }),
    type: string(2, {
      goType: "v1.HostPathType",
      pointer: true,
      enum: ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"],
      doc: "What must be there: Directory, File, Socket, CharDevice or BlockDevice; DirectoryOrCreate and FileOrCreate make it; empty checks nothing.",
    }),
  },
);
export interface HostPathVolumeSource extends Infer<typeof HostPathVolumeSource> {}

export const EmptyDirVolumeSource = struct(
  "io.k8s.api.core.v1.EmptyDirVolumeSource",
  "An empty folder that the pod's containers share; it is deleted with the pod.",
  {
    medium: string(1, {
      goType: "v1.StorageMedium",
      doc: "Nothing for the node's disk, Memory for a tmpfs that counts as memory, HugePages for hugepages.",
    }),
    sizeLimit: quantity(2, { pointer: true, doc: "The most that it may hold; a pod that exceeds it is evicted." }),
  },
);
export interface EmptyDirVolumeSource extends Infer<typeof EmptyDirVolumeSource> {}

export const GitRepoVolumeSource = struct(
  "io.k8s.api.core.v1.GitRepoVolumeSource",
  "A clone of a git repository; disabled, use an init container that clones into an emptyDir.",
  {
    repository: string(1, { always: true, required: true, doc: "The repository's address." }),
    revision: string(2, { doc: "The commit to check out." }),
    directory: string(3, { doc: "The folder to clone into." }),
  },
);
export interface GitRepoVolumeSource extends Infer<typeof GitRepoVolumeSource> {}

export const PersistentVolumeClaimVolumeSource = struct(
  "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource",
  "Mounts a claim of the pod's namespace.",
  {
    claimName: string(1, { always: true, required: true, doc: "The claim." }),
    readOnly: bool(2, { doc: "Forces every mount of it to be read-only." }),
  },
);
export interface PersistentVolumeClaimVolumeSource extends Infer<typeof PersistentVolumeClaimVolumeSource> {}

export const CSIVolumeSource = struct("io.k8s.api.core.v1.CSIVolumeSource", "A volume of a CSI driver that lives and dies with its pod.", {
  driver: string(1, { always: true, required: true, doc: "The name of the driver; it must allow the Ephemeral lifecycle." }),
  readOnly: bool(2, { pointer: true, doc: "Mounts the volume so that nothing can be written to it." }),
  fsType: string(3, {
    pointer: true,
    doc: "The file system to mount, such as ext4 or xfs; what the plugin takes by default when left out.",
  }),
  volumeAttributes: map(string, 4, { doc: "Parameters for the driver, as its documentation describes." }),
  nodePublishSecretRef: ref(LocalObjectReference, 5, {
    pointer: true,
    doc: "A Secret in the pod's namespace that the driver gets at the mount.",
  }),
});
export interface CSIVolumeSource extends Infer<typeof CSIVolumeSource> {}

export const PersistentVolumeClaimTemplate = struct("io.k8s.api.core.v1.PersistentVolumeClaimTemplate", "A claim to be made for a pod.", {
  metadata: ref(ObjectMeta, 1, { doc: "Labels and annotations of the claim; nothing else may be set." }),
  spec: ref(PersistentVolumeClaimSpec, 2, { always: true, required: true, doc: "The claim." }),
});
export interface PersistentVolumeClaimTemplate extends Infer<typeof PersistentVolumeClaimTemplate> {}

export const EphemeralVolumeSource = struct(
  "io.k8s.api.core.v1.EphemeralVolumeSource",
  "A claim that is made with the pod and deleted with it.",
  {
    volumeClaimTemplate: ref(PersistentVolumeClaimTemplate, 1, {
      pointer: true,
      doc: "The claim; it is named POD-VOLUME and owned by the pod.",
    }),
  },
);
export interface EphemeralVolumeSource extends Infer<typeof EphemeralVolumeSource> {}

export const ImageVolumeSource = struct("io.k8s.api.core.v1.ImageVolumeSource", "An OCI image or artifact as a read-only folder.", {
  reference: string(1, { doc: "The image, named as in a container." }),
  pullPolicy: string(2, {
    goType: "v1.PullPolicy",
    enum: ["Always", "IfNotPresent", "Never"],
    doc: "Always, IfNotPresent or Never, as in a container.",
  }),
});
export interface ImageVolumeSource extends Infer<typeof ImageVolumeSource> {}

export const VolumeSource = struct(
  "io.k8s.api.core.v1.VolumeSource",
  "What a volume is made of: exactly one of these, an emptyDir when none is named.",
  {
    hostPath: ref(HostPathVolumeSource, 1, { pointer: true, doc: "A folder of the node." }),
    emptyDir: ref(EmptyDirVolumeSource, 2, { pointer: true, doc: "An empty folder that lives as long as the pod." }),
    gcePersistentDisk: ref(GCEPersistentDiskVolumeSource, 3, {
      pointer: true,
      doc: "A disk of Google Compute Engine (by its CSI driver).",
    }),
    awsElasticBlockStore: ref(AWSElasticBlockStoreVolumeSource, 4, {
      pointer: true,
      doc: "A disk of Amazon's Elastic Block Store (by its CSI driver).",
    }),
    gitRepo: ref(GitRepoVolumeSource, 5, { pointer: true, doc: "A clone of a git repository; disabled." }),
    secret: ref(SecretVolumeSource, 6, { pointer: true, doc: "Files from a Secret, kept in memory." }),
    nfs: ref(NFSVolumeSource, 7, { pointer: true, doc: "A folder that an NFS server exports." }),
    iscsi: ref(ISCSIVolumeSource, 8, { pointer: true, doc: "A disk behind iSCSI." }),
    glusterfs: ref(GlusterfsVolumeSource, 9, { pointer: true, doc: "A Glusterfs volume; no longer supported." }),
    persistentVolumeClaim: ref(PersistentVolumeClaimVolumeSource, 10, { pointer: true, doc: "A claim of the same namespace." }),
    rbd: ref(RBDVolumeSource, 11, { pointer: true, doc: "A Ceph block device; no longer supported in the tree." }),
    flexVolume: ref(FlexVolumeSource, 12, { pointer: true, doc: "A volume of an executable plugin; deprecated." }),
    cinder: ref(CinderVolumeSource, 13, { pointer: true, doc: "A volume of OpenStack Cinder (by its CSI driver)." }),
    cephfs: ref(CephFSVolumeSource, 14, { pointer: true, doc: "A Ceph file system; no longer supported in the tree." }),
    flocker: ref(FlockerVolumeSource, 15, { pointer: true, doc: "A Flocker dataset; no longer supported." }),
    downwardAPI: ref(DownwardAPIVolumeSource, 16, { pointer: true, doc: "Files with facts about the pod." }),
    fc: ref(FCVolumeSource, 17, { pointer: true, doc: "A disk behind Fibre Channel." }),
    azureFile: ref(AzureFileVolumeSource, 18, { pointer: true, doc: "A file share of Azure (by its CSI driver)." }),
    configMap: ref(ConfigMapVolumeSource, 19, { pointer: true, doc: "Files from a ConfigMap." }),
    vsphereVolume: ref(VsphereVirtualDiskVolumeSource, 20, { pointer: true, doc: "A disk of vSphere (by its CSI driver)." }),
    quobyte: ref(QuobyteVolumeSource, 21, { pointer: true, doc: "A Quobyte volume; no longer supported." }),
    azureDisk: ref(AzureDiskVolumeSource, 22, { pointer: true, doc: "A data disk of Azure (by its CSI driver)." }),
    photonPersistentDisk: ref(PhotonPersistentDiskVolumeSource, 23, { pointer: true, doc: "A Photon disk; no longer supported." }),
    projected: ref(ProjectedVolumeSource, 26, { pointer: true, doc: "Several of these sources in one folder." }),
    portworxVolume: ref(PortworxVolumeSource, 24, { pointer: true, doc: "A Portworx volume (by its CSI driver)." }),
    scaleIO: ref(ScaleIOVolumeSource, 25, { pointer: true, doc: "A ScaleIO volume; no longer supported." }),
    storageos: ref(StorageOSVolumeSource, 27, { pointer: true, doc: "A StorageOS volume; no longer supported." }),
    csi: ref(CSIVolumeSource, 28, { pointer: true, doc: "A volume of a Container Storage Interface driver." }),
    ephemeral: ref(EphemeralVolumeSource, 29, { pointer: true, doc: "A claim that is made and deleted with the pod." }),
    image: ref(ImageVolumeSource, 30, { pointer: true, doc: "An OCI image or artifact as a read-only folder." }),
  },
);
export interface VolumeSource extends Infer<typeof VolumeSource> {}

export const Volume = struct("io.k8s.api.core.v1.Volume", "A folder or device that the pod's containers can mount.", {
  name: string(1, { always: true, required: true, doc: "Its name, unique in the pod." }),
  "...VolumeSource": embed(VolumeSource, 2),
});
export interface Volume extends Infer<typeof Volume> {}
