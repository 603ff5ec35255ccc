/** What a pod and a volume refer to: all that a kubelet must read to run the one and to mount the other. */
import type { Container, PersistentVolume, Pod, Volume } from "#api/mod.ts";

const names = (list: (string | undefined)[]): string[] => list.filter((name): name is string => name !== undefined && name !== "");

function containersOf({ spec }: Pod): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...((spec?.ephemeralContainers ?? []) as Container[])];
}

/** Pull secrets, environment and volumes; what a claim's volume refers to is not the pod's own. */
export function podSecrets(pod: Pod): string[] {
  return names([
    ...(pod.spec?.imagePullSecrets ?? []).map(({ name }) => name),
    ...containersOf(pod).flatMap(({ envFrom, env }) => [
      ...(envFrom ?? []).map(({ secretRef }) => secretRef?.name),
      ...(env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ]),
    ...(pod.spec?.volumes ?? []).flatMap(volumeSecrets),
  ]);
}

function volumeSecrets(volume: Volume): (string | undefined)[] {
  const { azureFile, cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos, csi, secret, projected } = volume;
  return [
    secret?.secretName,
    azureFile?.secretName,
    csi?.nodePublishSecretRef?.name,
    ...[cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos].map((source) => source?.secretRef?.name),
    ...(projected?.sources ?? []).map((source) => source.secret?.name),
  ];
}

export function podConfigMaps(pod: Pod): string[] {
  return names([
    ...containersOf(pod).flatMap(({ envFrom, env }) => [
      ...(envFrom ?? []).map(({ configMapRef }) => configMapRef?.name),
      ...(env ?? []).map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
    ]),
    ...(pod.spec?.volumes ?? []).flatMap(({ configMap, projected }) => [
      configMap?.name,
      ...(projected?.sources ?? []).map((source) => source.configMap?.name),
    ]),
  ]);
}

export function podClaims(pod: Pod): string[] {
  return names(
    (pod.spec?.volumes ?? []).map((volume) =>
      volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : volume.persistentVolumeClaim?.claimName,
    ),
  );
}

/** Named in the spec, or generated for a template and noted in the status. */
export function podResourceClaims({ spec, status }: Pod): string[] {
  const generated = new Map((status?.resourceClaimStatuses ?? []).map((each) => [each.name, each.resourceClaimName]));
  return names([
    ...(spec?.resourceClaims ?? []).map(({ name, resourceClaimName }) => resourceClaimName ?? generated.get(name)),
    status?.extendedResourceClaimStatus?.resourceClaimName,
  ]);
}

/** Secrets that a kubelet needs to mount the volume; those for attaching and growing it are the controllers'. */
export function volumeSecretsOf({ spec }: PersistentVolume): { namespace: string; name: string }[] {
  const own = spec?.claimRef?.namespace ?? "";
  const { azureFile, cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos, csi } = spec ?? {};
  const out: { namespace: string; name: string }[] = [];
  const add = (ref: { namespace?: string; name?: string } | undefined, otherwise: string) => {
    if (ref?.name) out.push({ namespace: ref.namespace || otherwise, name: ref.name });
  };
  add(azureFile && { namespace: azureFile.secretNamespace, name: azureFile.secretName }, own);
  for (const source of [cephfs, flexVolume, rbd, scaleIO, iscsi]) add(source?.secretRef, own);
  for (const source of [cinder, storageos]) add(source?.secretRef, "");
  for (const ref of [csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef]) add(ref, "");
  return out;
}

/** The first of the API's objects that a mirror pod may not refer to, in upstream's words; undefined: it refers to none. */
export function apiReference(pod: Pod): string | undefined {
  if (pod.spec?.serviceAccountName) return "serviceaccounts";
  if (podSecrets(pod).length > 0) return "secrets";
  if (podConfigMaps(pod).length > 0) return "configmaps";
  if (pod.spec?.resourceClaims?.length) return "resourceclaims";
  for (const volume of pod.spec?.volumes ?? []) {
    const found = volumeReference(volume);
    if (found) return found;
  }
  return undefined;
}

function volumeReference(volume: Volume): string | undefined {
  if (volume.configMap) return "configmaps (via configmap volumes)";
  if (volume.secret) return "secrets (via secret volumes)";
  if (volume.csi) return "csidrivers (via CSI volumes)";
  if (volume.glusterfs) return "endpoints (via glusterFS volumes)";
  if (volume.persistentVolumeClaim) return "persistentvolumeclaims";
  if (volume.ephemeral) return "persistentvolumeclaims (via ephemeral volumes)";
  if (volume.azureFile) return "secrets (via azureFile volumes)";
  for (const source of volume.projected?.sources ?? []) {
    if (source.configMap) return "configmaps (via projected volumes)";
    if (source.secret) return "secrets (via projected volumes)";
    if (source.serviceAccountToken) return "serviceaccounts (via projected volumes)";
    if (source.clusterTrustBundle) return "clustertrustbundles";
    if (source.podCertificate) return "podcertificates";
  }
  return undefined;
}
