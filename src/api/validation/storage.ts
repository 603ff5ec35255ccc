/** Volumes, claims and their classes. */
import { checkDns1123Subdomain, checkLabelKey, compareQuantity } from "#codec/mod.ts";
import { semanticEqual } from "../semantic-equal.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { immutable, subdomainName, validateObjectMeta } from "./object-meta.ts";
import { oneOfOrAbsent, quantityOf } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import type { KindRules } from "./rules.ts";
import { validateNodeSelector } from "./scheduling.ts";
import { accessModes, validateClaimSpec } from "./storage-claim.ts";
import { validateHostPath } from "./volumes.ts";

const sources = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
];

function validateVolume({ spec = {} }: AnyObject, problems: Problems): void {
  const modes: string[] = spec.accessModes ?? [];
  if (modes.length === 0) problems.required("spec.accessModes");
  for (const mode of modes) if (!accessModes.includes(mode)) problems.notSupported("spec.accessModes", mode, accessModes);
  if (modes.includes("ReadWriteOncePod") && modes.length > 1)
    problems.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes");
  const capacity = spec.capacity ?? {};
  if (Object.keys(capacity).length === 0) problems.required("spec.capacity");
  if (capacity.storage === undefined || Object.keys(capacity).length > 1) problems.notSupported("spec.capacity", capacity, ["storage"]);
  for (const [name, amount] of Object.entries(capacity))
    if (quantityOf(amount).nanos <= 0n) problems.invalid(`spec.capacity[${name}]`, amount, "must be greater than zero");
  const policies = ["Delete", "Recycle", "Retain"];
  if (spec.persistentVolumeReclaimPolicy && !policies.includes(spec.persistentVolumeReclaimPolicy))
    problems.notSupported("spec.persistentVolumeReclaimPolicy", spec.persistentVolumeReclaimPolicy, policies);
  if (spec.nodeAffinity && !spec.nodeAffinity.required)
    problems.required("spec.nodeAffinity.required", "must specify required node constraints");
  else if (spec.nodeAffinity) validateNodeSelector(spec.nodeAffinity.required, "spec.nodeAffinity.required", problems);
  let count = 0;
  for (const kind of sources) {
    const source = spec[kind];
    if (!source) continue;
    const at = `spec.${kind}`;
    if (count++ > 0) problems.forbidden(at, "may not specify more than 1 volume type");
    else if (kind === "hostPath") validateHostPath(source, at, problems);
    else if (kind === "local") {
      if (!source.path) problems.required(`${at}.path`);
      else if (source.path.split("/").includes("..")) problems.invalid(`${at}.path`, source.path, "must not contain '..'");
      if (!spec.nodeAffinity) problems.required("spec.nodeAffinity", "Local volume requires node affinity");
    } else if (kind === "nfs") {
      for (const key of ["server", "path"]) if (!source[key]) problems.required(`${at}.${key}`);
      if (source.path && !source.path.startsWith("/")) problems.invalid(`${at}.path`, source.path, "must be an absolute path");
    } else if (kind === "csi") {
      if (!source.driver) problems.required(`${at}.driver`);
      if (!source.volumeHandle) problems.required(`${at}.volumeHandle`);
    }
  }
  if (count === 0) problems.required("spec", "must specify a volume type");
  if (spec.hostPath?.path === "/" && spec.persistentVolumeReclaimPolicy === "Recycle")
    problems.forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
  if (spec.storageClassName)
    problems.invalids("spec.storageClassName", spec.storageClassName, checkDns1123Subdomain(spec.storageClassName));
  oneOfOrAbsent(spec.volumeMode, ["Block", "Filesystem"], "spec.volumeMode", problems);
}

export const persistentVolumeRules: KindRules = {
  name: subdomainName,
  create: validateVolume,
  update(next, old, problems) {
    validateObjectMeta(next.metadata, { namespaced: false, name: subdomainName, ofKind: true }, problems);
    validateVolume(next, problems);
    const sourceOf = ({ spec = {} }: AnyObject) =>
      Object.fromEntries(sources.filter((kind) => spec[kind]).map((kind) => [kind, spec[kind]]));
    if (!semanticEqual(sourceOf(next), sourceOf(old)))
      problems.forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation");
    immutable(next.spec?.volumeMode, old.spec?.volumeMode, "spec.volumeMode", problems);
    if (old.spec?.nodeAffinity) immutable(next.spec?.nodeAffinity, old.spec.nodeAffinity, "spec.nodeAffinity", problems);
  },
};

const claimFrozen = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

export const persistentVolumeClaimRules: KindRules = {
  name: subdomainName,
  create: ({ spec = {} }, problems) => validateClaimSpec(spec, "spec", problems),
  update(next, old, problems) {
    const { spec = {} } = next;
    const before = old.spec ?? {};
    validateClaimSpec(spec, "spec", problems);
    const munged: AnyObject = { ...spec };
    if (!before.volumeName) munged.volumeName = before.volumeName;
    if (before.storageClassName === undefined && spec.storageClassName !== undefined) munged.storageClassName = undefined;
    const bound = old.status?.phase === "Bound";
    if (bound) {
      const rest = (resources: AnyObject | undefined) => ({
        ...resources,
        requests: { ...resources?.requests, storage: before.resources?.requests?.storage },
      });
      munged.resources = rest(spec.resources);
      munged.volumeAttributesClassName = before.volumeAttributesClassName;
    }
    if (!semanticEqual(munged, before)) problems.forbidden("spec", `${claimFrozen}\n`);
    const [to, from] = [spec.resources?.requests?.storage, before.resources?.requests?.storage];
    const least = old.status?.capacity?.storage;
    if (bound && to !== undefined && from !== undefined && compareQuantity(quantityOf(to), quantityOf(from)) < 0) {
      if (least === undefined || compareQuantity(quantityOf(to), quantityOf(least)) <= 0)
        problems.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
    }
    immutable(spec.volumeMode, before.volumeMode, "spec.volumeMode", problems);
  },
};

function validateStorageClass(storageClass: AnyObject, problems: Problems): void {
  const { provisioner = "", parameters, reclaimPolicy, volumeBindingMode } = storageClass;
  if (!provisioner) problems.required("provisioner");
  else problems.invalids("provisioner", provisioner, checkLabelKey(provisioner.toLowerCase()));
  for (const key of Object.keys(parameters ?? {})) if (key === "") problems.invalid("parameters", "", "field can not be empty.");
  if (reclaimPolicy !== undefined && !["Delete", "Retain"].includes(reclaimPolicy))
    problems.notSupported("reclaimPolicy", reclaimPolicy, ["Delete", "Retain"]);
  if (volumeBindingMode === undefined) problems.required("volumeBindingMode");
  else if (!["Immediate", "WaitForFirstConsumer"].includes(volumeBindingMode))
    problems.notSupported("volumeBindingMode", volumeBindingMode, ["Immediate", "WaitForFirstConsumer"]);
}

export const storageClassRules: KindRules = {
  name: subdomainName,
  create: validateStorageClass,
  update(next, old, problems) {
    immutable(next.parameters, old.parameters, "parameters", problems);
    immutable(next.provisioner, old.provisioner, "provisioner", problems, "");
    immutable(next.reclaimPolicy, old.reclaimPolicy, "reclaimPolicy", problems);
    immutable(next.volumeBindingMode, old.volumeBindingMode, "volumeBindingMode", problems);
  },
};
