/** Volumes of a pod. */
import { checkDns1123Subdomain } from "#codec/mod.ts";
import { ImageVolumeSource, VolumeSource } from "../../core/volume.ts";
import type { AnyObject } from "../../rules.ts";
import type { Struct } from "../../schema.ts";
import { checkDeclared, enumOf } from "../declared.ts";
import { driverName } from "../kinds/device-names.ts";
import { validateTemplateMeta } from "../kinds/template-meta.ts";
import { checksOfSystems, validatePortalLength } from "../kinds/volume-systems.ts";
import { dnsLabel, isNegative, noBacksteps, oneOf, relativePath } from "../primitives.ts";
import type { Problems } from "../problems.ts";
import { Problems as Collector, quoted } from "../problems.ts";
import { validateClaimSpec } from "../storage-claim.ts";
import { filesOf } from "./volume-files.ts";

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
    validateSource(volume, at, podName, own);
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

function validateSource(volume: AnyObject, at: string, podName: string | undefined, problems: Problems): void {
  const of: Owner = { volumeName: volume.name ?? "", podName };
  let count = 0;
  for (const kind of sources) {
    const source = volume[kind];
    if (!source) continue;
    if (count++ > 0) {
      problems.forbidden(
        `${at}.${kind === "downwardAPI" ? "downwarAPI" : kind === "cephfs" ? "cephFS" : kind}`,
        "may not specify more than 1 volume type",
      );
    } else validateKind(kind, source, `${at}.${kind === "gcePersistentDisk" ? "persistentDisk" : kind}`, of, problems);
    if (kind === "iscsi") validatePortalLength(source, { at: `${at}.name`, shown: of.volumeName, volumeName: of.volumeName }, problems);
  }
  if (count === 0) problems.required(at, "must specify a volume type");
}

/** Of these, nothing that is declared is left to check. */
const judgedWhole = new Set<string>(["csi", "iscsi", "storageos", "quobyte", "hostPath"]);

function validateKind(kind: (typeof sources)[number], source: AnyObject, at: string, of: Owner, problems: Problems): void {
  const own = filesOf[kind] ?? checksOfKind[kind];
  if (own) return own(source, at, problems, of);
  if (!judgedWhole.has(kind)) checkDeclared(VolumeSource.fields.get(kind)?.schema as Struct, source, at, problems);
  checksOfSystems[kind]?.(source, at, problems, { ...of, inPod: true });
}

interface Owner {
  volumeName: string;
  podName: string | undefined;
}

const checksOfKind: Partial<Record<string, (source: AnyObject, at: string, problems: Problems, of: Owner) => void>> = {
  emptyDir({ sizeLimit }, at, problems) {
    if (sizeLimit !== undefined && isNegative(sizeLimit))
      problems.forbidden(`${at}.sizeLimit`, "SizeLimit field must be a valid resource quantity");
  },
  hostPath: validateHostPath,
  gitRepo({ repository, directory = "" }, at, problems) {
    if (!repository) problems.required(`${at}.repository`);
    relativePath(directory, `${at}.directory`, problems);
  },
  nfs: validateNfs,
  csi({ driver, nodePublishSecretRef: secret }, at, problems) {
    if (!driver) problems.required(`${at}.driver`);
    else driverName(driver, `${at}.driver`, problems);
    if (secret && !secret.name) problems.required(`${at}.nodePublishSecretRef.name`);
    else if (secret) problems.invalids(`${at}.name`, secret.name, checkDns1123Subdomain(secret.name));
  },
  ephemeral({ volumeClaimTemplate: template }, at, problems, { volumeName, podName }) {
    if (!template) problems.required(`${at}.volumeClaimTemplate`);
    else {
      validateTemplateMeta(template.metadata ?? {}, `${at}.volumeClaimTemplate.metadata`, problems);
      validateClaimSpec(template.spec ?? {}, `${at}.volumeClaimTemplate.spec`, problems);
    }
    if (!podName || !volumeName) return;
    const claim = `${podName}-${volumeName}`;
    const where = `${at.slice(0, -".ephemeral".length)}.name`;
    for (const text of checkDns1123Subdomain(claim)) problems.invalid(where, volumeName, `PVC name ${quoted(claim)}: ${text}`);
  },
  image({ reference, pullPolicy }, at, problems, { podName }) {
    if (podName !== undefined && !reference) problems.required(`${at}.reference`);
    oneOf(pullPolicy, enumOf(ImageVolumeSource, "pullPolicy"), `${at}.pullPolicy`, problems);
  },
};

export function validateNfs({ server, path = "" }: AnyObject, at: string, problems: Problems): void {
  if (!server) problems.required(`${at}.server`);
  if (!path) problems.required(`${at}.path`);
  if (!path.startsWith("/")) problems.invalid(`${at}.path`, path, "must be an absolute path");
}

const hostPathTypes = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

export function validateHostPath(source: AnyObject, at: string, problems: Problems): void {
  if (!source.path) return problems.required(`${at}.path`);
  noBacksteps(source.path, `${at}.path`, problems);
  if (source.type !== undefined && !hostPathTypes.includes(source.type)) problems.notSupported(`${at}.type`, source.type, hostPathTypes);
}
