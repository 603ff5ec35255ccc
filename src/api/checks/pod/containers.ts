/** Containers of a pod: regular, init and sidecar, ephemeral. */

import { checkPortName, checkPortNumber } from "#codec/mod.ts";
import { Container } from "../../core/container.ts";
import type { AnyObject } from "../../rules.ts";
import { enumOf } from "../declared.ts";
import { dnsLabel, oneOf, relativePath } from "../primitives.ts";
import type { Problems } from "../problems.ts";
import { validateResourceRequirements } from "../resources.ts";
import { validateEnv, validateEnvFrom } from "./environment.ts";
import { validateHooksAndProbes } from "./probes.ts";
import { validateSecurityContext } from "./security.ts";

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
    validateHooksAndProbes(container, at, facts.gracePeriod, problems);
    validateRestart(container, at, problems);
  }
  validateHostPorts(containers, field, problems);
}

export function validateInitContainers(spec: AnyObject, field: string, facts: PodFacts, problems: Problems): void {
  const names = new Set<string>((spec.containers ?? []).map(({ name }: AnyObject) => name));
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const at = `${field}[${i}]`;
    validateCommon(container, at, facts, problems);
    // Of rules without a policy, an init container is told no more than that.
    if (container.restartPolicy !== undefined) validateRestart(container, at, problems);
    else if (container.restartPolicyRules?.length > 0)
      problems.required(`${at}.restartPolicy`, "must specify restartPolicy when restart rules are used");
    if (names.has(container.name)) problems.duplicate(`${at}.name`, container.name);
    else if (container.name) names.add(container.name);
    validateHostPorts([container], field, problems);
    if (container.restartPolicy === "Always") validateHooksAndProbes(container, at, facts.gracePeriod, problems);
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
    if (mountPropagation !== undefined) {
      const modes = ["Bidirectional", "HostToContainer", "None"];
      if (!modes.includes(mountPropagation)) problems.notSupported(`${field}.mountPropagation`, mountPropagation, modes);
      if (mountPropagation === "Bidirectional" && !container.securityContext?.privileged)
        problems.forbidden(`${field}.mountPropagation`, "Bidirectional mount propagation is available only to privileged containers");
    }
    if (recursiveReadOnly !== undefined && recursiveReadOnly !== "Disabled") {
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
      problems.invalid(field, action ?? "", "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
  }
}

function validateRestart(container: AnyObject, at: string, problems: Problems): void {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  const policies = ["Always", "Never", "OnFailure"];
  if (restartPolicy === undefined) {
    if (rules.length > 0) problems.required(`${at}.restartPolicy`, "must specify restartPolicy when restart rules are used");
  } else if (!policies.includes(restartPolicy)) problems.notSupported(`${at}.restartPolicy`, restartPolicy, policies);
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
