/** How many pods a set must make or end, which ones, and what its status says: pure. */
import { type Pod, pods, type ReplicaSet, type ReplicaSetCondition, type ReplicaSetStatus, type Resource } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { again, conditionOf, create, type Outcome, remove, type Step, status, timestamp, withoutCondition } from "#client/mod.ts";
import type { Selector } from "#codec/mod.ts";
import { availableAt, isActive, isAvailable, isReady, isTerminating, podFromTemplate, toldOfCreate, toldOfDelete } from "../pods.ts";
import { firstToGo } from "../removal-order.ts";

/** The two kinds that keep a number of equal pods. */
export interface Family {
  name: string;
  account: string;
  resource: Resource<ReplicaSet>;
  selectorOf(set: ReplicaSet): Selector;
  countsTerminating: boolean;
}

export interface SeenSet {
  family: Family;
  set: ReplicaSet;
  /** Controlled by the set, once `adoption` is done. */
  own: readonly Pod[];
  adoption: readonly Step[];
  /** Pods of all sets of the same owner. */
  related: readonly Pod[];
}

/** A single round never does more than this. */
const burstReplicas = 500;

export function planSet({ set, own, adoption, related }: SeenSet, nowMs: number): Step[] {
  const steps = [...adoption];
  if (set.metadata.deletionTimestamp) return steps;
  const active = own.filter(isActive);
  const missing = wantedOf(set) - active.length;
  if (missing > 0) {
    const pod = podFromTemplate(set.spec?.template, set);
    const told = toldOfCreate(set);
    for (let left = Math.min(missing, burstReplicas); left > 0; left--) steps.push(create(pods, pod, { told }));
  }
  const surplus = Math.min(-missing, burstReplicas);
  if (surplus > 0) for (const pod of firstToGo(active, surplus, related, nowMs)) steps.push(remove(pods, pod, { told: toldOfDelete(set) }));
  return steps;
}

export function concludeSet(seen: SeenSet, { failures }: Outcome, nowMs: number): Step[] {
  const { set, family, own } = seen;
  // Who may not be adopted or let go makes every count wrong.
  if (failures.some(({ step }) => step.do === "patch")) return [];
  const next = statusOf(seen, failures[0]?.error, nowMs);
  const steps: Step[] = [];
  if (!same(set.status, next)) steps.push(status(family.resource, { ...set, status: next }));
  const wait = nextAvailableMs(set, own, nowMs);
  if (wait !== undefined) steps.push(again(wait));
  return steps;
}

const wantedOf = (set: ReplicaSet): number => set.spec?.replicas ?? 1;

function statusOf({ family, set, own }: SeenSet, error: unknown, nowMs: number): ReplicaSetStatus {
  const active = own.filter(isActive);
  const labels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const minReady = set.spec?.minReadySeconds ?? 0;
  const ready = active.filter(isReady);
  const conditions = conditionsOf(set, active.length, error, nowMs);
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, minReady, nowMs)).length,
    ...(family.countsTerminating ? { terminatingReplicas: own.filter(isTerminating).length } : {}),
    observedGeneration: set.metadata.generation,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

/** The first failure is told until a round goes well; a later one with another message does not change it. */
function conditionsOf(set: ReplicaSet, active: number, error: unknown, nowMs: number): ReplicaSetCondition[] {
  const known = set.status?.conditions ?? [];
  if (error === undefined) return withoutCondition(known, "ReplicaFailure");
  if (conditionOf(known, "ReplicaFailure")) return known;
  const reason = active < wantedOf(set) ? "FailedCreate" : "FailedDelete";
  return [...known, { type: "ReplicaFailure", status: "True", lastTransitionTime: timestamp(nowMs), reason, message: messageOf(error) }];
}

function same(a: ReplicaSetStatus | undefined, b: ReplicaSetStatus): boolean {
  const of = (each: ReplicaSetStatus | undefined) =>
    JSON.stringify([
      each?.replicas ?? 0,
      each?.fullyLabeledReplicas ?? 0,
      each?.readyReplicas ?? 0,
      each?.availableReplicas ?? 0,
      each?.terminatingReplicas ?? 0,
      each?.observedGeneration ?? 0,
      each?.conditions ?? [],
    ]);
  return of(a) === of(b);
}

/** Milliseconds until the next ready pod becomes available; undefined when none is waiting. */
function nextAvailableMs(set: ReplicaSet, own: readonly Pod[], nowMs: number): number | undefined {
  const minReady = set.spec?.minReadySeconds ?? 0;
  if (minReady === 0) return undefined;
  const waiting = own.filter((pod) => isActive(pod) && isReady(pod) && !isAvailable(pod, minReady, nowMs));
  if (waiting.length === 0) return undefined;
  return Math.max(0, Math.min(...waiting.map((pod) => (availableAt(pod, minReady) ?? nowMs + minReady * 1000) - nowMs)));
}
