/** The spec of a pod and of every template of one. */

import { checkDns1123Subdomain, checkId, inclusiveRangeText } from "#codec/mod.ts";
import { PodResourceClaim, PodSecurityContext } from "../core/pod-spec.ts";
import type { AnyObject } from "../rules.ts";
import { enumOf } from "./declared.ts";
import { internalShape } from "./internal-shape.ts";
import { validateAnnotations, validateLabels } from "./object-meta.ts";
import { type PodFacts, validateContainers, validateEphemeralContainers, validateInitContainers } from "./pod/containers.ts";
import { validateFileKeyVolumes } from "./pod/environment.ts";
import { placedContainers } from "./pod/placed-containers.ts";
import { validateAppArmor, validateSeccomp } from "./pod/security.ts";
import { validateVolumes } from "./pod/volumes.ts";
import { validateForSystem, validateHostProcess, validateWindowsOptions } from "./pod/windows.ts";
import { dnsLabel, dnsSubdomain, ipAddress, oneOf, oneOfOrAbsent, qualifiedName } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import { validateContainerResourceName, validateResourceAmount, validateResourceRequirements } from "./resources.ts";
import { validateAffinity, validateTolerations, validateTopologySpread } from "./scheduling.ts";

const maxInt32 = 2147483647;

interface Where {
  field: string;
  /** Of a pod that has one; templates have none. */
  podName?: string | undefined;
}

export function validatePodSpec(spec: AnyObject, { field, podName }: Where, problems: Problems): void {
  if (spec.terminationGracePeriodSeconds === undefined) problems.required(`${field}.terminationGracePeriodSeconds`);
  const facts: PodFacts = {
    volumes: validateVolumes(spec.volumes ?? [], podName, `${field}.volumes`, problems),
    claimNames: new Set((spec.resourceClaims ?? []).flatMap((claim: AnyObject) => claim.name || [])),
    gracePeriod: spec.terminationGracePeriodSeconds,
    hostUsers: spec.hostUsers !== false,
    restartPolicy: spec.restartPolicy,
  };
  validateResourceClaims(spec.resourceClaims ?? [], `${field}.resourceClaims`, problems);
  validateContainers(spec, `${field}.containers`, facts, problems);
  validateInitContainers(spec, `${field}.initContainers`, facts, problems);
  validateEphemeralContainers(spec, `${field}.ephemeralContainers`, facts, problems);
  if (spec.resources) validateResourceRequirements(spec.resources, `${field}.resources`, problems, facts.claimNames);
  validateHostNetworkPorts(spec, field, podName !== undefined, problems);
  oneOf(spec.restartPolicy, ["Always", "OnFailure", "Never"], `${field}.restartPolicy`, problems);
  oneOf(spec.dnsPolicy, ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], `${field}.dnsPolicy`, problems);
  validateLabels(spec.nodeSelector, `${field}.nodeSelector`, problems);
  validatePodSecurityContext(spec, `${field}.securityContext`, problems);
  validateAffinity(spec.affinity, `${field}.affinity`, problems);
  validateDns(spec, `${field}.dnsConfig`, problems);
  for (const [i, gate] of (spec.readinessGates ?? []).entries())
    qualifiedName(gate.conditionType ?? "", `${field}.readinessGates[${i}].conditionType`, problems);
  validateSchedulingGates(spec.schedulingGates ?? [], `${field}.schedulingGates`, problems);
  validateTopologySpread(spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`, problems);
  validateHostProcess(spec, field, problems);
  validateHostUsers(spec, field, problems);
  validateHostnameOverride(spec, field, problems);
  for (const key of ["serviceAccountName", "nodeName"]) if (spec[key]) dnsSubdomain(spec[key], `${field}.${key}`, problems);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > maxInt32))
    problems.invalid(`${field}.activeDeadlineSeconds`, deadline, inclusiveRangeText(1, maxInt32));
  if (spec.hostname) dnsLabel(spec.hostname, `${field}.hostname`, problems);
  if (spec.subdomain) dnsLabel(spec.subdomain, `${field}.subdomain`, problems);
  validateTolerations(spec.tolerations, `${field}.tolerations`, problems);
  for (const [i, alias] of (spec.hostAliases ?? []).entries()) {
    ipAddress(alias.ip ?? "", `${field}.hostAliases[${i}].ip`, problems);
    for (const [h, name] of (alias.hostnames ?? []).entries()) dnsSubdomain(name, `${field}.hostAliases[${i}].hostnames[${h}]`, problems);
  }
  if (spec.priorityClassName) dnsSubdomain(spec.priorityClassName, `${field}.priorityClassName`, problems);
  if (spec.runtimeClassName !== undefined) dnsSubdomain(spec.runtimeClassName, `${field}.runtimeClassName`, problems);
  if (spec.preemptionPolicy !== undefined)
    oneOf(spec.preemptionPolicy, ["PreemptLowerPriority", "Never"], `${field}.preemptionPolicy`, problems);
  for (const [name, amount] of Object.entries<string>(spec.overhead ?? {})) {
    const at = `${field}.overhead.limits[${name}]`;
    validateContainerResourceName(name, at, problems);
    validateResourceAmount(name, amount, at, problems);
  }
  validateForSystem(spec, field, problems);
  validateFileKeyVolumes(spec, field, problems);
}

export function validatePodTemplate(template: AnyObject | undefined, field: string, problems: Problems): void {
  const metadata = template?.metadata ?? {};
  const spec: AnyObject = template?.spec ?? {};
  validateLabels(metadata.labels, `${field}.labels`, problems);
  validateAnnotations(metadata.annotations, `${field}.annotations`, problems);
  validatePodAnnotations(metadata.annotations, spec, `${field}.annotations`, problems);
  validatePodSpec(spec, { field: `${field}.spec` }, problems);
  if (spec.ephemeralContainers?.length > 0)
    problems.forbidden(`${field}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template");
}

export function validatePodAnnotations(
  annotations: Record<string, string> | undefined,
  spec: AnyObject,
  field: string,
  problems: Problems,
): void {
  const mirror = annotations?.["kubernetes.io/config.mirror"];
  if (mirror !== undefined && !spec.nodeName)
    problems.invalid(`${field}[kubernetes.io/config.mirror]`, mirror, "must set spec.nodeName if mirror pod annotation is set");
  const cost = annotations?.["controller.kubernetes.io/pod-deletion-cost"];
  if (cost !== undefined && (!/^(0|-?[1-9]\d{0,9})$/.test(cost) || Number(cost) > maxInt32 || Number(cost) < -maxInt32 - 1))
    problems.invalid(`${field}[controller.kubernetes.io/pod-deletion-cost]`, cost, "must be a 32bit integer");
}

function validateResourceClaims(claims: AnyObject[], field: string, problems: Problems): void {
  const names = new Set<string>();
  for (const [i, claim] of claims.entries()) {
    const at = `${field}[${i}]`;
    if (!claim.name) problems.required(`${at}.name`);
    else if (names.has(claim.name)) problems.duplicate(`${at}.name`, claim.name);
    else {
      dnsLabel(claim.name, `${at}.name`, problems);
      names.add(claim.name);
    }
    const given = ["resourceClaimName", "resourceClaimTemplateName"].filter((key) => claim[key] !== undefined);
    const shown = internalShape(PodResourceClaim, claim);
    if (given.length > 1) problems.invalid(at, shown, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
    else if (given.length === 0) problems.invalid(at, shown, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    for (const key of given) dnsSubdomain(claim[key], `${at}.${key}`, problems);
  }
}

function validateHostNetworkPorts(spec: AnyObject, field: string, isPod: boolean, problems: Problems): void {
  if (!spec.hostNetwork) return;
  for (const [c, container] of (spec.containers ?? []).entries())
    for (const [p, port] of (container.ports ?? []).entries()) {
      const hostPort = port.hostPort ?? 0;
      if ((isPod || hostPort !== 0) && hostPort !== port.containerPort)
        problems.invalid(
          `${field}.containers[${c}].ports[${p}].hostPort`,
          hostPort,
          "must match `containerPort` when `hostNetwork` is true",
        );
    }
}

function validatePodSecurityContext(spec: AnyObject, at: string, problems: Problems): void {
  const context = spec.securityContext ?? {};
  for (const key of ["fsGroup", "runAsUser", "runAsGroup"])
    if (context[key] !== undefined) problems.invalids(`${at}.${key}`, context[key], checkId(context[key]));
  for (const [i, group] of (context.supplementalGroups ?? []).entries())
    problems.invalids(`${at}.supplementalGroups[${i}]`, group, checkId(group));
  if (spec.shareProcessNamespace && spec.hostPID)
    problems.invalid(`${at}.shareProcessNamespace`, true, "ShareProcessNamespace and HostPID cannot both be enabled");
  const names = new Set<string>();
  const sysctl = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
  for (const [i, { name = "" }] of (context.sysctls ?? []).entries()) {
    const where = `${at}.sysctls[${i}].name`;
    if (!name) problems.required(where);
    else if (name.length > 253 || !sysctl.test(name))
      problems.invalid(
        where,
        name,
        "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
      );
    else if (names.has(name)) problems.duplicate(where, name);
    if (spec.hostNetwork && name.startsWith("net.")) problems.invalid(where, name, "may not be specified when 'hostNetwork' is true");
    if (spec.hostIPC && /^(kernel\.shm|kernel\.msg|kernel\.sem|fs\.mqueue\.)/.test(name))
      problems.invalid(where, name, "may not be specified when 'hostIPC' is true");
    names.add(name);
  }
  oneOfOrAbsent(context.fsGroupChangePolicy, enumOf(PodSecurityContext, "fsGroupChangePolicy"), `${at}.fsGroupChangePolicy`, problems);
  validateSeccomp(context.seccompProfile, `${at}.seccompProfile`, problems);
  validateWindowsOptions(context.windowsOptions, `${at}.windowsOptions`, problems);
  validateAppArmor(context.appArmorProfile, `${at}.appArmorProfile`, problems);
  oneOfOrAbsent(
    context.supplementalGroupsPolicy,
    enumOf(PodSecurityContext, "supplementalGroupsPolicy"),
    `${at}.supplementalGroupsPolicy`,
    problems,
  );
  oneOfOrAbsent(context.seLinuxChangePolicy, ["Recursive"], `${at}.seLinuxChangePolicy`, problems);
}

function validateDns(spec: AnyObject, field: string, problems: Problems): void {
  const config = spec.dnsConfig;
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  if (spec.dnsPolicy === "None") {
    if (!config) return problems.required(field, "must provide `dnsConfig` when `dnsPolicy` is None");
    if (nameservers.length === 0)
      return problems.required(`${field}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None");
  }
  if (nameservers.length > 3) problems.invalid(`${field}.nameservers`, nameservers, "must not have more than 3 nameservers");
  for (const [i, server] of nameservers.entries()) ipAddress(server, `${field}.nameservers[${i}]`, problems);
  if (searches.length > 32) problems.invalid(`${field}.searches`, searches, "must not have more than 32 search paths");
  if (searches.join(" ").length > 2048)
    problems.invalid(`${field}.searches`, searches, "must not have more than 2048 characters (including spaces) in the search list");
  for (const [i, search] of searches.entries()) {
    if (search === ".") continue;
    const name = search.replace(/\.$/, "");
    problems.invalids(`${field}.searches[${i}]`, name, checkSearchDomain(name));
  }
  for (const [i, option] of options.entries()) if (!option.name) problems.required(`${field}.options[${i}]`, "must not be empty");
}

const searchLabel = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const searchDomain = `${searchLabel}(\\.${searchLabel})*`;

/** DNS names of search paths may have underscores. */
function checkSearchDomain(name: string): string[] {
  const out = name.length > 253 ? ["must be no more than 253 characters"] : [];
  if (!new RegExp(`^${searchDomain}$`).test(name))
    out.push(
      `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${searchDomain}')`,
    );
  return out;
}

function validateSchedulingGates(gates: AnyObject[], field: string, problems: Problems): void {
  const seen = new Set<string>();
  for (const [i, { name = "" }] of gates.entries()) {
    qualifiedName(name, `${field}[${i}]`, problems);
    if (seen.has(name)) problems.duplicate(`${field}[${i}]`, name);
    seen.add(name);
  }
}

function validateHostUsers(spec: AnyObject, field: string, problems: Problems): void {
  if (spec.hostUsers !== false) return;
  for (const [key, name] of [
    ["hostNetwork", "hostNetwork"],
    ["hostPID", "HostPID"],
    ["hostIPC", "HostIPC"],
  ] as const)
    if (spec[key]) problems.forbidden(`${field}.${name}`, "when `hostUsers` is false");
  for (const [container, at] of placedContainers(spec, field))
    if (container.volumeDevices?.length > 0) problems.forbidden(`${at}.volumeDevices`, "when `hostUsers` is false");
}

function validateHostnameOverride(spec: AnyObject, field: string, problems: Problems): void {
  const name = spec.hostnameOverride;
  if (name === undefined) return;
  const at = `${field}.hostnameOverride`;
  if (spec.setHostnameAsFQDN) problems.forbidden(at, "may not be specified when setHostnameAsFQDN is true");
  if (spec.hostNetwork) problems.forbidden(at, "may not be specified when hostNetwork is true");
  if (name.length > 64) problems.tooLong(at, 64);
  problems.invalids(at, name, checkDns1123Subdomain(name));
}
