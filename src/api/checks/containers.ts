/** Containers of a pod: regular, init and sidecar, ephemeral. */

import {
  checkConfigKey,
  checkDns1123Subdomain,
  checkEnvName,
  checkHttpHeaderName,
  checkId,
  checkLabelKey,
  checkPortName,
  checkPortNumber,
} from "#codec/mod.ts";
import { Container } from "../core/container.ts";
import type { AnyObject } from "../rules.ts";
import { enumOf } from "./declared.ts";
import { dnsLabel, internalOf, nonNegative, oneOf, portNumberOrName, relativePath } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import { validateResourceRequirements } from "./resources.ts";

export interface PodFacts {
  /** Good volumes by name. */
  volumes: ReadonlyMap<string, AnyObject>;
  claimNames: ReadonlySet<string>;
  gracePeriod: number | undefined;
  hostUsers: boolean;
  restartPolicy: string | undefined;
}

const protocols = ["SCTP", "TCP", "UDP"];

export function validateContainers(spec: AnyObject, field: string, facts: PodFacts, problems: Problems): void {
  const containers: AnyObject[] = spec.containers ?? [];
  if (containers.length === 0) return problems.required(field);
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const at = `${field}[${i}]`;
    validateCommon(container, at, facts, problems);
    if (names.has(container.name)) problems.duplicate(`${at}.name`, container.name);
    names.add(container.name);
    validateHooksAndProbes(container, at, facts, problems);
    validateRestart(container, at, problems);
  }
  validateHostPorts(containers, field, problems);
}

export function validateInitContainers(spec: AnyObject, field: string, facts: PodFacts, problems: Problems): void {
  const names = new Set<string>((spec.containers ?? []).map(({ name }: AnyObject) => name));
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const at = `${field}[${i}]`;
    validateCommon(container, at, facts, problems);
    validateRestart(container, at, problems);
    if (names.has(container.name)) problems.duplicate(`${at}.name`, container.name);
    else if (container.name) names.add(container.name);
    validateHostPorts([container], field, problems);
    if (container.restartPolicy === "Always") validateHooksAndProbes(container, at, facts, problems);
    else
      for (const part of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"])
        if (container[part]) problems.forbidden(`${at}.${part}`, "may not be set for init containers without restartPolicy=Always");
    if (container.restartPolicy !== "Always")
      for (const [j, policy] of (container.resizePolicy ?? []).entries())
        if (policy.restartPolicy === "RestartContainer")
          problems.invalid(
            `${at}.resizePolicy[${j}].restartPolicy`,
            policy.restartPolicy,
            "must not be set to 'RestartContainer' for non-sidecar initContainers",
          );
  }
}

const ephemeralFields = new Set([
  "name",
  "image",
  "command",
  "args",
  "workingDir",
  "envFrom",
  "env",
  "volumeMounts",
  "volumeDevices",
  "terminationMessagePath",
  "terminationMessagePolicy",
  "imagePullPolicy",
  "securityContext",
  "stdin",
  "stdinOnce",
  "tty",
  "targetContainerName",
]);

export function validateEphemeralContainers(spec: AnyObject, field: string, facts: PodFacts, problems: Problems): void {
  const others = new Set<string>([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }: AnyObject) => name));
  const names = new Set(others);
  for (const [i, container] of (spec.ephemeralContainers ?? []).entries()) {
    const at = `${field}[${i}]`;
    validateCommon(container, at, facts, problems);
    validateImageSpaces(container, at, problems);
    if (names.has(container.name)) problems.duplicate(`${at}.name`, container.name);
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) problems.notFound(`${at}.targetContainerName`, target);
    for (const key of Object.keys(container))
      if (!ephemeralFields.has(key) && isSet(container[key]))
        problems.forbidden(`${at}.${key}`, "cannot be set for an Ephemeral Container");
    for (const [m, mount] of (container.volumeMounts ?? []).entries())
      for (const part of ["subPath", "subPathExpr"])
        if (mount[part]) problems.forbidden(`${at}.volumeMounts[${m}].${part}`, "cannot be set for an Ephemeral Container");
  }
}

function isSet(value: unknown): boolean {
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** Only of pods: templates may hold what they like. */
export function validateImageSpaces(container: AnyObject, at: string, problems: Problems): void {
  const image: string = container.image ?? "";
  if (image.trim() !== image) problems.invalid(`${at}.image`, image, "must not have leading or trailing whitespace");
}

function validateCommon(container: AnyObject, at: string, facts: PodFacts, problems: Problems): void {
  if (!container.name) problems.required(`${at}.name`);
  else dnsLabel(container.name, `${at}.name`, problems);
  if (!container.image) problems.required(`${at}.image`);
  oneOf(container.terminationMessagePolicy, ["File", "FallbackToLogsOnError"], `${at}.terminationMessagePolicy`, problems);
  validatePorts(container.ports ?? [], `${at}.ports`, problems);
  validateEnv(container.env ?? [], `${at}.env`, problems);
  validateEnvFrom(container.envFrom ?? [], `${at}.envFrom`, problems);
  validateMounts(container, `${at}.volumeMounts`, facts, problems);
  validateDevices(container, `${at}.volumeDevices`, facts, problems);
  oneOf(container.imagePullPolicy, enumOf(Container, "imagePullPolicy"), `${at}.imagePullPolicy`, problems);
  validateResourceRequirements(container.resources, `${at}.resources`, problems, facts.claimNames);
  validateResizePolicy(container.resizePolicy ?? [], `${at}.resizePolicy`, facts.restartPolicy, problems);
  validateSecurityContext(container.securityContext, `${at}.securityContext`, facts.hostUsers, problems);
}

function validatePorts(ports: AnyObject[], field: string, problems: Problems): void {
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `${field}[${i}]`;
    if (port.name) {
      const texts = checkPortName(port.name);
      problems.invalids(`${at}.name`, port.name, texts);
      if (texts.length === 0 && names.has(port.name)) problems.duplicate(`${at}.name`, port.name);
      else if (texts.length === 0) names.add(port.name);
    }
    if (!port.containerPort) problems.required(`${at}.containerPort`);
    else problems.invalids(`${at}.containerPort`, port.containerPort, checkPortNumber(port.containerPort));
    if (port.hostPort) problems.invalids(`${at}.hostPort`, port.hostPort, checkPortNumber(port.hostPort));
    oneOf(port.protocol, protocols, `${at}.protocol`, problems);
  }
}

function validateHostPorts(containers: AnyObject[], field: string, problems: Problems): void {
  const seen = new Set<string>();
  for (const [c, container] of containers.entries())
    for (const [p, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol ?? ""}/${port.hostIP ?? ""}/${port.hostPort}`;
      if (seen.has(key)) problems.duplicate(`${field}[${c}].ports[${p}].hostPort`, key);
      seen.add(key);
    }
}

function validateEnv(env: AnyObject[], field: string, problems: Problems): void {
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
  const divisor = ref.divisor === undefined || ref.divisor === "0" ? "" : String(ref.divisor);
  if (!divisor) return;
  const sizes = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
  if (/\.cpu$/.test(ref.resource ?? "")) {
    if (divisor !== "1" && divisor !== "1m")
      problems.invalid(`${at}.divisor`, ref.resource, "only divisor's values 1m and 1 are supported with the cpu resource");
  } else if (!sizes.includes(divisor)) {
    const kind = (ref.resource ?? "").split(".")[1];
    const list = "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the";
    problems.invalid(`${at}.divisor`, ref.resource, `${list} ${kind === "ephemeral-storage" ? "local ephemeral storage" : kind} resource`);
  }
}

function validateKeyRef(ref: AnyObject, at: string, problems: Problems): void {
  problems.invalids(`${at}.name`, ref.name ?? "", checkDns1123Subdomain(ref.name ?? ""));
  if (!ref.key) problems.required(`${at}.key`);
  else problems.invalids(`${at}.key`, ref.key, checkConfigKey(ref.key));
}

function validateEnvFrom(sources: AnyObject[], field: string, problems: Problems): void {
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

function validateMounts(container: AnyObject, field: string, { volumes }: PodFacts, problems: Problems): void {
  const devices: AnyObject[] = container.volumeDevices ?? [];
  const paths = new Set<string>();
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${field}[${i}]`;
    const { name = "", mountPath = "", subPath, subPathExpr, mountPropagation, recursiveReadOnly } = mount;
    if (!name) problems.required(`${at}.name`);
    if (!volumes.has(name)) problems.notFound(`${at}.name`, name);
    if (!mountPath) problems.required(`${at}.mountPath`);
    if (paths.has(mountPath)) problems.invalid(`${at}.mountPath`, mountPath, "must be unique");
    paths.add(mountPath);
    if (devices.some((device) => device.name === name)) problems.invalid(`${at}.name`, name, "must not already exist in volumeDevices");
    if (devices.some((device) => device.devicePath === mountPath))
      problems.invalid(`${at}.mountPath`, mountPath, "must not already exist as a path in volumeDevices");
    if (subPath) relativePath(subPath, `${field}.subPath`, problems);
    if (subPathExpr) {
      if (subPath) problems.invalid(`${at}.subPathExpr`, subPathExpr, "subPathExpr and subPath are mutually exclusive");
      relativePath(subPathExpr, `${field}.subPathExpr`, problems);
    }
    if (mountPropagation) {
      const modes = ["Bidirectional", "HostToContainer", "None"];
      if (!modes.includes(mountPropagation)) problems.notSupported(`${field}.mountPropagation`, mountPropagation, modes);
      if (mountPropagation === "Bidirectional" && !container.securityContext?.privileged)
        problems.forbidden(`${field}.mountPropagation`, "Bidirectional mount propagation is available only to privileged containers");
    }
    if (recursiveReadOnly && recursiveReadOnly !== "Disabled") {
      const where = `${field}.recursiveReadOnly`;
      if (!["Enabled", "IfPossible"].includes(recursiveReadOnly))
        problems.notSupported(where, recursiveReadOnly, ["Disabled", "Enabled", "IfPossible"]);
      else {
        if (!mount.readOnly) problems.forbidden(where, "may only be specified when readOnly is true");
        if (mountPropagation && mountPropagation !== "None")
          problems.forbidden(where, "may only be specified when mountPropagation is None or not specified");
      }
    }
  }
}

function validateDevices(container: AnyObject, field: string, { volumes }: PodFacts, problems: Problems): void {
  const mounts: AnyObject[] = container.volumeMounts ?? [];
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [i, { name = "", devicePath = "" }] of (container.volumeDevices ?? []).entries()) {
    const at = `${field}[${i}]`;
    const volume = volumes.get(name);
    if (!name) problems.required(`${at}.name`);
    if (names.has(name)) problems.invalid(`${at}.name`, name, "must be unique");
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral)
      problems.invalid(`${at}.name`, name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
    if (!volume) problems.notFound(`${at}.name`, name);
    if (!devicePath) problems.required(`${at}.devicePath`);
    if (paths.has(devicePath)) problems.invalid(`${at}.devicePath`, devicePath, "must be unique");
    if (devicePath.split("/").includes("..")) problems.invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')");
    else paths.add(devicePath);
    if (mounts.some((mount) => mount.name === name)) problems.invalid(`${at}.name`, name, "must not already exist in volumeMounts");
    if (mounts.some((mount) => mount.mountPath === devicePath))
      problems.invalid(`${at}.devicePath`, devicePath, "must not already exist as a path in volumeMounts");
    if (name) names.add(name);
  }
}

function validateResizePolicy(policies: AnyObject[], field: string, restartPolicy: string | undefined, problems: Problems): void {
  const seen = new Set<string>();
  for (const [i, { resourceName, restartPolicy: action }] of policies.entries()) {
    if (seen.has(resourceName)) problems.duplicate(`${field}[${i}]`, resourceName);
    seen.add(resourceName);
    if (resourceName !== "cpu" && resourceName !== "memory") {
      if (!resourceName) problems.required(field);
      else problems.notSupported(field, resourceName, ["cpu", "memory"]);
    }
    if (action !== "NotRequired" && action !== "RestartContainer") {
      if (!action) problems.required(field);
      else problems.notSupported(field, action, ["NotRequired", "RestartContainer"]);
    }
    if (restartPolicy === "Never" && action !== "NotRequired")
      problems.invalid(field, action, "must be 'NotRequired' when `restartPolicy` is 'Never'");
  }
}

const securityFields = [
  "Capabilities",
  "Privileged",
  "SELinuxOptions",
  "WindowsOptions",
  "RunAsUser",
  "RunAsGroup",
  "RunAsNonRoot",
  "ReadOnlyRootFilesystem",
  "AllowPrivilegeEscalation",
  "ProcMount",
  "SeccompProfile",
  "AppArmorProfile",
];

export function validateSecurityContext(context: AnyObject | undefined, at: string, hostUsers: boolean, problems: Problems): void {
  if (!context) return;
  for (const key of ["runAsUser", "runAsGroup"])
    if (context[key] !== undefined) problems.invalids(`${at}.${key}`, context[key], checkId(context[key]));
  if (context.procMount !== undefined) {
    if (!["Default", "Unmasked"].includes(context.procMount))
      problems.notSupported(`${at}.procMount`, context.procMount, ["Default", "Unmasked"]);
    if (hostUsers && context.procMount === "Unmasked")
      problems.invalid(`${at}.procMount`, context.procMount, "`hostUsers` must be false to use `Unmasked`");
  }
  validateProfile(context.seccompProfile, `${at}.seccompProfile`, "seccomp", problems);
  if (context.allowPrivilegeEscalation === false) {
    const shown = internalOf(context, securityFields);
    if (context.privileged) problems.invalid(at, shown, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    if (context.capabilities?.add?.includes("CAP_SYS_ADMIN"))
      problems.invalid(at, shown, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
  }
  validateProfile(context.appArmorProfile, `${at}.appArmorProfile`, "AppArmor", problems);
}

export function validateProfile(profile: AnyObject | undefined, at: string, name: "seccomp" | "AppArmor", problems: Problems): void {
  if (!profile) return;
  const { type, localhostProfile } = profile;
  const types = name === "seccomp" ? ["Localhost", "RuntimeDefault", "Unconfined"] : ["Localhost", "RuntimeDefault", "Unconfined"];
  if (!type && name === "seccomp") problems.required(`${at}.type`, "type is required when seccompProfile is set");
  else if (!type) problems.required(`${at}.type`, "type is required when appArmorProfile is set");
  else if (!types.includes(type)) problems.notSupported(`${at}.type`, type, types);
  const where = `${at}.localhostProfile`;
  if (type === "Localhost") {
    if (localhostProfile === undefined) problems.required(where, `must be set when ${name} type is Localhost`);
    else if (name === "seccomp") relativePath(localhostProfile, where, problems);
    else if (localhostProfile.trim() === "") problems.required(where, `must be set when ${name} type is Localhost`);
  } else if (localhostProfile !== undefined)
    problems.invalid(where, name === "seccomp" ? profile : localhostProfile, `can only be set when ${name} type is Localhost`);
}

function validateRestart(container: AnyObject, at: string, problems: Problems): void {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  if (restartPolicy === undefined) {
    if (rules.length > 0) problems.required(`${at}.restartPolicy`, "must specify restartPolicy when restart rules are used");
    return;
  }
  const policies = ["Always", "Never", "OnFailure"];
  if (!policies.includes(restartPolicy)) problems.notSupported(`${at}.restartPolicy`, restartPolicy, policies);
  if (rules.length > 20) problems.tooMany(`${at}.restartPolicyRules`, rules.length, 20);
  for (const [i, rule] of rules.entries()) {
    const where = `${at}.restartPolicyRules[${i}]`;
    const actions = ["Restart", "RestartAllContainers"];
    if (!actions.includes(rule.action)) problems.notSupported(`${where}.action`, rule.action ?? "", actions);
    if (!rule.exitCodes) problems.required(`${where}.exitCodes`, "must be specified");
    else {
      if (!["In", "NotIn"].includes(rule.exitCodes.operator))
        problems.notSupported(`${where}.exitCodes.operator`, rule.exitCodes.operator ?? "", ["In", "NotIn"]);
      const count = rule.exitCodes.values?.length ?? 0;
      if (count > 255) problems.tooMany(`${where}.exitCodes.values`, count, 255);
    }
  }
}

function validateHooksAndProbes(container: AnyObject, at: string, { gracePeriod }: PodFacts, problems: Problems): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  if (lifecycle?.postStart) validateHandler(lifecycle.postStart, gracePeriod, `${at}.lifecycle.postStart`, problems);
  if (lifecycle?.preStop) validateHandler(lifecycle.preStop, gracePeriod, `${at}.lifecycle.preStop`, problems);
  const onlyOne = (probe: AnyObject, field: string) => {
    if (probe.successThreshold !== 1) problems.invalid(`${field}.successThreshold`, probe.successThreshold ?? 0, "must be 1");
  };
  if (livenessProbe) {
    validateProbe(livenessProbe, gracePeriod, `${at}.livenessProbe`, problems);
    onlyOne(livenessProbe, `${at}.livenessProbe`);
  }
  if (readinessProbe) {
    const where = `${at}.readinessProbe`;
    validateProbe(readinessProbe, gracePeriod, where, problems);
    if (readinessProbe.terminationGracePeriodSeconds !== undefined)
      problems.invalid(
        `${where}.terminationGracePeriodSeconds`,
        readinessProbe.terminationGracePeriodSeconds,
        "must not be set for readinessProbes",
      );
  }
  if (startupProbe) {
    validateProbe(startupProbe, gracePeriod, `${at}.startupProbe`, problems);
    onlyOne(startupProbe, `${at}.startupProbe`);
  }
}

function validateProbe(probe: AnyObject, gracePeriod: number | undefined, at: string, problems: Problems): void {
  validateHandler(probe, gracePeriod, at, problems);
  for (const key of ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"])
    nonNegative(probe[key], `${at}.${key}`, problems);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) problems.invalid(`${at}.terminationGracePeriodSeconds`, grace, "must be greater than 0");
}

function validateHandler(handler: AnyObject, gracePeriod: number | undefined, at: string, problems: Problems): void {
  let count = 0;
  for (const kind of ["exec", "httpGet", "tcpSocket", "grpc", "sleep"]) {
    const action = handler[kind];
    if (!action) continue;
    const where = `${at}.${kind}`;
    if (count++ > 0) {
      problems.forbidden(where, "may not specify more than 1 handler type");
      continue;
    }
    if (kind === "exec") {
      if (!action.command?.length) problems.required(`${where}.command`);
    } else if (kind === "httpGet") {
      if (!action.path) problems.required(`${where}.path`);
      portNumberOrName(action.port, `${where}.port`, problems);
      if (!["HTTP", "HTTPS"].includes(action.scheme)) problems.notSupported(`${where}.scheme`, action.scheme ?? "", ["HTTP", "HTTPS"]);
      for (const header of action.httpHeaders ?? [])
        problems.invalids(`${where}.httpHeaders`, header.name ?? "", checkHttpHeaderName(header.name ?? ""));
    } else if (kind === "sleep") {
      if (gracePeriod !== undefined && ((action.seconds ?? 0) < 0 || (action.seconds ?? 0) > gracePeriod))
        problems.invalid(where, action.seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`);
    } else portNumberOrName(action.port, `${where}.port`, problems);
  }
  if (count === 0) problems.required(at, "must specify a handler type");
}
