import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pod, pods, type ReplicaSet, replicasets } from "#api/mod.ts";
import type { Failure, Outcome, Step } from "#client/mod.ts";
import { selectorFromMap } from "#codec/mod.ts";
import { aMeta, aPod, nowMs, secondsAgo } from "../situations.ts";
import { concludeSet, type Family, planSet, type SeenSet } from "./plan.ts";

const labels = { app: "web" };
const family: Family = {
  name: "replicaset-controller",
  account: "replicaset-controller",
  resource: replicasets,
  selectorOf: () => selectorFromMap(labels),
  countsTerminating: true,
};

function aSet(replicas: number, more: Partial<ReplicaSet> = {}): ReplicaSet {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: aMeta("web", { generation: 1 }),
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [] } }, ...more.spec },
    ...(more.status ? { status: more.status } : {}),
  };
}

const seenOf = (set: ReplicaSet, own: Pod[], related: Pod[] = []): SeenSet => ({ family, set, own, adoption: [], related });
const summary = (steps: readonly Step[]) => {
  const creates = steps.filter((step) => step.do === "create").length;
  const deletes = steps.flatMap((step) => (step.do === "delete" ? [step.ref.name] : []));
  return { creates, deletes };
};
const many = (count: number, options: Parameters<typeof aPod>[0] = {}) => Array.from({ length: count }, () => aPod({ labels, ...options }));

const counts: { name: string; wanted: number; own: Pod[]; creates: number; deletes: number }[] = [
  { name: "as many as wanted", wanted: 2, own: many(2), creates: 0, deletes: 0 },
  { name: "none yet", wanted: 3, own: [], creates: 3, deletes: 0 },
  { name: "finished pods do not count", wanted: 2, own: [...many(1), ...many(2, { phase: "Failed" })], creates: 1, deletes: 0 },
  { name: "pods on their way out do not count", wanted: 2, own: [...many(1), ...many(1, { deleting: true })], creates: 1, deletes: 0 },
  { name: "too many", wanted: 1, own: many(4), creates: 0, deletes: 3 },
  { name: "none wanted", wanted: 0, own: many(3), creates: 0, deletes: 3 },
  { name: "a round makes 500 at most", wanted: 2000, own: [], creates: 500, deletes: 0 },
  { name: "a round ends 500 at most", wanted: 0, own: many(700), creates: 0, deletes: 500 },
];
for (const { name, wanted, own, creates, deletes } of counts)
  test(`replicas: ${name}`, () => {
    const plan = summary(planSet(seenOf(aSet(wanted), own), nowMs));
    assert.deepEqual([plan.creates, plan.deletes.length], [creates, deletes]);
  });

test("a set that is being deleted makes and ends nothing", () => {
  const set = aSet(3);
  set.metadata.deletionTimestamp = secondsAgo(1);
  assert.deepEqual(planSet(seenOf(set, []), nowMs), []);
});

test("a pod is the template's, controlled by the set and named after it, and users are told", () => {
  const set = aSet(1);
  set.spec!.template = { metadata: { labels, annotations: { note: "x" }, finalizers: ["example.org/f"] }, spec: { nodeName: "n" } };
  const [step] = planSet(seenOf(set, []), nowMs);
  assert.deepEqual(step, {
    do: "create",
    resource: pods,
    object: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        generateName: "web-",
        namespace: "default",
        labels,
        annotations: { note: "x" },
        finalizers: ["example.org/f"],
        ownerReferences: [
          { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "uid-of-web", controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: { nodeName: "n" },
    },
    told: { about: set, done: ["SuccessfulCreate", "Created pod: {name}"], failed: ["FailedCreate", "Error creating: {error}"] },
  });
});

const fine: Outcome = { wrote: [], failures: [] };
const statusAfter = (set: ReplicaSet, own: Pod[], outcome = fine) => {
  const step = concludeSet(seenOf(set, own), outcome, nowMs).find((each) => each.do === "status");
  return (step as { object: ReplicaSet } | undefined)?.object.status;
};
const failed = (step: Step): Outcome => ({ wrote: [], failures: [{ step, error: new Error("no quota") } satisfies Failure] });

test("the status counts pods, labelled as the template, ready, available and terminating", () => {
  const set = aSet(5);
  set.spec!.minReadySeconds = 10;
  const own = [
    aPod({ labels }),
    aPod({ labels: { app: "other" }, readyFor: 3 }),
    aPod({ labels, readyFor: 10 }),
    aPod({ labels, readyFor: 100, deleting: true }),
    aPod({ labels, phase: "Failed", deleting: true }),
  ];
  assert.deepEqual(statusAfter(set, own), {
    replicas: 3,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 1,
    terminatingReplicas: 1,
    observedGeneration: 1,
  });
});

test("a ReplicationController does not count what is terminating", () => {
  const set = aSet(1);
  const seen = { ...seenOf(set, many(1, { deleting: true })), family: { ...family, countsTerminating: false } };
  const [step] = concludeSet(seen, fine, nowMs);
  assert.equal((step as { object: ReplicaSet }).object.status?.terminatingReplicas, undefined);
});

test("a status that is right already is not written", () => {
  const set = aSet(2);
  set.status = {
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 0,
    availableReplicas: 0,
    terminatingReplicas: 0,
    observedGeneration: 1,
  };
  assert.deepEqual(concludeSet(seenOf(set, many(2)), fine, nowMs), []);
  set.metadata.generation = 2;
  assert.equal(concludeSet(seenOf(set, many(2)), fine, nowMs).length, 1, "the generation must be noted");
});

const conditions: { name: string; wanted: number; own: number; known?: string; outcome: Outcome; now: [string, string][] }[] = [
  {
    name: "creation failed",
    wanted: 3,
    own: 0,
    outcome: failed({ do: "create", resource: pods, object: aPod() }),
    now: [["FailedCreate", "no quota"]],
  },
  {
    name: "deletion failed",
    wanted: 0,
    own: 2,
    outcome: failed({ do: "delete", resource: pods, ref: { name: "a" }, uid: "u" }),
    now: [["FailedDelete", "no quota"]],
  },
  {
    name: "the first failure stays told",
    wanted: 3,
    own: 0,
    known: "old news",
    outcome: failed({ do: "create", resource: pods, object: aPod() }),
    now: [["FailedCreate", "old news"]],
  },
  { name: "what goes well takes the condition away", wanted: 3, own: 3, known: "old news", outcome: fine, now: [] },
];
for (const { name, wanted, own, known, outcome, now } of conditions)
  test(`condition ReplicaFailure: ${name}`, () => {
    const set = aSet(wanted);
    const before = {
      type: "ReplicaFailure",
      status: "True",
      reason: "FailedCreate",
      message: known ?? "",
      lastTransitionTime: secondsAgo(9),
    };
    set.status = { replicas: 7, ...(known ? { conditions: [before] } : {}) };
    const { conditions: after = [] } = statusAfter(set, many(own), outcome) ?? {};
    assert.deepEqual(
      after.map(({ reason, message }) => [reason, message]),
      now,
    );
  });

test("when a pod could not be adopted, no status is written from the wrong count", () => {
  const outcome = failed({ do: "patch", resource: pods, ref: { name: "a" }, type: "strategic", patch: {} });
  assert.deepEqual(concludeSet(seenOf(aSet(1), []), outcome, nowMs), []);
});

test("with minReadySeconds the next look is when the next pod becomes available", () => {
  const set = aSet(2);
  set.spec!.minReadySeconds = 10;
  const looks = (own: Pod[]) => concludeSet(seenOf(set, own), fine, nowMs).filter((step) => step.do === "again");
  assert.deepEqual(looks(many(1, { readyFor: 4 })), [{ do: "again", ms: 6000 }]);
  assert.deepEqual(looks([...many(1, { readyFor: 4 }), ...many(1, { readyFor: 8 })]), [{ do: "again", ms: 2000 }]);
  assert.deepEqual(looks(many(2, { readyFor: 30 })), []);
});
