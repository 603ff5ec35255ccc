/** What a pod, or a template of pods, is warned of: deprecated, doubtful or without effect, though it may be stored. Texts are upstream's. */
import { checkDns1123Label, checkLabelValue, formatQuantity, parseQuantity } from "#codec/mod.ts";
import type { Container, ContainerPort } from "../core/container.ts";
import type { PersistentVolumeClaimSpec } from "../core/persistent-volume-claim.ts";
import type { PodSpec } from "../core/pod-spec.ts";
import type { NodeSelectorTerm } from "../core/references.ts";
import type { ObjectMeta } from "../meta/object-meta.ts";
import { addressWarnings } from "./addresses.ts";
import { pathWarnings } from "./pod/path-warnings.ts";
import { isWhole } from "./primitives.ts";

/** `at`: where the pod stands, `spec.template.`, or nothing. */
export function podWarnings(spec: PodSpec = {}, meta: ObjectMeta = {}, at = ""): string[] {
  const containers = containersOf(spec, at);
  return [
    ...nodeLabelWarnings(spec, at),
    ...(meta.annotations ? annotationWarnings(spec, meta.annotations, containers, at) : []),
    ...volumeWarnings(spec, at),
    ...(spec.volumes ?? []).flatMap(pathWarnings),
    ...listWarnings(spec, at),
    ...containers.flatMap(([container, path]) => containerWarnings(container, path)),
    ...portWarnings(containers),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${at}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...(spec.affinity ? selectorWarnings(spec, at) : []),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((address, i) => addressWarnings(address, `${at}spec.dnsConfig.nameservers[${i}]`)),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, i) => addressWarnings(ip, `${at}spec.hostAliases[${i}].ip`)),
  ];
}

const deprecatedLabels: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  "app.kubernetes.io/created-by": "deprecated since v1.9",
  "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
  "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
};

/** `preferred`: what such a term asks for is not checked, so that values that no label has are told here. */
export function nodeTermWarnings(term: NodeSelectorTerm | undefined, at: string, { preferred = false } = {}): string[] {
  return (term?.matchExpressions ?? []).flatMap(({ key = "", values = [] }, i) => [
    ...(Object.hasOwn(deprecatedLabels, key) ? [`${at}.matchExpressions[${i}].key: ${key} is ${deprecatedLabels[key]}`] : []),
    ...(preferred ? values : []).flatMap((value, v) =>
      checkLabelValue(value).map((text) => `${at}.matchExpressions[${i}].values[${v}]: ${value} is invalid, ${text}`),
    ),
  ]);
}

function nodeLabelWarnings(spec: PodSpec, at: string): string[] {
  const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred = [] } =
    spec.affinity?.nodeAffinity ?? {};
  const affinity = `${at}spec.affinity.nodeAffinity`;
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((key) =>
      Object.hasOwn(deprecatedLabels, key) ? `${at}spec.nodeSelector[${key}]: ${deprecatedLabels[key]}` : [],
    ),
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, i) =>
      nodeTermWarnings(term, `${affinity}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`),
    ),
    ...preferred.flatMap(({ preference }, i) =>
      nodeTermWarnings(preference, `${affinity}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`, { preferred: true }),
    ),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey = "", labelSelector }, i) => [
      ...(Object.hasOwn(deprecatedLabels, topologyKey)
        ? [`${at}spec.topologySpreadConstraints[${i}].topologyKey: ${topologyKey} is ${deprecatedLabels[topologyKey]}`]
        : []),
      ...(labelSelector ? [] : [`${at}spec.topologySpreadConstraints[${i}].labelSelector: ${nullSelector}`]),
    ]),
  ];
}

const nullSelector = "a null labelSelector results in matching no pod";
const useSysctls = 'non-functional in v1.11+; use the "sysctls" field instead';
const deprecatedAnnotations: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": useSysctls,
  "security.alpha.kubernetes.io/unsafe-sysctls": useSysctls,
};

function annotationWarnings(spec: PodSpec, annotations: Record<string, string>, containers: readonly Placed[], at: string): string[] {
  const on = (key: string, text: string) => `${at}metadata.annotations[${key}]: ${text}`;
  const seccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead';
  const own = Object.entries(deprecatedAnnotations).flatMap(([key, text]) => (key in annotations ? on(key, text) : []));
  const podKey = "seccomp.security.alpha.kubernetes.io/pod";
  if (!spec.securityContext?.seccompProfile && podKey in annotations) own.push(on(podKey, seccomp));
  for (const [{ name, securityContext }] of containers) {
    const seccompKey = `container.seccomp.security.alpha.kubernetes.io/${name}`;
    if (!securityContext?.seccompProfile && seccompKey in annotations) own.push(on(seccompKey, seccomp));
    const armorKey = `container.apparmor.security.beta.kubernetes.io/${name}`;
    if (!securityContext?.appArmorProfile && armorKey in annotations)
      own.push(on(armorKey, 'deprecated since v1.30; use the "appArmorProfile" field instead'));
  }
  return own;
}

/** Of pods, and where they are the same, of PersistentVolumes. */
export const deprecatedVolumes: Readonly<Record<string, string>> = {
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  gitRepo: "deprecated in v1.11, and disabled by default in v1.33+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  flocker: "deprecated in v1.22, non-functional in v1.25+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  quobyte: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
};

/** Upstream says storageOS where the field is storageos. */
export const volumeField = (name: string): string => (name === "storageos" ? "storageOS" : name);

function volumeWarnings(spec: PodSpec, at: string): string[] {
  return (spec.volumes ?? []).flatMap((volume, i) => {
    const path = `${at}spec.volumes[${i}]`;
    const named = Object.keys(deprecatedVolumes).filter((name) => name in volume);
    return [
      ...named.map((name) => `${path}.${volumeField(name)}: ${deprecatedVolumes[name]}`),
      ...claimSpecWarnings(volume.ephemeral?.volumeClaimTemplate?.spec, `${path}.ephemeral.volumeClaimTemplate.spec`),
    ];
  });
}

export function claimSpecWarnings(spec: PersistentVolumeClaimSpec | undefined, at: string): string[] {
  const { requests, limits } = spec?.resources ?? {};
  return [
    ...fractional(requests?.storage, `${at}.resources.requests[storage]`),
    ...fractional(limits?.storage, `${at}.resources.limits[storage]`),
  ];
}

function fractional(amount: unknown, at: string): string[] {
  if (amount === undefined || /^\d+(?:[KMGTPE]i?|k)?$/.test(String(amount)) || isWhole(amount)) return [];
  const quantity = parseQuantity(String(amount));
  const text = typeof quantity === "string" ? String(amount) : formatQuantity(quantity);
  return [`${at}: fractional byte value ${JSON.stringify(text)} is invalid, must be an integer`];
}

function listWarnings(spec: PodSpec, at: string): string[] {
  const repeated = (values: readonly (string | undefined)[], i: number) => values.indexOf(values[i]) < i;
  const ips = (spec.hostAliases ?? []).map(({ ip }) => ip);
  const secrets = (spec.imagePullSecrets ?? []).map(({ name }) => name ?? "");
  return [
    ...ips.flatMap((ip, i) => (repeated(ips, i) ? `${at}spec.hostAliases[${i}].ip: duplicate ip ${JSON.stringify(ip)}` : [])),
    ...secrets.flatMap((name, i) => {
      const path = `${at}spec.imagePullSecrets[${i}].name`;
      if (name === "") return `${path}: invalid empty name ""`;
      return repeated(secrets, i) ? `${path}: duplicate name ${JSON.stringify(name)}` : [];
    }),
    ...["memory", "ephemeral-storage"].flatMap((name) => fractional(spec.overhead?.[name], `${at}spec.overhead[${name}]`)),
  ];
}

/** A container and where it stands. */
type Placed = [Container, string];

function containersOf(spec: PodSpec, at: string): Placed[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((list) =>
    ((spec[list] ?? []) as Container[]).map((container, i): Placed => [container, `${at}spec.${list}[${i}]`]),
  );
}

function containerWarnings({ resources, env = [] }: Container, at: string): string[] {
  const amounts = (["memory", "ephemeral-storage"] as const).flatMap((name) =>
    (["limits", "requests"] as const).flatMap((of) => fractional(resources?.[of]?.[name], `${at}.resources.${of}[${name}]`)),
  );
  const seen = new Set<string>();
  const hidden = env.flatMap(({ name = "", value = "", valueFrom }, i) => {
    const again = seen.has(name);
    seen.add(name);
    const reference = `$(${name})`;
    // What builds upon the value before it means to replace it.
    const hides = again && (valueFrom !== undefined || value === reference || !value.includes(reference));
    return hides ? `${at}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply` : [];
  });
  return [...amounts, ...hidden];
}

function portWarnings(containers: readonly Placed[]): string[] {
  const all = containers.flatMap(([{ ports = [] }, path]) => ports.map((port, i) => ({ port, path: `${path}.ports[${i}]` })));
  const overlaps = all.flatMap(({ port, path }, i) => [
    ...(port.hostIP && !port.hostPort ? [`${path}: hostIP set without hostPort: ${goText(port)}`] : []),
    ...all.slice(0, i).flatMap((other): string[] => {
      const { hostIP = "", hostPort = 0 } = port;
      const { hostIP: otherIP = "", hostPort: otherPort = 0 } = other.port;
      if (port.containerPort !== other.port.containerPort || (port.protocol ?? "TCP") !== (other.port.protocol ?? "TCP")) return [];
      if (hostIP === otherIP && hostPort === otherPort) return [`${path}: duplicate port definition with ${other.path}`];
      if (hostPort === 0 || otherPort === 0) return [`${path}: overlapping port definition with ${other.path}`];
      const ambiguous = hostPort === otherPort && (hostIP === "") !== (otherIP === "");
      return ambiguous ? [`${path}: dangerously ambiguous port definition with ${other.path}`] : [];
    }),
  ]);
  const names = new Map<string, string>();
  const doubled = all.flatMap(({ port: { name }, path }) => {
    const first = name ? names.get(name) : undefined;
    if (name && !first) names.set(name, path);
    if (!first) return [];
    return `${path}: duplicate port name ${JSON.stringify(name)} with ${first}, services and probes that select ports by name will use ${first}`;
  });
  return [...overlaps, ...doubled];
}

/** As Go prints it. */
function goText({ name = "", hostPort = 0, containerPort = 0, protocol = "TCP", hostIP = "" }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}

function selectorWarnings({ affinity }: PodSpec, at: string): string[] {
  return (["podAffinity", "podAntiAffinity"] as const).flatMap((kind) => {
    const {
      requiredDuringSchedulingIgnoredDuringExecution: required = [],
      preferredDuringSchedulingIgnoredDuringExecution: preferred = [],
    } = affinity?.[kind] ?? {};
    const path = `${at}spec.affinity.${kind}`;
    return [
      ...required.flatMap(({ labelSelector }, i) =>
        labelSelector ? [] : `${path}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${nullSelector}`,
      ),
      ...preferred.flatMap(({ podAffinityTerm }, i) =>
        podAffinityTerm?.labelSelector
          ? []
          : `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${nullSelector}`,
      ),
    ];
  });
}

/** Names end up in host names, where a dot or 64 characters surprise. */
export function nameWarning(name: string, what: "the Pod's hostname" | "Pod names and hostnames"): string[] {
  const problems = checkDns1123Label(name);
  if (problems.length === 0) return [];
  return [
    `metadata.name: this is used in ${what}, which can result in surprising behavior; a DNS label is recommended: [${problems.join(" ")}]`,
  ];
}
