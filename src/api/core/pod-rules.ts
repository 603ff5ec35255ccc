/** What the server knows of Pod: defaults, what a write may set, what is refused, what tables show. */

import { inclusiveRangeText, parseQuantity } from "#codec/mod.ts";
import { internalDifference } from "../checks/internal-shape.ts";
import { immutable, subdomainName, validateObjectMeta } from "../checks/object-meta.ts";
import { validateImageSpaces } from "../checks/pod/containers.ts";
import { defaultPod } from "../checks/pod-defaults.ts";
import { validatePodAnnotations, validatePodSpec } from "../checks/pod-spec.ts";
import { nameWarning, podWarnings } from "../checks/pod-warnings.ts";
import { dnsSubdomain, qualifiedName } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { validateTolerations } from "../checks/scheduling.ts";
import { type AnyObject, restore, restoreMeta, rules } from "../rules.ts";
import { field, fields } from "../select.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { ageOf, nameOf, none, orNone } from "../tables/cells.ts";
import { podSummary } from "../tables/pod-status.ts";
import { EphemeralContainer } from "./container.ts";
import { checkStatusAddresses } from "./pod/addresses.ts";
import { checkClaimStatuses } from "./pod/claim-statuses.ts";
import { allowNarrowing } from "./pod/narrowing.ts";
import { checkResize } from "./pod/resize.ts";
import type { Pod } from "./pod.ts";
import { PodSpec } from "./pod-spec.ts";

const updatable = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

type Amounts = Record<string, string> | undefined;

/** What they are called is upstream's own choice. */
const systemConditions = ["PodScheduled", "Ready", "Initialized"];

export const podRules = rules<Pod>({
  // Pods are updated by programs: only who makes one is told.
  warn: (pod, old) => (old ? [] : [...nameWarning(pod.metadata.name ?? "", "the Pod's hostname"), ...podWarnings(pod.spec, pod.metadata)]),
  names: subdomainName,
  status: firstStatus,
  resets: {
    status: [["spec"], ["metadata", "deletionTimestamp"], ["metadata", "ownerReferences"]],
    ephemeralcontainers: [["status"]],
    resize: [["status"]],
  },
  defaults: (pod: Pod) => {
    if (pod.spec) defaultPod(pod.spec);
  },
  prepare: {
    create: (pod, { now }) => prepareNew(pod, now),
    sub: { status: keepOfStatus, ephemeralcontainers: addEphemeralContainers, resize: resizeContainers },
  },
  check: {
    create(pod: AnyObject, problems) {
      validateSpec(pod, problems);
      const spec = pod.spec ?? {};
      if (spec.ephemeralContainers?.length > 0) problems.forbidden("spec.ephemeralContainers", "cannot be set on create");
      if (spec.nodeName && spec.schedulingGates?.length > 0)
        problems.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared");
    },
    update: updatePod,
    sub: {
      status(pod, old, problems) {
        const status = pod.status ?? {};
        const before = old.status ?? {};
        for (const [i, condition] of (status.conditions ?? []).entries()) {
          if ((condition.observedGeneration ?? 0) < 0)
            problems.invalid(`status.conditions[${i}].observedGeneration`, condition.observedGeneration, "must be a non-negative integer");
          if (!systemConditions.includes(condition.type ?? ""))
            qualifiedName(condition.type ?? "", `status.conditions[${i}].Type`, problems);
        }
        if (pod.spec?.nodeName !== old.spec?.nodeName) problems.forbidden("status.nodeName", "may not be changed directly");
        const nominated = status.nominatedNodeName;
        if (nominated && nominated !== before.nominatedNodeName) dnsSubdomain(nominated, "status.nominatedNodeName", problems);
        if ((status.observedGeneration ?? 0) < 0)
          problems.invalid("status.observedGeneration", status.observedGeneration, "must be a non-negative integer");
        immutable(status.qosClass, before.qosClass, "status.qosClass", problems, "");
        validateTransitions(status.containerStatuses ?? [], before.containerStatuses ?? [], old.spec ?? {}, problems);
        checkClaimStatuses(pod, problems);
        checkStatusAddresses(status, before, problems);
      },
      ephemeralcontainers(pod: AnyObject, old: AnyObject, problems) {
        validateObjectMeta(pod.metadata, { namespaced: true, name: subdomainName, ofKind: true }, problems);
        validateSpec(pod, problems);
        const now = new Map<string, AnyObject>(
          (pod.spec?.ephemeralContainers ?? []).map((container: AnyObject) => [container.name, container]),
        );
        for (const container of old.spec?.ephemeralContainers ?? []) {
          const same = now.get(container.name);
          const name = JSON.stringify(container.name);
          if (!same) problems.forbidden("spec.ephemeralContainers", `existing ephemeral containers ${name} may not be removed\n`);
          else if (!semanticEqual(same, container))
            problems.forbidden(
              "spec.ephemeralContainers",
              `existing ephemeral containers ${name} may not be changed\n${internalDifference(EphemeralContainer, container, same)}`,
            );
        }
      },
      resize: validateResize,
    },
  },
  cells: podCells,
  selectable: {
    ...fields(
      "spec.nodeName",
      "spec.restartPolicy",
      "spec.schedulerName",
      "spec.serviceAccountName",
      "status.phase",
      "status.podIP",
      "status.nominatedNodeName",
    ),
    "spec.hostNetwork": field("spec.hostNetwork", "false"),
    "status.podIPs": field("status.podIP"),
  },
  deletion: { answers: "object", graceSeconds },
});

function validateSpec(pod: AnyObject, problems: Problems): void {
  const spec = pod.spec ?? {};
  validatePodAnnotations(pod.metadata.annotations, spec, "metadata.annotations", problems);
  validatePodSpec(spec, { field: "spec", podName: pod.metadata.name ?? "" }, problems);
  if (!spec.serviceAccountName)
    for (const [v, volume] of (spec.volumes ?? []).entries())
      for (const [s, source] of (volume.projected?.sources ?? []).entries())
        if (source.serviceAccountToken)
          problems.forbidden(
            `spec.volumes[${v}].projected.sources[${s}].serviceAccountToken`,
            "must not be specified when serviceAccountName is not set",
          );
  for (const list of ["containers", "initContainers"])
    for (const [i, container] of (spec[list] ?? []).entries()) validateImageSpaces(container, `spec.${list}[${i}]`, problems);
}

function updatePod(pod: AnyObject, old: AnyObject, problems: Problems): void {
  validateObjectMeta(pod.metadata, { namespaced: true, name: subdomainName, ofKind: true }, problems);
  const spec = pod.spec ?? {};
  const before = old.spec ?? {};
  // Generation counts the changes of the spec: what was valid before is valid now.
  if (pod.metadata.generation === old.metadata.generation && pod.metadata.generation !== undefined) return;
  validateSpec(pod, problems);
  for (const list of ["containers", "initContainers"]) {
    if ((spec[list] ?? []).length !== (before[list] ?? []).length)
      return problems.forbidden(`spec.${list}`, "pod updates may not add or remove containers");
    for (const [i, container] of (spec[list] ?? []).entries()) {
      if (!container.image) problems.required(`spec.${list}[${i}].image`);
      validateImageSpaces(container, `spec.${list}[${i}]`, problems);
    }
  }
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined) {
    if (deadline < 0 || deadline > 2147483647)
      return problems.invalid("spec.activeDeadlineSeconds", deadline, inclusiveRangeText(0, 2147483647));
    if (before.activeDeadlineSeconds !== undefined && before.activeDeadlineSeconds < deadline)
      return problems.invalid("spec.activeDeadlineSeconds", deadline, "must be less than or equal to previous value");
  } else if (before.activeDeadlineSeconds !== undefined)
    problems.invalid("spec.activeDeadlineSeconds", null, "must not update from a positive integer to nil value");
  let modified = false;
  for (const toleration of before.tolerations ?? []) {
    const { tolerationSeconds: _, ...rest } = toleration;
    const kept = (spec.tolerations ?? []).some(({ tolerationSeconds: __, ...other }: AnyObject) => semanticEqual(rest, other));
    if (kept) continue;
    problems.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds");
    modified = true;
    break;
  }
  if (!modified) validateTolerations(spec.tolerations, "spec.tolerations", problems);
  const oldGates = new Set((before.schedulingGates ?? []).map(({ name }: AnyObject) => name));
  for (const [i, gate] of (spec.schedulingGates ?? []).entries())
    if (!oldGates.has(gate.name))
      problems.forbidden(`spec.schedulingGates[${i}].name`, `only deletion is allowed, but found new scheduling gate '${gate.name}'`);
  if (semanticEqual(spec, before)) return;
  const munged: AnyObject = { ...spec };
  for (const list of ["containers", "initContainers"])
    if (spec[list]) munged[list] = spec[list].map((container: AnyObject, i: number) => ({ ...container, image: before[list][i].image }));
  for (const key of ["activeDeadlineSeconds", "schedulingGates", "tolerations"]) munged[key] = before[key];
  if (before.terminationGracePeriodSeconds < 0 && spec.terminationGracePeriodSeconds === 1)
    munged.terminationGracePeriodSeconds = before.terminationGracePeriodSeconds;
  if (before.schedulingGates?.length > 0) allowNarrowing(munged, before, problems);
  if (!semanticEqual(munged, before))
    problems.forbidden("spec", `pod updates may not change fields other than ${updatable}\n${internalDifference(PodSpec, before, munged)}`);
}

function validateResize(pod: AnyObject, old: AnyObject, problems: Problems): void {
  validateObjectMeta(pod.metadata, { namespaced: true, name: subdomainName, ofKind: true }, problems);
  validateSpec(pod, problems);
  if (pod.status?.qosClass === undefined && old.status?.qosClass !== undefined) return;
  checkResize(pod, old, qosClassOf(pod.spec ?? {}), problems);
}

/** A container that ended for good stays ended. */
function validateTransitions(now: AnyObject[], before: AnyObject[], spec: AnyObject, problems: Problems): void {
  for (const [i, status] of before.entries()) {
    const ended = status.state?.terminated;
    if (!ended) continue;
    const policy = spec.containers?.find((container: AnyObject) => container.name === status.name)?.restartPolicy ?? spec.restartPolicy;
    if (policy === "Always" || (policy === "OnFailure" && ended.exitCode !== 0)) continue;
    const next = now.find((other) => other.name === status.name);
    if (next && !next.state?.terminated)
      problems.forbidden(`status.containerStatuses[${i}].state`, "may not be transitioned to non-terminated state");
  }
}

const gated = {
  ...{ type: "PodScheduled", status: "False", lastProbeTime: null, lastTransitionTime: null, reason: "SchedulingGated" },
  message: "Scheduling is blocked due to non-empty scheduling gates",
};

function firstStatus({ spec }: AnyObject): AnyObject {
  const status: AnyObject = { phase: "Pending", qosClass: qosClassOf(spec ?? {}) };
  if (spec?.schedulingGates?.length) status.conditions = [{ ...gated }];
  return status;
}

function keepOfStatus(pod: AnyObject, old: AnyObject): void {
  delete pod.metadata.deletionTimestamp;
  restore(pod.metadata as Record<string, unknown>, old.metadata as Record<string, unknown>, "ownerReferences");
  pod.status ??= {};
  if (!pod.status.qosClass && old.status?.qosClass) pod.status.qosClass = old.status.qosClass;
  keepObservedGenerations(pod, old);
}

function addEphemeralContainers(pod: AnyObject, old: AnyObject): void {
  const added = pod.spec?.ephemeralContainers;
  pod.spec = { ...old.spec };
  if (added === undefined) delete pod.spec.ephemeralContainers;
  else pod.spec.ephemeralContainers = added;
  restore(pod, old, "status");
  restoreMeta(pod, old);
  bumpGeneration(pod, old);
}

function resizeContainers(pod: AnyObject, old: AnyObject): void {
  const asked = pod.spec ?? {};
  const sameCounts =
    asked.containers?.length === old.spec?.containers?.length &&
    (asked.initContainers?.length ?? 0) === (old.spec?.initContainers?.length ?? 0);
  // Otherwise the spec stays as sent and validation refuses it.
  if (sameCounts) {
    pod.spec = { ...old.spec };
    restore(pod.spec, asked, "resources");
    for (const list of ["containers", "initContainers"]) if (asked[list]) pod.spec[list] = onlyResources(asked[list], old.spec[list] ?? []);
    restore(pod, old, "status");
    restoreMeta(pod, old);
  }
  bumpGeneration(pod, old);
}

/** Pods that run are given time; those that never ran, or have ended, are not. */
function graceSeconds({ spec, status }: AnyObject, asked: number | undefined): number {
  const period = asked ?? spec?.terminationGracePeriodSeconds ?? 30;
  if (!spec?.nodeName || status?.phase === "Failed" || status?.phase === "Succeeded") return 0;
  return period < 0 ? 1 : period;
}

function bumpGeneration(pod: AnyObject, old: AnyObject): void {
  if (!semanticEqual(pod.spec, old.spec)) pod.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

function onlyResources(asked: AnyObject[], old: AnyObject[]): AnyObject[] {
  if (asked.some((container, i) => container.name !== old[i]?.name)) return asked;
  return old.map((container, i) => {
    const merged = { ...container };
    restore(merged, asked[i]!, "resources");
    restore(merged, asked[i]!, "resizePolicy");
    return merged;
  });
}

/** Clients that do not know observedGeneration keep what is there. */
function keepObservedGenerations(pod: AnyObject, old: AnyObject): void {
  const status = pod.status;
  if (!status.observedGeneration && old.status?.observedGeneration) status.observedGeneration = old.status.observedGeneration;
  const before = new Map<string, number[]>();
  for (const condition of old.status?.conditions ?? [])
    before.set(condition.type, [...(before.get(condition.type) ?? []), condition.observedGeneration ?? 0]);
  for (const condition of status.conditions ?? []) {
    const generation = before.get(condition.type)?.shift();
    if (!condition.observedGeneration && generation) condition.observedGeneration = generation;
  }
}

/** matchLabelKeys and mismatchLabelKeys become requirements on the pod's own label values. */
function prepareNew(pod: AnyObject, now: string): void {
  applyLabelKeys(pod);
  for (const condition of pod.status?.conditions ?? []) condition.lastTransitionTime = now;
}

function applyLabelKeys(pod: AnyObject): void {
  const labels: Record<string, string> = pod.metadata.labels ?? {};
  const add = (term: AnyObject, keys: string[] | undefined, operator: string) => {
    for (const key of keys ?? [])
      if (Object.hasOwn(labels, key)) (term.labelSelector.matchExpressions ??= []).push({ key, operator, values: [labels[key]] });
  };
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  for (const affinity of [podAffinity, podAntiAffinity]) {
    const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const terms = [
      ...preferred.map((weighted: AnyObject) => weighted.podAffinityTerm),
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ];
    for (const term of terms) {
      if (!term?.labelSelector) continue;
      add(term, term.matchLabelKeys, "In");
      add(term, term.mismatchLabelKeys, "NotIn");
    }
  }
  for (const constraint of pod.spec?.topologySpreadConstraints ?? [])
    if (constraint.labelSelector) add(constraint, constraint.matchLabelKeys, "In");
}

/** Guaranteed, Burstable or BestEffort, from cpu and memory of the pod's resources, or else of all its containers'. */
export function qosClassOf(spec: AnyObject | Record<string, never>): string {
  const own = (spec as AnyObject).resources;
  const sources = own
    ? [own]
    : [...((spec as AnyObject).containers ?? []), ...((spec as AnyObject).initContainers ?? [])].map((container) => container.resources);
  const requests = new Map<string, bigint>();
  const limits = new Map<string, bigint>();
  let allLimited = true;
  const add = (amounts: Amounts, sums: Map<string, bigint>): number => {
    let found = 0;
    for (const name of ["cpu", "memory"]) {
      const text = amounts?.[name];
      const amount = text === undefined ? 0n : nanosOf(text);
      if (amount <= 0n) continue;
      found++;
      sums.set(name, (sums.get(name) ?? 0n) + amount);
    }
    return found;
  };
  for (const source of sources) {
    add(source?.requests, requests);
    if (add(source?.limits, limits) < 2) allLimited = false;
  }
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  const equal = allLimited && requests.size === limits.size && [...requests].every(([name, amount]) => limits.get(name) === amount);
  return equal ? "Guaranteed" : "Burstable";
}

/** Validation, which comes later, says what is wrong with an amount. */
function nanosOf(text: string): bigint {
  try {
    return parseQuantity(String(text)).nanos;
  } catch {
    return 0n;
  }
}

function podCells(o: AnyObject, now: number): unknown[] {
  const { ready, total, status, restarts } = podSummary(o as Pod, now);
  const gates: AnyObject[] = o.spec?.readinessGates ?? [];
  const met = gates.filter(({ conditionType }) =>
    (o.status?.conditions ?? []).some((condition: AnyObject) => condition.type === conditionType && condition.status === "True"),
  );
  return [
    nameOf(o),
    `${ready}/${total}`,
    status,
    restarts,
    ageOf(o, now),
    orNone(o.status?.podIPs?.[0]?.ip ?? o.status?.podIP),
    orNone(o.spec?.nodeName),
    orNone(o.status?.nominatedNodeName),
    gates.length ? `${met.length}/${gates.length}` : none,
  ];
}
