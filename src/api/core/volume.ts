/** Where a pod keeps and gets its files. */

import { LabelSelector, ObjectMeta } from "../meta/object-meta.ts";
import { bool, embed, type Infer, int32, int64, list, map, quantity, ref, string, struct } from "../schema.ts";
import { PersistentVolumeClaimSpec } from "./persistent-volume-claim.ts";
import { LocalObjectReference } from "./references.ts";

export const HostPathVolumeSource = struct(
  "io.k8s.api.core.v1.HostPathVolumeSource",
  "A file or folder of the node itself. A pod with it can reach whatever the path allows: avoid it.",
  {
    path: string(1, { always: true, required: true, doc: "The path on the node; links are followed." }),
    type: string(2, {
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
    medium: string(1, { doc: "Nothing for the node's disk, Memory for a tmpfs that counts as memory, HugePages for hugepages." }),
    sizeLimit: quantity(2, { pointer: true, doc: "The most that it may hold; a pod that exceeds it is evicted." }),
  },
);
export interface EmptyDirVolumeSource extends Infer<typeof EmptyDirVolumeSource> {}

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

export const KeyToPath = struct("io.k8s.api.core.v1.KeyToPath", "Which key goes into which file.", {
  key: string(1, { always: true, required: true, doc: "The key." }),
  path: string(2, { always: true, required: true, doc: "The file's path inside the volume: relative, without '..'." }),
  mode: int32(3, { pointer: true, doc: "Permission bits of this file; the volume's defaultMode when left out." }),
});
export interface KeyToPath extends Infer<typeof KeyToPath> {}

export const SecretVolumeSource = struct(
  "io.k8s.api.core.v1.SecretVolumeSource",
  "A volume with one file for each key of a Secret, kept in memory and never on disk.",
  {
    secretName: string(1, { doc: "The Secret." }),
    items: list(KeyToPath, 2, {
      listType: "atomic",
      doc: "Which keys, and under which paths; all keys under their own names when left out.",
    }),
    defaultMode: int32(3, {
      pointer: true,
      doc: "Permission bits for files without a mode of their own, as decimal 0-511 or octal in YAML; 0644 by default.",
    }),
    optional: bool(4, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
  },
);
export interface SecretVolumeSource extends Infer<typeof SecretVolumeSource> {}

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

export const PersistentVolumeClaimVolumeSource = struct(
  "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource",
  "Mounts a claim of the pod's namespace.",
  {
    claimName: string(1, { always: true, required: true, doc: "The claim." }),
    readOnly: bool(2, { doc: "Forces every mount of it to be read-only." }),
  },
);
export interface PersistentVolumeClaimVolumeSource extends Infer<typeof PersistentVolumeClaimVolumeSource> {}

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

export const ObjectFieldSelector = struct("io.k8s.api.core.v1.ObjectFieldSelector", "A field of the pod itself.", {
  apiVersion: string(1, { doc: "The version of the path; v1." }),
  fieldPath: string(2, { always: true, required: true, doc: "Such as metadata.labels['app'], spec.nodeName or status.podIP." }),
});
export interface ObjectFieldSelector extends Infer<typeof ObjectFieldSelector> {}

export const ResourceFieldSelector = struct("io.k8s.api.core.v1.ResourceFieldSelector", "A request or limit of a container.", {
  containerName: string(1, { doc: "The container; needed in volumes." }),
  resource: string(2, { always: true, required: true, doc: "Such as limits.cpu or requests.memory." }),
  divisor: quantity(3, { always: true, doc: "The unit; 1 by default. 1Mi gives memory in mebibytes." }),
});
export interface ResourceFieldSelector extends Infer<typeof ResourceFieldSelector> {}

export const DownwardAPIVolumeFile = struct("io.k8s.api.core.v1.DownwardAPIVolumeFile", "A file that holds one fact about the pod.", {
  path: string(1, { always: true, required: true, doc: "The file's path inside the volume: relative, without '..'." }),
  fieldRef: ref(ObjectFieldSelector, 2, {
    pointer: true,
    doc: "A field of the pod: metadata.name, metadata.namespace, metadata.uid, labels and annotations.",
  }),
  resourceFieldRef: ref(ResourceFieldSelector, 3, { pointer: true, doc: "A container's request or limit." }),
  mode: int32(4, { pointer: true, doc: "Permission bits of this file; the volume's defaultMode when left out." }),
});
export interface DownwardAPIVolumeFile extends Infer<typeof DownwardAPIVolumeFile> {}

export const DownwardAPIVolumeSource = struct(
  "io.k8s.api.core.v1.DownwardAPIVolumeSource",
  "A volume of files that hold facts about the pod itself.",
  {
    items: list(DownwardAPIVolumeFile, 1, { listType: "atomic", doc: "The files." }),
    defaultMode: int32(2, {
      pointer: true,
      doc: "Permission bits for files without a mode of their own, as decimal 0-511 or octal in YAML; 0644 by default.",
    }),
  },
);
export interface DownwardAPIVolumeSource extends Infer<typeof DownwardAPIVolumeSource> {}

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

export const ConfigMapVolumeSource = struct(
  "io.k8s.api.core.v1.ConfigMapVolumeSource",
  "A volume with one file for each key of a ConfigMap; changes of the ConfigMap reach the files within a minute or so.",
  {
    "...LocalObjectReference": embed(LocalObjectReference, 1),
    items: list(KeyToPath, 2, {
      listType: "atomic",
      doc: "Which keys, and under which paths; all keys under their own names when left out.",
    }),
    defaultMode: int32(3, {
      pointer: true,
      doc: "Permission bits for files without a mode of their own, as decimal 0-511 or octal in YAML; 0644 by default.",
    }),
    optional: bool(4, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
  },
);
export interface ConfigMapVolumeSource extends Infer<typeof ConfigMapVolumeSource> {}

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
    readOnly: bool(5, { pointer: true, doc: "Mounts the volume so that nothing can be written to it." }),
    kind: string(6, {
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

export const SecretProjection = struct("io.k8s.api.core.v1.SecretProjection", "Writes a Secret's keys as files into a projected volume.", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  items: list(KeyToPath, 2, {
    listType: "atomic",
    doc: "Which keys, and under which paths; all keys under their own names when left out.",
  }),
  optional: bool(4, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
});
export interface SecretProjection extends Infer<typeof SecretProjection> {}

export const DownwardAPIProjection = struct(
  "io.k8s.api.core.v1.DownwardAPIProjection",
  "Writes facts about the pod into files of a projected volume.",
  {
    items: list(DownwardAPIVolumeFile, 1, { listType: "atomic", doc: "The files." }),
  },
);
export interface DownwardAPIProjection extends Infer<typeof DownwardAPIProjection> {}

export const ConfigMapProjection = struct(
  "io.k8s.api.core.v1.ConfigMapProjection",
  "Writes a ConfigMap's keys as files into a projected volume.",
  {
    "...LocalObjectReference": embed(LocalObjectReference, 1),
    items: list(KeyToPath, 2, {
      listType: "atomic",
      doc: "Which keys, and under which paths; all keys under their own names when left out.",
    }),
    optional: bool(4, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
  },
);
export interface ConfigMapProjection extends Infer<typeof ConfigMapProjection> {}

export const ServiceAccountTokenProjection = struct(
  "io.k8s.api.core.v1.ServiceAccountTokenProjection",
  "Writes a token of the pod's service account into a file and keeps it fresh.",
  {
    audience: string(1, { doc: "Whom the token is for; the API server when left out." }),
    expirationSeconds: int64(2, {
      pointer: true,
      doc: "How long it is valid, at least 600; 3600 by default. It is renewed at 80 % of that.",
    }),
    path: string(3, { always: true, required: true, doc: "The file's path inside the volume." }),
  },
);
export interface ServiceAccountTokenProjection extends Infer<typeof ServiceAccountTokenProjection> {}

export const ClusterTrustBundleProjection = struct(
  "io.k8s.api.core.v1.ClusterTrustBundleProjection",
  "Writes trust anchors of ClusterTrustBundle objects into a file of the volume.",
  {
    name: string(1, { pointer: true, doc: "One bundle by name; excludes signerName and labelSelector." }),
    signerName: string(2, { pointer: true, doc: "All bundles of this signer that labelSelector chooses." }),
    labelSelector: ref(LabelSelector, 3, {
      pointer: true,
      doc: "Which of the signer's bundles to take; nothing selects none, an empty selector all.",
    }),
    optional: bool(5, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
    path: string(4, { always: true, required: true, doc: "The file's path inside the volume." }),
  },
);
export interface ClusterTrustBundleProjection extends Infer<typeof ClusterTrustBundleProjection> {}

export const PodCertificateProjection = struct(
  "io.k8s.api.core.v1.PodCertificateProjection",
  "Gets a key and a certificate for the pod and keeps them fresh.",
  {
    signerName: string(1, { required: true, doc: "The signer that is asked." }),
    keyType: string(2, { required: true, doc: "The kind of key: RSA3072, RSA4096, ECDSAP256, ECDSAP384, ECDSAP521 or ED25519." }),
    maxExpirationSeconds: int32(3, { pointer: true, doc: "How long the certificate may be valid at the most." }),
    credentialBundlePath: string(4, { doc: "The file for the key and the certificates together." }),
    keyPath: string(5, { doc: "The file for the key." }),
    certificateChainPath: string(6, { doc: "The file for the certificates." }),
    userAnnotations: map(string, 7, { doc: "Further facts for the signer." }),
  },
);
export interface PodCertificateProjection extends Infer<typeof PodCertificateProjection> {}

export const VolumeProjection = struct("io.k8s.api.core.v1.VolumeProjection", "One source of a projected volume: exactly one of these.", {
  secret: ref(SecretProjection, 1, { pointer: true, doc: "Keys of a Secret." }),
  downwardAPI: ref(DownwardAPIProjection, 2, { pointer: true, doc: "Facts about the pod." }),
  configMap: ref(ConfigMapProjection, 3, { pointer: true, doc: "Keys of a ConfigMap." }),
  serviceAccountToken: ref(ServiceAccountTokenProjection, 4, { pointer: true, doc: "A token of the pod's service account." }),
  clusterTrustBundle: ref(ClusterTrustBundleProjection, 5, { pointer: true, disabled: true, doc: "Trust anchors." }),
  podCertificate: ref(PodCertificateProjection, 6, { pointer: true, disabled: true, doc: "A key and certificate for the pod." }),
});
export interface VolumeProjection extends Infer<typeof VolumeProjection> {}

export const ProjectedVolumeSource = struct("io.k8s.api.core.v1.ProjectedVolumeSource", "A folder with files from several sources.", {
  sources: list(VolumeProjection, 1, { always: true, listType: "atomic", doc: "The sources; their paths must not clash." }),
  defaultMode: int32(2, {
    pointer: true,
    doc: "Permission bits for files without a mode of their own, as decimal 0-511 or octal in YAML; 0644 by default.",
  }),
});
export interface ProjectedVolumeSource extends Infer<typeof ProjectedVolumeSource> {}

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
  secretRef: ref(LocalObjectReference, 3, { pointer: true, always: true, required: true, doc: "The Secret with the credentials." }),
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
  pullPolicy: string(2, { enum: ["Always", "IfNotPresent", "Never"], doc: "Always, IfNotPresent or Never, as in a container." }),
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
