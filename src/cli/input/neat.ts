/** Objects as somebody would write them: without what servers, controllers and defaults have filled in. */
import { isDeepStrictEqual } from "node:util";
import { applyDefaults, builtInKinds, type KubeObject } from "#api/mod.ts";
import type { KObject } from "../print/values.ts";
import { lastApplied } from "./write-flags.ts";

type Json = Record<string, unknown>;

/** Of metadata, what only a server writes. */
const metadataOfServers = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
];
/** Annotations, finalizers and labels that controllers and clients leave behind. */
const leftBehind: Record<string, RegExp> = {
  annotations:
    /^(kubectl\.kubernetes\.io\/last-applied-configuration|deployment\.kubernetes\.io\/.*|deprecated\.daemonset\.template\.generation|pv\.kubernetes\.io\/(bind-completed|bound-by-controller|provisioned-by)|volume\.(beta\.)?kubernetes\.io\/(storage-provisioner|selected-node))$/,
  labels:
    /^(kubernetes\.io\/metadata\.name|(batch\.kubernetes\.io\/)?(controller-uid|job-name)|pod-template-hash|controller-revision-hash)$/,
};
const finalizersOfServers = /^(kubernetes\.io\/(pvc|pv)-protection|service\.kubernetes\.io\/load-balancer-cleanup)$/;
/** They mean nothing when they are empty. */
const emptyMeansNothing = new Set(["affinity", "annotations", "finalizers", "labels", "resources", "securityContext", "strategy"]);

/** A copy without them. Of kinds that are not built in, defaults stay: only their definition knows them. */
export function neat(object: KObject): KObject {
  const result = structuredClone(object) as KObject & Json;
  const written = writtenBefore(object);
  delete result.status;
  tidyMetadata(result.metadata as Json);
  const pod = podOf(result);
  if (pod) {
    tidyMetadata(pod.metadata as Json | undefined);
    tidyPod(pod.spec as Json);
  }
  byKind[result.kind]?.(result, written);
  dropEmpty(result);
  const served = builtInKinds.find((each) => each.apiVersion === object.apiVersion && each.kind === object.kind);
  if (served) dropDefaults(result, (filled) => applyDefaults(served, filled as unknown as KubeObject));
  dropEmpty(result);
  return result;
}

/** What `kubectl apply` sent the last time: it tells what was chosen from what was assigned. */
function writtenBefore(object: KObject): Json {
  try {
    return JSON.parse(object.metadata.annotations?.[lastApplied] ?? "{}") as Json;
  } catch {
    return {};
  }
}

function tidyMetadata(metadata: Json | undefined): void {
  if (!metadata) return;
  for (const name of metadataOfServers) delete metadata[name];
  for (const [name, pattern] of Object.entries(leftBehind)) {
    const map = metadata[name] as Json | undefined;
    for (const key of Object.keys(map ?? {})) if (pattern.test(key)) delete map![key];
  }
  if (Array.isArray(metadata.finalizers))
    metadata.finalizers = metadata.finalizers.filter((name) => !finalizersOfServers.test(String(name)));
}

/** The pod, or the template that pods are made from. */
function podOf(object: KObject): { metadata?: unknown; spec: unknown } | undefined {
  if (object.kind === "Pod") return { spec: object.spec };
  const template = object.kind === "CronJob" ? object.spec?.jobTemplate?.spec?.template : object.spec?.template;
  return template?.spec?.containers ? template : undefined;
}

/** What admission and the scheduler add to a pod. */
function tidyPod(spec: Json): void {
  if (spec.serviceAccountName === "default") delete spec.serviceAccountName;
  for (const name of ["nodeName", "serviceAccount", "priority"]) delete spec[name];
  if (spec.preemptionPolicy === "PreemptLowerPriority") delete spec.preemptionPolicy;
  const isToken = (item: unknown) => (item as { name: string }).name.startsWith("kube-api-access-");
  filter(spec, "volumes", (volume) => !isToken(volume));
  for (const list of ["initContainers", "containers", "ephemeralContainers"])
    for (const container of (spec[list] ?? []) as Json[]) filter(container, "volumeMounts", (mount) => !isToken(mount));
  filter(spec, "tolerations", (item) => {
    const { key, operator, effect, tolerationSeconds } = item as Record<string, unknown>;
    const lost = key === "node.kubernetes.io/not-ready" || key === "node.kubernetes.io/unreachable";
    return !(lost && operator === "Exists" && effect === "NoExecute" && tolerationSeconds === 300);
  });
}

/** Keeps the items that are wanted; a list of which nothing is left goes. */
function filter(holder: Json, name: string, wanted: (item: unknown) => boolean): void {
  if (!Array.isArray(holder[name])) return;
  const left = holder[name].filter(wanted);
  if (left.length > 0) holder[name] = left;
  else delete holder[name];
}

/** What is assigned to an object of a kind, unless `kubectl apply` was told to have it. */
const byKind: Record<string, (object: KObject, written: Json) => void> = {
  Service({ spec }, written) {
    const asked = (written.spec ?? {}) as { clusterIP?: unknown; ports?: { nodePort?: number }[] };
    if (spec.clusterIP !== "None" && asked.clusterIP === undefined) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (spec.ipFamilyPolicy === "SingleStack") for (const name of ["ipFamilies", "ipFamilyPolicy"]) delete spec[name];
    if (spec.clusterIP === "None") delete spec.clusterIPs;
    const chosen = new Set((asked.ports ?? []).map(({ nodePort }) => nodePort));
    if (written.spec) for (const port of spec.ports ?? []) if (!chosen.has(port.nodePort)) delete port.nodePort;
  },
  PersistentVolumeClaim({ spec }, written) {
    if (written.spec && (written.spec as Json).volumeName === undefined) delete spec.volumeName;
  },
  Job({ spec }) {
    if (spec && !spec.manualSelector) delete spec.selector;
  },
  Namespace(object) {
    if (isDeepStrictEqual(object.spec, { finalizers: ["kubernetes"] })) delete object.spec;
  },
};

function dropEmpty(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) dropEmpty(item);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const map = value as Json;
  for (const [key, item] of Object.entries(map)) {
    dropEmpty(item);
    const isEmpty = item === null || (typeof item === "object" && Object.keys(item as object).length === 0);
    if (item === null || (isEmpty && emptyMeansNothing.has(key))) delete map[key];
  }
}

/** What people fill in freely: nothing below has a default, and there may be thousands of members. */
const free = new Set(["annotations", "binaryData", "data", "labels", "matchLabels", "openAPIV3Schema", "stringData"]);

/** Nobody leaves out what a volume is, although it has a default. */
const alwaysSaid = new Set(["emptyDir"]);

/** A member goes when defaults alone bring it back as it was. */
function dropDefaults(object: Json, fill: (object: Json) => void): void {
  const filled = (value: Json) => {
    const copy = structuredClone(value);
    fill(copy);
    return copy;
  };
  const whole = filled(object);
  const visit = (holder: Json | unknown[]) => {
    for (const [key, item] of Object.entries(holder)) if (typeof item === "object" && item !== null && !free.has(key)) visit(item as Json);
    if (Array.isArray(holder)) return;
    for (const key of Object.keys(holder)) {
      if (free.has(key) || alwaysSaid.has(key) || (holder === object && (key === "apiVersion" || key === "kind" || key === "metadata")))
        continue;
      const kept = holder[key];
      delete holder[key];
      if (!isDeepStrictEqual(filled(object), whole)) holder[key] = kept;
    }
  };
  visit(object);
}
