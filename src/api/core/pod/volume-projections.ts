/** Volumes whose files are written by the kubelet: Secrets, ConfigMaps, the downward API, tokens. */

import { LabelSelector } from "../../meta/object-meta.ts";
import { bool, embed, type Infer, int32, int64, list, map, quantity, ref, string, struct } from "../../schema.ts";
import { LocalObjectReference } from "../references.ts";

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
