/** Where a pod keeps and gets its files. */

import { LabelSelector, ObjectMeta } from "../meta/object-meta.ts";
import { bool, embed, type Infer, int32, int64, list, map, quantity, ref, string, struct } from "../schema.ts";
import { PersistentVolumeClaimSpec } from "./persistent-volume-claim.ts";
import { LocalObjectReference } from "./references.ts";

export const HostPathVolumeSource = struct("io.k8s.api.core.v1.HostPathVolumeSource", {
  path: string(1, { always: true, required: true }),
  type: string(2, {
    pointer: true,
    enum: ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"],
  }),
});
export interface HostPathVolumeSource extends Infer<typeof HostPathVolumeSource> {}

export const EmptyDirVolumeSource = struct("io.k8s.api.core.v1.EmptyDirVolumeSource", {
  medium: string(1),
  sizeLimit: quantity(2, { pointer: true }),
});
export interface EmptyDirVolumeSource extends Infer<typeof EmptyDirVolumeSource> {}

export const GCEPersistentDiskVolumeSource = struct("io.k8s.api.core.v1.GCEPersistentDiskVolumeSource", {
  pdName: string(1, { always: true, required: true }),
  fsType: string(2),
  partition: int32(3),
  readOnly: bool(4),
});
export interface GCEPersistentDiskVolumeSource extends Infer<typeof GCEPersistentDiskVolumeSource> {}

export const AWSElasticBlockStoreVolumeSource = struct("io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource", {
  volumeID: string(1, { always: true, required: true }),
  fsType: string(2),
  partition: int32(3),
  readOnly: bool(4),
});
export interface AWSElasticBlockStoreVolumeSource extends Infer<typeof AWSElasticBlockStoreVolumeSource> {}

export const GitRepoVolumeSource = struct("io.k8s.api.core.v1.GitRepoVolumeSource", {
  repository: string(1, { always: true, required: true }),
  revision: string(2),
  directory: string(3),
});
export interface GitRepoVolumeSource extends Infer<typeof GitRepoVolumeSource> {}

export const KeyToPath = struct("io.k8s.api.core.v1.KeyToPath", {
  key: string(1, { always: true, required: true }),
  path: string(2, { always: true, required: true }),
  mode: int32(3, { pointer: true }),
});
export interface KeyToPath extends Infer<typeof KeyToPath> {}

export const SecretVolumeSource = struct("io.k8s.api.core.v1.SecretVolumeSource", {
  secretName: string(1),
  items: list(KeyToPath, 2, { listType: "atomic" }),
  defaultMode: int32(3, { pointer: true }),
  optional: bool(4, { pointer: true }),
});
export interface SecretVolumeSource extends Infer<typeof SecretVolumeSource> {}

export const NFSVolumeSource = struct("io.k8s.api.core.v1.NFSVolumeSource", {
  server: string(1, { always: true, required: true }),
  path: string(2, { always: true, required: true }),
  readOnly: bool(3),
});
export interface NFSVolumeSource extends Infer<typeof NFSVolumeSource> {}

export const ISCSIVolumeSource = struct("io.k8s.api.core.v1.ISCSIVolumeSource", {
  targetPortal: string(1, { always: true, required: true }),
  iqn: string(2, { always: true, required: true }),
  lun: int32(3, { always: true, required: true }),
  iscsiInterface: string(4, { default: "default" }),
  fsType: string(5),
  readOnly: bool(6),
  portals: list(string, 7, { listType: "atomic" }),
  chapAuthDiscovery: bool(8),
  chapAuthSession: bool(11),
  secretRef: ref(LocalObjectReference, 10, { pointer: true }),
  initiatorName: string(12, { pointer: true }),
});
export interface ISCSIVolumeSource extends Infer<typeof ISCSIVolumeSource> {}

export const GlusterfsVolumeSource = struct("io.k8s.api.core.v1.GlusterfsVolumeSource", {
  endpoints: string(1, { always: true, required: true }),
  path: string(2, { always: true, required: true }),
  readOnly: bool(3),
});
export interface GlusterfsVolumeSource extends Infer<typeof GlusterfsVolumeSource> {}

export const PersistentVolumeClaimVolumeSource = struct("io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", {
  claimName: string(1, { always: true, required: true }),
  readOnly: bool(2),
});
export interface PersistentVolumeClaimVolumeSource extends Infer<typeof PersistentVolumeClaimVolumeSource> {}

export const RBDVolumeSource = struct("io.k8s.api.core.v1.RBDVolumeSource", {
  monitors: list(string, 1, { always: true, required: true, listType: "atomic" }),
  image: string(2, { always: true, required: true }),
  fsType: string(3),
  pool: string(4, { default: "rbd" }),
  user: string(5, { default: "admin" }),
  keyring: string(6, { default: "/etc/ceph/keyring" }),
  secretRef: ref(LocalObjectReference, 7, { pointer: true }),
  readOnly: bool(8),
});
export interface RBDVolumeSource extends Infer<typeof RBDVolumeSource> {}

export const FlexVolumeSource = struct("io.k8s.api.core.v1.FlexVolumeSource", {
  driver: string(1, { always: true, required: true }),
  fsType: string(2),
  secretRef: ref(LocalObjectReference, 3, { pointer: true }),
  readOnly: bool(4),
  options: map(string, 5),
});
export interface FlexVolumeSource extends Infer<typeof FlexVolumeSource> {}

export const CinderVolumeSource = struct("io.k8s.api.core.v1.CinderVolumeSource", {
  volumeID: string(1, { always: true, required: true }),
  fsType: string(2),
  readOnly: bool(3),
  secretRef: ref(LocalObjectReference, 4, { pointer: true }),
});
export interface CinderVolumeSource extends Infer<typeof CinderVolumeSource> {}

export const CephFSVolumeSource = struct("io.k8s.api.core.v1.CephFSVolumeSource", {
  monitors: list(string, 1, { always: true, required: true, listType: "atomic" }),
  path: string(2),
  user: string(3),
  secretFile: string(4),
  secretRef: ref(LocalObjectReference, 5, { pointer: true }),
  readOnly: bool(6),
});
export interface CephFSVolumeSource extends Infer<typeof CephFSVolumeSource> {}

export const FlockerVolumeSource = struct("io.k8s.api.core.v1.FlockerVolumeSource", {
  datasetName: string(1),
  datasetUUID: string(2),
});
export interface FlockerVolumeSource extends Infer<typeof FlockerVolumeSource> {}

export const ObjectFieldSelector = struct("io.k8s.api.core.v1.ObjectFieldSelector", {
  apiVersion: string(1),
  fieldPath: string(2, { always: true, required: true }),
});
export interface ObjectFieldSelector extends Infer<typeof ObjectFieldSelector> {}

export const ResourceFieldSelector = struct("io.k8s.api.core.v1.ResourceFieldSelector", {
  containerName: string(1),
  resource: string(2, { always: true, required: true }),
  divisor: quantity(3, { always: true }),
});
export interface ResourceFieldSelector extends Infer<typeof ResourceFieldSelector> {}

export const DownwardAPIVolumeFile = struct("io.k8s.api.core.v1.DownwardAPIVolumeFile", {
  path: string(1, { always: true, required: true }),
  fieldRef: ref(ObjectFieldSelector, 2, { pointer: true }),
  resourceFieldRef: ref(ResourceFieldSelector, 3, { pointer: true }),
  mode: int32(4, { pointer: true }),
});
export interface DownwardAPIVolumeFile extends Infer<typeof DownwardAPIVolumeFile> {}

export const DownwardAPIVolumeSource = struct("io.k8s.api.core.v1.DownwardAPIVolumeSource", {
  items: list(DownwardAPIVolumeFile, 1, { listType: "atomic" }),
  defaultMode: int32(2, { pointer: true }),
});
export interface DownwardAPIVolumeSource extends Infer<typeof DownwardAPIVolumeSource> {}

export const FCVolumeSource = struct("io.k8s.api.core.v1.FCVolumeSource", {
  targetWWNs: list(string, 1, { listType: "atomic" }),
  lun: int32(2, { pointer: true }),
  fsType: string(3),
  readOnly: bool(4),
  wwids: list(string, 5, { listType: "atomic" }),
});
export interface FCVolumeSource extends Infer<typeof FCVolumeSource> {}

export const AzureFileVolumeSource = struct("io.k8s.api.core.v1.AzureFileVolumeSource", {
  secretName: string(1, { always: true, required: true }),
  shareName: string(2, { always: true, required: true }),
  readOnly: bool(3),
});
export interface AzureFileVolumeSource extends Infer<typeof AzureFileVolumeSource> {}

export const ConfigMapVolumeSource = struct("io.k8s.api.core.v1.ConfigMapVolumeSource", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  items: list(KeyToPath, 2, { listType: "atomic" }),
  defaultMode: int32(3, { pointer: true }),
  optional: bool(4, { pointer: true }),
});
export interface ConfigMapVolumeSource extends Infer<typeof ConfigMapVolumeSource> {}

export const VsphereVirtualDiskVolumeSource = struct("io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource", {
  volumePath: string(1, { always: true, required: true }),
  fsType: string(2),
  storagePolicyName: string(3),
  storagePolicyID: string(4),
});
export interface VsphereVirtualDiskVolumeSource extends Infer<typeof VsphereVirtualDiskVolumeSource> {}

export const QuobyteVolumeSource = struct("io.k8s.api.core.v1.QuobyteVolumeSource", {
  registry: string(1, { always: true, required: true }),
  volume: string(2, { always: true, required: true }),
  readOnly: bool(3),
  user: string(4),
  group: string(5),
  tenant: string(6),
});
export interface QuobyteVolumeSource extends Infer<typeof QuobyteVolumeSource> {}

export const AzureDiskVolumeSource = struct("io.k8s.api.core.v1.AzureDiskVolumeSource", {
  diskName: string(1, { always: true, required: true }),
  diskURI: string(2, { always: true, required: true }),
  cachingMode: string(3, { pointer: true, default: "ReadWrite", enum: ["None", "ReadOnly", "ReadWrite"] }),
  fsType: string(4, { pointer: true, default: "ext4" }),
  readOnly: bool(5, { pointer: true }),
  kind: string(6, { pointer: true, default: "Shared", enum: ["Dedicated", "Managed", "Shared"] }),
});
export interface AzureDiskVolumeSource extends Infer<typeof AzureDiskVolumeSource> {}

export const PhotonPersistentDiskVolumeSource = struct("io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource", {
  pdID: string(1, { always: true, required: true }),
  fsType: string(2),
});
export interface PhotonPersistentDiskVolumeSource extends Infer<typeof PhotonPersistentDiskVolumeSource> {}

export const SecretProjection = struct("io.k8s.api.core.v1.SecretProjection", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  items: list(KeyToPath, 2, { listType: "atomic" }),
  optional: bool(4, { pointer: true }),
});
export interface SecretProjection extends Infer<typeof SecretProjection> {}

export const DownwardAPIProjection = struct("io.k8s.api.core.v1.DownwardAPIProjection", {
  items: list(DownwardAPIVolumeFile, 1, { listType: "atomic" }),
});
export interface DownwardAPIProjection extends Infer<typeof DownwardAPIProjection> {}

export const ConfigMapProjection = struct("io.k8s.api.core.v1.ConfigMapProjection", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  items: list(KeyToPath, 2, { listType: "atomic" }),
  optional: bool(4, { pointer: true }),
});
export interface ConfigMapProjection extends Infer<typeof ConfigMapProjection> {}

export const ServiceAccountTokenProjection = struct("io.k8s.api.core.v1.ServiceAccountTokenProjection", {
  audience: string(1),
  expirationSeconds: int64(2, { pointer: true }),
  path: string(3, { always: true, required: true }),
});
export interface ServiceAccountTokenProjection extends Infer<typeof ServiceAccountTokenProjection> {}

export const ClusterTrustBundleProjection = struct("io.k8s.api.core.v1.ClusterTrustBundleProjection", {
  name: string(1, { pointer: true }),
  signerName: string(2, { pointer: true }),
  labelSelector: ref(LabelSelector, 3, { pointer: true }),
  optional: bool(5, { pointer: true }),
  path: string(4, { always: true, required: true }),
});
export interface ClusterTrustBundleProjection extends Infer<typeof ClusterTrustBundleProjection> {}

export const PodCertificateProjection = struct("io.k8s.api.core.v1.PodCertificateProjection", {
  signerName: string(1, { required: true }),
  keyType: string(2, { required: true }),
  maxExpirationSeconds: int32(3, { pointer: true }),
  credentialBundlePath: string(4),
  keyPath: string(5),
  certificateChainPath: string(6),
  userAnnotations: map(string, 7),
});
export interface PodCertificateProjection extends Infer<typeof PodCertificateProjection> {}

export const VolumeProjection = struct("io.k8s.api.core.v1.VolumeProjection", {
  secret: ref(SecretProjection, 1, { pointer: true }),
  downwardAPI: ref(DownwardAPIProjection, 2, { pointer: true }),
  configMap: ref(ConfigMapProjection, 3, { pointer: true }),
  serviceAccountToken: ref(ServiceAccountTokenProjection, 4, { pointer: true }),
  clusterTrustBundle: ref(ClusterTrustBundleProjection, 5, { pointer: true }),
  podCertificate: ref(PodCertificateProjection, 6, { pointer: true }),
});
export interface VolumeProjection extends Infer<typeof VolumeProjection> {}

export const ProjectedVolumeSource = struct("io.k8s.api.core.v1.ProjectedVolumeSource", {
  sources: list(VolumeProjection, 1, { always: true, listType: "atomic" }),
  defaultMode: int32(2, { pointer: true }),
});
export interface ProjectedVolumeSource extends Infer<typeof ProjectedVolumeSource> {}

export const PortworxVolumeSource = struct("io.k8s.api.core.v1.PortworxVolumeSource", {
  volumeID: string(1, { always: true, required: true }),
  fsType: string(2),
  readOnly: bool(3),
});
export interface PortworxVolumeSource extends Infer<typeof PortworxVolumeSource> {}

export const ScaleIOVolumeSource = struct("io.k8s.api.core.v1.ScaleIOVolumeSource", {
  gateway: string(1, { always: true, required: true }),
  system: string(2, { always: true, required: true }),
  secretRef: ref(LocalObjectReference, 3, { pointer: true, always: true, required: true }),
  sslEnabled: bool(4),
  protectionDomain: string(5),
  storagePool: string(6),
  storageMode: string(7, { default: "ThinProvisioned" }),
  volumeName: string(8),
  fsType: string(9, { default: "xfs" }),
  readOnly: bool(10),
});
export interface ScaleIOVolumeSource extends Infer<typeof ScaleIOVolumeSource> {}

export const StorageOSVolumeSource = struct("io.k8s.api.core.v1.StorageOSVolumeSource", {
  volumeName: string(1),
  volumeNamespace: string(2),
  fsType: string(3),
  readOnly: bool(4),
  secretRef: ref(LocalObjectReference, 5, { pointer: true }),
});
export interface StorageOSVolumeSource extends Infer<typeof StorageOSVolumeSource> {}

export const CSIVolumeSource = struct("io.k8s.api.core.v1.CSIVolumeSource", {
  driver: string(1, { always: true, required: true }),
  readOnly: bool(2, { pointer: true }),
  fsType: string(3, { pointer: true }),
  volumeAttributes: map(string, 4),
  nodePublishSecretRef: ref(LocalObjectReference, 5, { pointer: true }),
});
export interface CSIVolumeSource extends Infer<typeof CSIVolumeSource> {}

export const PersistentVolumeClaimTemplate = struct("io.k8s.api.core.v1.PersistentVolumeClaimTemplate", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(PersistentVolumeClaimSpec, 2, { always: true, required: true }),
});
export interface PersistentVolumeClaimTemplate extends Infer<typeof PersistentVolumeClaimTemplate> {}

export const EphemeralVolumeSource = struct("io.k8s.api.core.v1.EphemeralVolumeSource", {
  volumeClaimTemplate: ref(PersistentVolumeClaimTemplate, 1, { pointer: true }),
});
export interface EphemeralVolumeSource extends Infer<typeof EphemeralVolumeSource> {}

export const ImageVolumeSource = struct("io.k8s.api.core.v1.ImageVolumeSource", {
  reference: string(1),
  pullPolicy: string(2, { enum: ["Always", "IfNotPresent", "Never"] }),
});
export interface ImageVolumeSource extends Infer<typeof ImageVolumeSource> {}

export const VolumeSource = struct("io.k8s.api.core.v1.VolumeSource", {
  hostPath: ref(HostPathVolumeSource, 1, { pointer: true }),
  emptyDir: ref(EmptyDirVolumeSource, 2, { pointer: true }),
  gcePersistentDisk: ref(GCEPersistentDiskVolumeSource, 3, { pointer: true }),
  awsElasticBlockStore: ref(AWSElasticBlockStoreVolumeSource, 4, { pointer: true }),
  gitRepo: ref(GitRepoVolumeSource, 5, { pointer: true }),
  secret: ref(SecretVolumeSource, 6, { pointer: true }),
  nfs: ref(NFSVolumeSource, 7, { pointer: true }),
  iscsi: ref(ISCSIVolumeSource, 8, { pointer: true }),
  glusterfs: ref(GlusterfsVolumeSource, 9, { pointer: true }),
  persistentVolumeClaim: ref(PersistentVolumeClaimVolumeSource, 10, { pointer: true }),
  rbd: ref(RBDVolumeSource, 11, { pointer: true }),
  flexVolume: ref(FlexVolumeSource, 12, { pointer: true }),
  cinder: ref(CinderVolumeSource, 13, { pointer: true }),
  cephfs: ref(CephFSVolumeSource, 14, { pointer: true }),
  flocker: ref(FlockerVolumeSource, 15, { pointer: true }),
  downwardAPI: ref(DownwardAPIVolumeSource, 16, { pointer: true }),
  fc: ref(FCVolumeSource, 17, { pointer: true }),
  azureFile: ref(AzureFileVolumeSource, 18, { pointer: true }),
  configMap: ref(ConfigMapVolumeSource, 19, { pointer: true }),
  vsphereVolume: ref(VsphereVirtualDiskVolumeSource, 20, { pointer: true }),
  quobyte: ref(QuobyteVolumeSource, 21, { pointer: true }),
  azureDisk: ref(AzureDiskVolumeSource, 22, { pointer: true }),
  photonPersistentDisk: ref(PhotonPersistentDiskVolumeSource, 23, { pointer: true }),
  projected: ref(ProjectedVolumeSource, 26, { pointer: true }),
  portworxVolume: ref(PortworxVolumeSource, 24, { pointer: true }),
  scaleIO: ref(ScaleIOVolumeSource, 25, { pointer: true }),
  storageos: ref(StorageOSVolumeSource, 27, { pointer: true }),
  csi: ref(CSIVolumeSource, 28, { pointer: true }),
  ephemeral: ref(EphemeralVolumeSource, 29, { pointer: true }),
  image: ref(ImageVolumeSource, 30, { pointer: true }),
});
export interface VolumeSource extends Infer<typeof VolumeSource> {}

export const Volume = struct("io.k8s.api.core.v1.Volume", {
  name: string(1, { always: true, required: true }),
  "...VolumeSource": embed(VolumeSource, 2),
});
export interface Volume extends Infer<typeof Volume> {}
