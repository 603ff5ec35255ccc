/** What scheduling needs to know of a pod, computed once when the pod is first seen. */
import type { NodeSelectorTerm, Pod, PodAffinityTerm, Toleration, TopologySpreadConstraint, WeightedPodAffinityTerm } from "#api/mod.ts";
import { type LabelSelector, labelSelectorFrom, matchesLabels, milliValue, parseQuantity, quantityToNumber } from "#codec/mod.ts";

export type Labels = Readonly<Record<string, string>>;

/** Amounts that a pod asks for: CPU in millicores, memory and ephemeral storage in bytes, others in their unit. */
export interface Request {
  cpu: number;
  memory: number;
  storage: number;
  /** Extended and huge-page resources; absent when there are none. */
  scalars?: Map<string, number>;
}

export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

/** A required or preferred (anti-)affinity term, with its namespaces resolved to a test. */
export interface Term {
  /** Equal keys mean equal terms: counters are shared by key. */
  key: string;
  topologyKey: string;
  weight: number;
  matches(namespace: string, labels: Labels): boolean;
}

export interface SpreadConstraint {
  key: string;
  topologyKey: string;
  maxSkew: number;
  minDomains: number;
  hard: boolean;
  honorAffinity: boolean;
  honorTaints: boolean;
  matches(namespace: string, labels: Labels): boolean;
}

export interface PodInfo {
  uid: string;
  namespace: string;
  name: string;
  labels: Labels;
  priority: number;
  request: Request;
  /** For spreading load: containers that ask for nothing count as 100m and 200 MB. */
  nonZeroCpu: number;
  nonZeroMemory: number;
  hostPorts: HostPort[];
  tolerations: Toleration[];
  nodeSelector: Labels | undefined;
  requiredNodeTerms: NodeSelectorTerm[] | undefined;
  preferredNodeTerms: { weight: number; preference: NodeSelectorTerm }[];
  affinity: Term[];
  antiAffinity: Term[];
  preferredAffinity: Term[];
  preferredAntiAffinity: Term[];
  spread: SpreadConstraint[];
  controllerUid: string | undefined;
  images: string[];
  /** Pods with equal signatures fit the same nodes as far as node properties go. */
  signature: string;
  pod: Pod;
}

type NamespaceLabels = (namespace: string) => Labels | undefined;

/** `namespaceLabels` answers namespaceSelector terms at match time. */
export function podInfoOf(pod: Pod, namespaceLabels: NamespaceLabels): PodInfo {
  const spec = pod.spec ?? {};
  const affinity = spec.affinity;
  const namespace = pod.metadata.namespace ?? "default";
  const labels = pod.metadata.labels ?? {};
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const term = (raw: PodAffinityTerm, weight = 0) => termOf(raw, weight, namespace, labels, namespaceLabels);
  const weighted = (raw: WeightedPodAffinityTerm) => term(raw.podAffinityTerm ?? ({} as PodAffinityTerm), raw.weight ?? 0);
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const images = containers.map((c) => normalImage(c.image ?? ""));
  const tolerations = spec.tolerations ?? [];
  const amounts = requestOf(pod);
  return {
    uid: pod.metadata.uid ?? `${namespace}/${pod.metadata.name}`,
    namespace,
    name: pod.metadata.name ?? "",
    labels,
    priority: spec.priority ?? 0,
    ...amounts,
    hostPorts: (spec.containers ?? [])
      .concat((spec.initContainers ?? []).filter((c) => c.restartPolicy === "Always"))
      .flatMap((c) => c.ports ?? [])
      .filter((p) => p.hostPort)
      .map((p) => ({ ip: p.hostIP || "0.0.0.0", protocol: p.protocol ?? "TCP", port: p.hostPort! })),
    tolerations,
    nodeSelector: spec.nodeSelector && Object.keys(spec.nodeSelector).length > 0 ? spec.nodeSelector : undefined,
    requiredNodeTerms: required,
    preferredNodeTerms: preferred.map((p) => ({ weight: p.weight ?? 0, preference: p.preference ?? {} })),
    affinity: (affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((t) => term(t)),
    antiAffinity: (affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((t) => term(t)),
    preferredAffinity: (affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weighted),
    preferredAntiAffinity: (affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weighted),
    spread: (spec.topologySpreadConstraints ?? []).map((c) => spreadOf(c, namespace, labels)),
    controllerUid: pod.metadata.ownerReferences?.find((o) => o.controller)?.uid,
    images,
    signature: JSON.stringify([spec.nodeName, spec.nodeSelector, required, preferred, tolerations, images]),
    pod,
  };
}

function termOf(raw: PodAffinityTerm, weight: number, namespace: string, own: Labels, namespaceLabels: NamespaceLabels): Term {
  const selector = withLabelKeys(raw.labelSelector, own, raw.matchLabelKeys, raw.mismatchLabelKeys);
  const namespaces = raw.namespaces ?? [];
  const anyNamespace = raw.namespaceSelector;
  const listed = namespaces.length === 0 && !anyNamespace ? [namespace] : namespaces;
  const compiled = labelSelectorFrom(selector);
  const byLabels = anyNamespace ? labelSelectorFrom(anyNamespace) : undefined;
  const inNamespace = (ns: string) => listed.includes(ns) || (byLabels !== undefined && matchesLabels(byLabels, namespaceLabels(ns) ?? {}));
  return {
    key: JSON.stringify([selector ?? null, listed, anyNamespace ?? null]),
    topologyKey: raw.topologyKey ?? "",
    weight,
    matches: (ns, labels) => inNamespace(ns) && matchesLabels(compiled, labels),
  };
}

function spreadOf(raw: TopologySpreadConstraint, namespace: string, own: Labels): SpreadConstraint {
  const selector = withLabelKeys(raw.labelSelector, own, raw.matchLabelKeys, undefined);
  const compiled = labelSelectorFrom(selector);
  return {
    key: JSON.stringify([selector ?? null, namespace]),
    topologyKey: raw.topologyKey ?? "",
    maxSkew: raw.maxSkew ?? 1,
    minDomains: raw.minDomains ?? 1,
    hard: raw.whenUnsatisfiable !== "ScheduleAnyway",
    honorAffinity: raw.nodeAffinityPolicy !== "Ignore",
    honorTaints: raw.nodeTaintsPolicy === "Honor",
    matches: (ns, labels) => ns === namespace && matchesLabels(compiled, labels),
  };
}

/** matchLabelKeys adds `key in (own value)`, mismatchLabelKeys `key notin (own value)`, for keys that the pod has. */
function withLabelKeys(selector: LabelSelector | undefined, own: Labels, match: string[] | undefined, mismatch: string[] | undefined) {
  const extra = [
    ...(match ?? []).filter((key) => key in own).map((key) => ({ key, operator: "In", values: [own[key]!] })),
    ...(mismatch ?? []).filter((key) => key in own).map((key) => ({ key, operator: "NotIn", values: [own[key]!] })),
  ];
  if (!selector || extra.length === 0) return selector;
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...extra] };
}

const defaultCpu = 100;
const defaultMemory = 200 * 1024 * 1024;

type Amounts = Record<string, number>;

/** Containers run together; plain init containers one after another beside the sidecars started before them. */
function requestOf(pod: Pod): Pick<PodInfo, "request" | "nonZeroCpu" | "nonZeroMemory"> {
  const total = sumOf(pod, (requests) => amountsOf(requests));
  const nonZero = sumOf(pod, (requests) => ({
    cpu: requests?.cpu === undefined ? defaultCpu : amount("cpu", requests.cpu),
    memory: requests?.memory === undefined ? defaultMemory : amount("memory", requests.memory),
  }));
  const podLevel = amountsOf(pod.spec?.resources?.requests);
  const overhead = amountsOf(pod.spec?.overhead);
  const all: Amounts = { ...total, ...podLevel };
  for (const [name, value] of Object.entries(overhead)) all[name] = (all[name] ?? 0) + value;
  const scalars = new Map(Object.entries(all).filter(([name]) => name !== "cpu" && name !== "memory" && name !== "ephemeral-storage"));
  return {
    request: {
      cpu: all.cpu ?? 0,
      memory: all.memory ?? 0,
      storage: all["ephemeral-storage"] ?? 0,
      ...(scalars.size > 0 ? { scalars } : {}),
    },
    nonZeroCpu: Math.max(podLevel.cpu ?? 0, nonZero.cpu ?? 0) + (overhead.cpu ?? 0),
    nonZeroMemory: Math.max(podLevel.memory ?? 0, nonZero.memory ?? 0) + (overhead.memory ?? 0),
  };
}

function sumOf(pod: Pod, of: (requests: Record<string, string> | undefined) => Amounts): Amounts {
  const running: Amounts = {};
  const add = (into: Amounts, from: Amounts) => {
    for (const [name, value] of Object.entries(from)) into[name] = (into[name] ?? 0) + value;
  };
  for (const container of pod.spec?.containers ?? []) add(running, of(container.resources?.requests));
  const sidecars: Amounts = {};
  const peak: Amounts = {};
  for (const container of pod.spec?.initContainers ?? []) {
    const own = of(container.resources?.requests);
    const needed = { ...own };
    add(needed, sidecars);
    if (container.restartPolicy === "Always") add(sidecars, own);
    for (const [name, value] of Object.entries(needed)) peak[name] = Math.max(peak[name] ?? 0, value);
  }
  add(running, sidecars);
  for (const [name, value] of Object.entries(peak)) running[name] = Math.max(running[name] ?? 0, value);
  return running;
}

export function amountsOf(list: Record<string, string> | undefined): Amounts {
  const out: Amounts = {};
  for (const [name, value] of Object.entries(list ?? {})) out[name] = amount(name, value);
  return out;
}

function amount(name: string, value: string): number {
  const quantity = parseQuantity(String(value));
  return name === "cpu" ? milliValue(quantity) : quantityToNumber(quantity);
}

/** Node status lists images with a tag; a pod may leave `:latest` out. */
export function normalImage(image: string): string {
  return image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
}
