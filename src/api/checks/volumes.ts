/** Volumes of a pod. */
import { checkDns1123Subdomain } from "#codec/mod.ts";
import type { AnyObject } from "../rules.ts";
import { validateFieldRef, validateResourceFieldRef } from "./containers.ts";
import { dnsLabel, fileMode, isNegative, noBacksteps, relativeUnreservedPath } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import { Problems as Collector } from "./problems.ts";
import { validateClaimSpec } from "./storage-claim.ts";

/** Upstream's order; the first that is there counts, further ones are forbidden. */
const sources = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "quobyte",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
  "image",
] as const;

/** Good volumes by name. */
export function validateVolumes(
  volumes: AnyObject[],
  podName: string | undefined,
  field: string,
  problems: Problems,
): Map<string, AnyObject> {
  const good = new Map<string, AnyObject>();
  const created = new Set(podName ? volumes.filter((volume) => volume.ephemeral).map((volume) => `${podName}-${volume.name}`) : []);
  for (const [i, volume] of volumes.entries()) {
    const at = `${field}[${i}]`;
    const own = new Collector();
    validateSource(volume, at, own);
    if (!volume.name) own.required(`${at}.name`);
    else dnsLabel(volume.name, `${at}.name`, own);
    if (good.has(volume.name)) own.duplicate(`${at}.name`, volume.name);
    if (own.none) good.set(volume.name, volume);
    else problems.list.push(...own.list);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim && created.has(claim))
      problems.invalid(
        `${at}.persistentVolumeClaim.claimName`,
        claim,
        "must not reference a PVC that gets created for an ephemeral volume",
      );
  }
  return good;
}

function validateSource(volume: AnyObject, at: string, problems: Problems): void {
  let count = 0;
  for (const kind of sources) {
    const source = volume[kind];
    if (!source) continue;
    if (count++ > 0) {
      problems.forbidden(
        `${at}.${kind === "downwardAPI" ? "downwarAPI" : kind === "cephfs" ? "cephFS" : kind}`,
        "may not specify more than 1 volume type",
      );
      continue;
    }
    validateKind(kind, source, `${at}.${kind}`, problems);
  }
  if (count === 0) problems.required(at, "must specify a volume type");
}

function validateKind(kind: (typeof sources)[number], source: AnyObject, at: string, problems: Problems): void {
  const required = (...keys: string[]) => {
    for (const key of keys) if (!source[key] || source[key].length === 0) problems.required(`${at}.${key}`);
  };
  switch (kind) {
    case "emptyDir":
      if (source.sizeLimit !== undefined && isNegative(source.sizeLimit))
        problems.forbidden(`${at}.sizeLimit`, "SizeLimit field must be a valid resource quantity");
      return;
    case "hostPath":
      return validateHostPath(source, at, problems);
    case "secret":
      required("secretName");
      fileMode(source.defaultMode, `${at}.defaultMode`, problems);
      return validateItems(source.items, `${at}.items`, problems);
    case "configMap":
      required("name");
      fileMode(source.defaultMode, `${at}.defaultMode`, problems);
      return validateItems(source.items, `${at}.items`, problems);
    case "nfs":
      required("server", "path");
      if (source.path && !source.path.startsWith("/")) problems.invalid(`${at}.path`, source.path, "must be an absolute path");
      return;
    case "persistentVolumeClaim":
      return required("claimName");
    case "downwardAPI":
      fileMode(source.defaultMode, `${at}.defaultMode`, problems);
      for (const file of source.items ?? []) validateDownwardFile(file, at, problems);
      return;
    case "projected":
      return validateProjected(source, at, problems);
    case "csi":
      if (!source.driver) problems.required(`${at}.driver`);
      else problems.invalids(`${at}.driver`, source.driver, checkDns1123Subdomain(source.driver.toLowerCase()));
      return;
    case "ephemeral":
      if (!source.volumeClaimTemplate) problems.required(`${at}.volumeClaimTemplate`);
      else validateClaimSpec(source.volumeClaimTemplate.spec ?? {}, `${at}.volumeClaimTemplate.spec`, problems);
      return;
    case "image":
      if (source.reference !== undefined && source.reference.trim() !== source.reference)
        problems.invalid(`${at}.reference`, source.reference, "must not have leading or trailing whitespace");
      return;
    case "iscsi":
      return required("targetPortal", "iqn");
    case "glusterfs":
      return required("endpoints", "path");
    case "rbd":
      return required("monitors", "image");
    case "cephfs":
      return required("monitors");
    case "gitRepo":
      return required("repository");
    case "azureFile":
      return required("secretName", "shareName");
    case "flexVolume":
      return required("driver");
    default:
      return;
  }
}

const hostPathTypes = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

export function validateHostPath(source: AnyObject, at: string, problems: Problems): void {
  if (!source.path) return problems.required(`${at}.path`);
  noBacksteps(source.path, `${at}.path`, problems);
  if (source.type !== undefined && !hostPathTypes.includes(source.type)) problems.notSupported(`${at}.type`, source.type, hostPathTypes);
}

function validateItems(items: AnyObject[] | undefined, field: string, problems: Problems): void {
  for (const [i, item] of (items ?? []).entries()) {
    const at = `${field}[${i}]`;
    if (!item.key) problems.required(`${at}.key`);
    if (!item.path) problems.required(`${at}.path`);
    relativeUnreservedPath(item.path ?? "", `${at}.path`, problems);
    fileMode(item.mode, `${at}.mode`, problems);
  }
}

const volumeFieldPaths = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

function validateDownwardFile(file: AnyObject, at: string, problems: Problems): void {
  if (!file.path) problems.required(`${at}.path`);
  relativeUnreservedPath(file.path ?? "", `${at}.path`, problems);
  if (file.fieldRef) {
    validateFieldRef(file.fieldRef, volumeFieldPaths, `${at}.fieldRef`, problems);
    if (file.resourceFieldRef) problems.invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
  } else if (file.resourceFieldRef) validateResourceFieldRef(file.resourceFieldRef, `${at}.resourceFieldRef`, true, problems);
  else problems.required(at, "one of fieldRef and resourceFieldRef is required");
  fileMode(file.mode, `${at}.mode`, problems);
}

function validateProjected(projected: AnyObject, at: string, problems: Problems): void {
  fileMode(projected.defaultMode, `${at}.defaultMode`, problems);
  const paths = new Set<string>();
  const claim = (path: string | undefined, badValue: unknown) => {
    if (!path) return;
    if (paths.has(path)) problems.invalid(at, badValue, "conflicting duplicate paths");
    paths.add(path);
  };
  for (const [i, source] of (projected.sources ?? []).entries()) {
    const where = `${at}.sources[${i}]`;
    for (const kind of ["secret", "configMap"]) {
      const own = source[kind];
      if (!own) continue;
      if (!own.name) problems.required(`${where}.${kind}.name`);
      validateItems(own.items, `${where}.${kind}.items`, problems);
      for (const item of own.items ?? []) claim(item.path, own.name);
    }
    for (const file of source.downwardAPI?.items ?? []) {
      validateDownwardFile(file, `${where}.downwardAPI`, problems);
      claim(file.path, file.path);
    }
    const token = source.serviceAccountToken;
    if (token) {
      const seconds = `${where}.serviceAccountToken.expirationSeconds`;
      const expiration = token.expirationSeconds ?? 0;
      if (expiration < 600) problems.invalid(seconds, expiration, "may not specify a duration less than 10 minutes");
      if (expiration > 2 ** 32) problems.invalid(seconds, expiration, "may not specify a duration larger than 2^32 seconds");
      if (!token.path) problems.required(`${at}.path`);
      else relativeUnreservedPath(token.path, `${at}.path`, problems);
    }
    const count = ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"].filter(
      (kind) => source[kind],
    ).length;
    if (count > 1) problems.forbidden(where, "may not specify more than 1 volume type per source");
  }
}
