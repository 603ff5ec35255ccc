/** Variables of containers, and what they refer to. */
import { checkConfigKey, checkDns1123Subdomain, checkEnvName, checkLabelKey, formatQuantity } from "#codec/mod.ts";
import type { AnyObject } from "../../rules.ts";
import { dnsLabel, noBacksteps, quantityOf } from "../primitives.ts";
import type { Problems } from "../problems.ts";
import { placedContainers } from "./placed-containers.ts";

export function validateEnv(env: AnyObject[], field: string, problems: Problems): void {
  for (const [i, variable] of env.entries()) {
    const at = `${field}[${i}]`;
    if (!variable.name) problems.required(`${at}.name`);
    else problems.invalids(`${at}.name`, variable.name, checkEnvName(variable.name));
    if (variable.valueFrom) validateValueFrom(variable, `${at}.valueFrom`, problems);
  }
}

const envFieldPaths = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const knownFieldPaths = new Set([
  ...envFieldPaths,
  "metadata.annotations",
  "metadata.labels",
  "spec.restartPolicy",
  "status.phase",
  "spec.schedulerName",
]);

function validateValueFrom(variable: AnyObject, at: string, problems: Problems): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = variable.valueFrom;
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length;
  if (fieldRef) validateFieldRef(fieldRef, envFieldPaths, `${at}.fieldRef`, problems);
  if (resourceFieldRef) validateResourceFieldRef(resourceFieldRef, `${at}.resourceFieldRef`, false, problems);
  if (configMapKeyRef) validateKeyRef(configMapKeyRef, `${at}.configMapKeyRef`, problems);
  if (secretKeyRef) validateKeyRef(secretKeyRef, `${at}.secretKeyRef`, problems);
  if (fileKeyRef) validateFileKeyRef(fileKeyRef, `${at}.fileKeyRef`, problems);
  if (sources === 0)
    problems.invalid(at, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
  else if (variable.value) problems.invalid(at, "", "may not be specified when `value` is not empty");
  else if (sources > 1) problems.invalid(at, "", "may not have more than one field specified at a time");
}

export function validateFieldRef(ref: AnyObject, paths: readonly string[], at: string, problems: Problems): void {
  if (!ref.apiVersion) return problems.required(`${at}.apiVersion`);
  if (!ref.fieldPath) return problems.required(`${at}.fieldPath`);
  const path: string = ref.fieldPath === "spec.host" ? "spec.nodeName" : ref.fieldPath;
  const subscript = /^([^[]*)\['([^']*)'\]$/.exec(path);
  const known = ref.apiVersion === "v1" && (subscript ? /^metadata\.(annotations|labels)$/.test(subscript[1]!) : knownFieldPaths.has(path));
  if (ref.apiVersion !== "v1")
    return problems.invalid(`${at}.fieldPath`, path, `error converting fieldPath: unsupported pod version: ${ref.apiVersion}`);
  if (!known)
    return problems.invalid(
      `${at}.fieldPath`,
      path,
      subscript
        ? `error converting fieldPath: field label does not support subscript: ${path}`
        : `error converting fieldPath: field label not supported: ${path}`,
    );
  if (subscript) {
    const key = subscript[1] === "metadata.annotations" ? subscript[2]!.toLowerCase() : subscript[2]!;
    problems.invalids(at, key, checkLabelKey(key));
  } else if (!paths.includes(path)) problems.notSupported(`${at}.fieldPath`, path, paths);
}

const resourceFields = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];

export function validateResourceFieldRef(ref: AnyObject, at: string, inVolume: boolean, problems: Problems): void {
  if (inVolume && !ref.containerName) problems.required(`${at}.containerName`);
  else if (!ref.resource) problems.required(`${at}.resource`);
  else if (!resourceFields.includes(ref.resource) && !/^(limits|requests)\.hugepages-/.test(ref.resource))
    problems.notSupported(`${at}.resource`, ref.resource, resourceFields);
  validateDivisor(ref.resource ?? "", ref.divisor, `${at}.divisor`, problems);
}

const sizes = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

function validateDivisor(resource: string, given: unknown, at: string, problems: Problems): void {
  const divisor = given === undefined ? "0" : formatQuantity(quantityOf(given));
  if (divisor === "0") return;
  const [, of] = /^(?:limits|requests)\.(cpu|memory|ephemeral-storage|hugepages(?=-.))/.exec(resource) ?? [];
  if (!of) return;
  const units = of === "cpu" ? ["1m", "1"] : sizes;
  if (units.includes(divisor)) return;
  const named = of === "ephemeral-storage" ? "local ephemeral storage" : of;
  const list = of === "cpu" ? "1m and 1" : units.join(", ");
  problems.invalid(at, resource, `only divisor's values ${list} are supported with the ${named} resource`);
}

function validateFileKeyRef({ key, volumeName, path }: AnyObject, at: string, problems: Problems): void {
  if (key) problems.invalids(`${at}.key`, key, checkEnvName(key));
  else problems.required(`${at}.key`);
  if (volumeName) dnsLabel(volumeName, `${at}.volumeName`, problems);
  else problems.required(`${at}.volumeName`);
  if (path) noBacksteps(path, `${at}.path`, problems);
  else problems.required(`${at}.path`);
}

/** The volumes that variables are read from are empty folders, which an init container filled. */
export function validateFileKeyVolumes(spec: AnyObject, field: string, problems: Problems): void {
  const volumes = new Map<string, AnyObject>((spec.volumes ?? []).map((volume: AnyObject) => [volume.name ?? "", volume]));
  for (const [container, at] of placedContainers(spec, field))
    for (const [i, variable] of (container.env ?? []).entries()) {
      const ref = variable.valueFrom?.fileKeyRef;
      if (!ref) continue;
      const where = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      const [name, volume] = [ref.volumeName ?? "", volumes.get(ref.volumeName ?? "")];
      if (!volume) problems.notFound(where, name);
      else if (!volume.emptyDir) problems.invalid(where, name, "referenced volume must be of type emptyDir");
    }
}

function validateKeyRef(ref: AnyObject, at: string, problems: Problems): void {
  problems.invalids(`${at}.name`, ref.name ?? "", checkDns1123Subdomain(ref.name ?? ""));
  if (!ref.key) problems.required(`${at}.key`);
  else problems.invalids(`${at}.key`, ref.key, checkConfigKey(ref.key));
}

export function validateEnvFrom(sources: AnyObject[], field: string, problems: Problems): void {
  for (const [i, source] of sources.entries()) {
    const at = `${field}[${i}]`;
    if (source.prefix) problems.invalids(`${at}.prefix`, source.prefix, checkEnvName(source.prefix));
    for (const part of ["configMapRef", "secretRef"]) {
      if (!source[part]) continue;
      if (!source[part].name) problems.required(`${at}.${part}.name`);
      else problems.invalids(`${at}.${part}.name`, source[part].name, checkDns1123Subdomain(source[part].name));
    }
    if (!source.configMapRef && !source.secretRef) problems.invalid(field, "", "must specify one of: `configMapRef` or `secretRef`");
    else if (source.configMapRef && source.secretRef) problems.invalid(field, "", "may not have more than one field specified at a time");
  }
}
