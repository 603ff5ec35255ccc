/** Pods: phase and QoS class at creation, label keys of affinity, and which part each subresource may write. */
import { parseQuantity } from "#codec/mod.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { type AnyObject, resetMetaForStatus, restore, type Strategy } from "./strategy.ts";

export const podStrategy: Strategy = {
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  prepareForCreate(pod) {
    pod.metadata.generation = 1;
    pod.status = { phase: "Pending", qosClass: qosClassOf(pod.spec ?? {}) };
    if (pod.spec?.schedulingGates?.length)
      pod.status.conditions = [
        {
          type: "PodScheduled",
          status: "False",
          lastProbeTime: null,
          lastTransitionTime: null,
          reason: "SchedulingGated",
          message: "Scheduling is blocked due to non-empty scheduling gates",
        },
      ];
    applyLabelKeys(pod);
  },
  prepareForUpdate(pod, old) {
    restore(pod, old, "status");
    bumpGeneration(pod, old);
  },
  prepareForSubresource: {
    status(pod, old) {
      restore(pod, old, "spec");
      delete pod.metadata.deletionTimestamp;
      restore(pod.metadata as Record<string, unknown>, old.metadata as Record<string, unknown>, "ownerReferences");
      pod.status ??= {};
      if (!pod.status.qosClass && old.status?.qosClass) pod.status.qosClass = old.status.qosClass;
      keepObservedGenerations(pod, old);
    },
    ephemeralcontainers(pod, old) {
      const added = pod.spec?.ephemeralContainers;
      pod.spec = { ...old.spec };
      if (added === undefined) delete pod.spec.ephemeralContainers;
      else pod.spec.ephemeralContainers = added;
      restore(pod, old, "status");
      resetMetaForStatus(pod, old);
      bumpGeneration(pod, old);
    },
    resize(pod, old) {
      const asked = pod.spec ?? {};
      const sameCounts =
        asked.containers?.length === old.spec?.containers?.length &&
        (asked.initContainers?.length ?? 0) === (old.spec?.initContainers?.length ?? 0);
      // Otherwise the spec stays as sent and validation refuses it.
      if (sameCounts) {
        pod.spec = { ...old.spec };
        restore(pod.spec, asked, "resources");
        for (const list of ["containers", "initContainers"])
          if (asked[list]) pod.spec[list] = onlyResources(asked[list], old.spec[list] ?? []);
        restore(pod, old, "status");
        resetMetaForStatus(pod, old);
      }
      bumpGeneration(pod, old);
    },
  },
  resetFields: {
    "": [["status"]],
    status: [["spec"], ["metadata", "deletionTimestamp"], ["metadata", "ownerReferences"]],
    ephemeralcontainers: [["status"]],
    resize: [["status"]],
  },
};

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

type Amounts = Record<string, string> | undefined;

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
