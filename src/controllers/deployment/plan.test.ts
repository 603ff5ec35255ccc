import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, DeploymentCondition, ReplicaSet } from "#api/mod.ts";
import type { Outcome, Step } from "#client/mod.ts";
import { aMeta, nowMs, secondsAgo } from "../situations.ts";
import { concludeDeployment, planDeployment, type SeenDeployment } from "./plan.ts";

const annotation = (name: string) => `deployment.kubernetes.io/${name}`;
const selector = { matchLabels: { app: "web" } };

interface Situation {
  spec?: Deployment["spec"];
  status?: Deployment["status"];
  meta?: Deployment["metadata"];
}
function aDeployment({ spec, status, meta }: Situation = {}): Deployment {
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: aMeta("web", { generation: 1, annotations: { [annotation("revision")]: "1" }, ...meta }),
    spec: { replicas: 3, selector, strategy, template: { metadata: { labels: { app: "web" } } }, progressDeadlineSeconds: 600, ...spec },
    ...(status ? { status } : {}),
  };
}

function aSet(
  name: string,
  replicas: number,
  more: { ready?: number; desired?: number; revision?: number; age?: number; observed?: boolean } = {},
): ReplicaSet {
  const { ready = 0, desired = 3, revision = 1, age = 100 } = more;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: aMeta(name, {
      generation: 1,
      creationTimestamp: secondsAgo(age),
      annotations: {
        [annotation("desired-replicas")]: `${desired}`,
        [annotation("max-replicas")]: `${desired + 1}`,
        [annotation("revision")]: `${revision}`,
      },
    }),
    spec: { replicas },
    status: {
      replicas,
      readyReplicas: ready,
      availableReplicas: ready,
      terminatingReplicas: 0,
      observedGeneration: more.observed === false ? 0 : 1,
    },
  };
}

const next = { name: "web-hash", hash: "hash", taken: undefined };
const seenOf = (deployment: Deployment, sets: ReplicaSet[], newest?: ReplicaSet): SeenDeployment => ({
  deployment,
  sets,
  adoption: [],
  newest,
  alive: new Set(),
  ...(newest ? {} : { next }),
});
const sizesIn = (steps: readonly Step[]) =>
  Object.fromEntries(
    steps.flatMap((step) => {
      if (step.do !== "create" && step.do !== "update") return [];
      return [[step.object.metadata.name, (step.object as ReplicaSet).spec?.replicas]];
    }),
  );
const statusIn = (steps: readonly Step[]) => {
  const step = steps.find((each) => each.do === "status");
  return (step as { object: Deployment } | undefined)?.object;
};
const told = (steps: readonly Step[]) => steps.flatMap((step) => ("told" in step && step.told?.done ? [step.told.done[1]] : []));
const progressing = (deployment: Deployment | undefined) => {
  const condition = deployment?.status?.conditions?.find(({ type }) => type === "Progressing");
  return condition && [condition.status, condition.reason, condition.message];
};

test("the first set is made at full size, and the Deployment learns its revision in the same status", () => {
  const steps = planDeployment(seenOf(aDeployment({ meta: { annotations: { note: "x" } } }), []), nowMs);
  const [made] = steps;
  assert.equal(made?.do, "create");
  const set = (made as { object: ReplicaSet }).object;
  assert.deepEqual(set.metadata.annotations, {
    note: "x",
    [annotation("revision")]: "1",
    [annotation("desired-replicas")]: "3",
    [annotation("max-replicas")]: "4",
  });
  assert.deepEqual(set.metadata.labels, { app: "web", "pod-template-hash": "hash" });
  assert.deepEqual(set.spec?.selector, { matchLabels: { app: "web", "pod-template-hash": "hash" } });
  assert.deepEqual(set.spec?.template?.metadata?.labels, { app: "web", "pod-template-hash": "hash" });
  assert.equal(set.metadata.ownerReferences?.[0]?.uid, "uid-of-web");
  assert.deepEqual(told(steps), ["Scaled up replica set web-hash from 0 to 3"]);
  const after = statusIn(steps);
  assert.equal(after?.metadata.annotations?.[annotation("revision")], "1");
  assert.deepEqual(progressing(after), ["True", "NewReplicaSetCreated", 'Created new replica set "web-hash"']);
});

const rolls: { name: string; sets: ReplicaSet[]; newest?: number; wanted: Record<string, number> }[] = [
  { name: "a new template begins with the surge", sets: [aSet("a", 3, { ready: 3 })], wanted: { a: 2, "web-hash": 1 } },
  { name: "then old ones go", sets: [aSet("a", 3, { ready: 3 }), aSet("b", 1, { revision: 2, age: 1 })], newest: 1, wanted: { a: 2 } },
  { name: "then the new grows again", sets: [aSet("a", 2, { ready: 2 }), aSet("b", 1, { revision: 2 })], newest: 1, wanted: { b: 2 } },
  { name: "nothing while the new are not ready", sets: [aSet("a", 2, { ready: 2 }), aSet("b", 2, { revision: 2 })], newest: 1, wanted: {} },
  { name: "the last step", sets: [aSet("a", 1, { ready: 1 }), aSet("b", 3, { ready: 3, revision: 2 })], newest: 1, wanted: { a: 0 } },
];
for (const { name, sets, newest, wanted } of rolls)
  test(`rolling: ${name}`, () => {
    const seen = seenOf(aDeployment(), sets, newest === undefined ? undefined : sets[newest]);
    assert.deepEqual(sizesIn(planDeployment(seen, nowMs)), wanted);
  });

test("a rollback gives the old set the highest revision, and says so", () => {
  const [old, current] = [aSet("a", 0, { revision: 1 }), aSet("b", 3, { ready: 3, revision: 2, age: 1 })];
  const steps = planDeployment(
    seenOf(aDeployment({ meta: { annotations: { [annotation("revision")]: "2" } } }), [old, current], old),
    nowMs,
  );
  const change = steps.find((step) => step.do === "update" && step.object.metadata.name === "a") as { object: ReplicaSet };
  assert.equal(change.object.metadata.annotations?.[annotation("revision")], "3");
  assert.equal(change.object.metadata.annotations?.[annotation("revision-history")], "1");
  assert.equal(change.object.spec?.replicas, 1, "one write carries both");
  assert.equal(statusIn(steps)?.metadata.annotations?.[annotation("revision")], "3");
});

test("minReadySeconds of the Deployment reaches the newest set", () => {
  const set = aSet("a", 3, { ready: 3 });
  const change = planDeployment(seenOf(aDeployment({ spec: { minReadySeconds: 5 } }), [set], set), nowMs).find(
    (step) => step.do === "update",
  );
  assert.equal((change as { object: ReplicaSet }).object.spec?.minReadySeconds, 5);
});

const recreate = { type: "Recreate" };
const anew: { name: string; sets: ReplicaSet[]; newest?: number; alive?: string[]; wanted: Record<string, number> }[] = [
  { name: "old ones go first", sets: [aSet("a", 3, { ready: 3 })], wanted: { a: 0 } },
  { name: "a set that still counts pods is waited for", sets: [{ ...aSet("a", 0), status: { replicas: 2 } }], wanted: {} },
  { name: "pods that still end are waited for", sets: [aSet("a", 0)], alive: ["uid-of-a"], wanted: {} },
  { name: "then the new is made at once", sets: [aSet("a", 0)], wanted: { "web-hash": 3 } },
  { name: "the new set grows", sets: [aSet("a", 0), aSet("b", 0, { revision: 2 })], newest: 1, wanted: { b: 3 } },
];
for (const { name, sets, newest, alive = [], wanted } of anew)
  test(`made anew: ${name}`, () => {
    const seen = seenOf(aDeployment({ spec: { strategy: recreate } }), sets, newest === undefined ? undefined : sets[newest]);
    assert.deepEqual(sizesIn(planDeployment({ ...seen, alive: new Set(alive) }, nowMs)), wanted);
  });

const scaled: { name: string; spec: Deployment["spec"]; sets: ReplicaSet[]; newest?: number; wanted: Record<string, number> }[] = [
  { name: "the only set takes all", spec: { replicas: 5 }, sets: [aSet("a", 3)], newest: 0, wanted: { a: 5 } },
  { name: "even where it is old", spec: { replicas: 5 }, sets: [aSet("a", 3)], wanted: { a: 5 } },
  {
    name: "a saturated new set takes all from the others",
    spec: { replicas: 3 },
    sets: [aSet("a", 2, { desired: 2 }), aSet("b", 3, { ready: 3, revision: 2 })],
    newest: 1,
    wanted: { a: 0 },
  },
  {
    name: "in a rollout each has its share",
    spec: { replicas: 6 },
    sets: [aSet("a", 2, { ready: 2 }), aSet("b", 2, { revision: 2 })],
    newest: 1,
    wanted: { a: 3, b: 4 },
  },
  { name: "paused: no new set, but the wanted number", spec: { replicas: 4, paused: true }, sets: [aSet("a", 3)], wanted: { a: 4 } },
  {
    name: "a size that is right learns the wanted number",
    spec: { replicas: 3 },
    sets: [aSet("a", 3, { desired: 2 })],
    newest: 0,
    wanted: { a: 3 },
  },
];
for (const { name, spec, sets, newest, wanted } of scaled)
  test(`scaling: ${name}`, () => {
    const seen = seenOf(aDeployment({ spec }), sets, newest === undefined ? undefined : sets[newest]);
    assert.deepEqual(sizesIn(planDeployment(seen, nowMs)), wanted);
  });

const condition = (status: string, reason: string, seconds: number): DeploymentCondition => ({
  type: "Progressing",
  status,
  reason,
  lastUpdateTime: secondsAgo(seconds),
  lastTransitionTime: secondsAgo(seconds),
});
const stuck = { replicas: 3, updatedReplicas: 3, unavailableReplicas: 3, observedGeneration: 1 };
const reasons: { name: string; known?: DeploymentCondition; spec?: Deployment["spec"]; ready: number; wanted: string | undefined }[] = [
  { name: "a set that was there before anybody asked", ready: 0, wanted: "FoundNewReplicaSet" },
  { name: "all are ready", known: condition("True", "ReplicaSetUpdated", 5), ready: 3, wanted: "NewReplicaSetAvailable" },
  { name: "more are ready", known: condition("True", "NewReplicaSetCreated", 5), ready: 1, wanted: "ReplicaSetUpdated" },
  { name: "nothing for long", known: condition("True", "ReplicaSetUpdated", 601), ready: 0, wanted: "ProgressDeadlineExceeded" },
  { name: "nothing for a while", known: condition("True", "ReplicaSetUpdated", 599), ready: 0, wanted: "ReplicaSetUpdated" },
  { name: "stuck stays stuck", known: condition("False", "ProgressDeadlineExceeded", 5), ready: 0, wanted: "ProgressDeadlineExceeded" },
  { name: "paused", known: condition("True", "ReplicaSetUpdated", 5), spec: { paused: true }, ready: 0, wanted: "DeploymentPaused" },
  {
    name: "paused while stuck",
    known: condition("False", "ProgressDeadlineExceeded", 5),
    spec: { paused: true },
    ready: 0,
    wanted: "ProgressDeadlineExceeded",
  },
  { name: "resumed", known: condition("Unknown", "DeploymentPaused", 5), ready: 0, wanted: "DeploymentResumed" },
  {
    name: "no deadline",
    known: condition("True", "ReplicaSetUpdated", 5),
    spec: { progressDeadlineSeconds: 2 ** 31 - 1 },
    ready: 0,
    wanted: undefined,
  },
];
for (const { name, known, spec, ready, wanted } of reasons)
  test(`progress: ${name}`, () => {
    const set = aSet("a", 3, { ready });
    const deployment = aDeployment({ spec, status: { ...stuck, conditions: known ? [known] : [] } });
    const steps = planDeployment(seenOf(deployment, [set], set), nowMs);
    const after = statusIn(steps) ?? deployment;
    assert.equal(after.status?.conditions?.find(({ type }) => type === "Progressing")?.reason, wanted);
  });

test("a rollout that may get stuck is looked at a second after its deadline", () => {
  const set = aSet("a", 3);
  const deployment = aDeployment({ status: { ...stuck, conditions: [condition("True", "ReplicaSetUpdated", 100)] } });
  const steps = planDeployment(seenOf(deployment, [set], set), nowMs);
  assert.deepEqual(steps.at(-1), { do: "again", ms: 501_000 });
});

test("a failure of the newest set counts before one of an old set, and goes when it is over", () => {
  const failing = (name: string, message: string): ReplicaSet => ({
    ...aSet(name, 3),
    status: {
      conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message, lastTransitionTime: secondsAgo(7) }],
    },
  });
  const sets = [failing("a", "old"), failing("b", "new")];
  const messages = (seen: SeenDeployment) =>
    statusIn(planDeployment(seen, nowMs))
      ?.status?.conditions?.filter(({ type }) => type === "ReplicaFailure")
      .map(({ message }) => message);
  assert.deepEqual(messages(seenOf(aDeployment(), sets, sets[1])), ["new"]);
  assert.deepEqual(messages(seenOf(aDeployment(), [sets[0]!, aSet("b", 3)], sets[1])), ["old"]);
  const known = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "x" };
  assert.deepEqual(messages(seenOf(aDeployment({ status: { conditions: [known] } }), [aSet("b", 3)], aSet("b", 3))), []);
});

test("terminating pods are not counted while one set does not say", () => {
  const [a, b] = [aSet("a", 0), aSet("b", 3)];
  a.status!.terminatingReplicas = 2;
  const count = (sets: ReplicaSet[]) => statusIn(planDeployment(seenOf(aDeployment(), sets, b), nowMs))?.status?.terminatingReplicas;
  assert.equal(count([a, b]), 2);
  assert.equal(count([a, b, { ...aSet("c", 0, { observed: false }), status: { replicas: 0 } }]), 2, "nobody has looked at c yet");
  assert.equal(count([a, b, { ...aSet("c", 0), status: { observedGeneration: 1 } }]), undefined);
});

test("old revisions beyond the limit go once all is done: the lowest first, and none that still has pods", () => {
  const complete = {
    replicas: 3,
    updatedReplicas: 3,
    availableReplicas: 3,
    readyReplicas: 3,
    observedGeneration: 1,
    terminatingReplicas: 0,
  };
  const newest = aSet("n", 3, { ready: 3, revision: 9 });
  const busy = { ...aSet("busy", 0, { revision: 1 }), status: { replicas: 1, observedGeneration: 1 } };
  const sets = [aSet("c", 0, { revision: 3 }), busy, aSet("d", 0, { revision: 4 }), aSet("b", 0, { revision: 2 }), newest];
  const gone = (status: Deployment["status"], limit: number) =>
    planDeployment(
      seenOf(
        aDeployment({ spec: { revisionHistoryLimit: limit }, status, meta: { annotations: { [annotation("revision")]: "9" } } }),
        sets,
        newest,
      ),
      nowMs,
    ).flatMap((step) => (step.do === "delete" ? [step.ref.name] : []));
  assert.deepEqual(gone(complete, 2), ["b"]);
  assert.deepEqual(gone(complete, 0), ["b", "c", "d"]);
  assert.deepEqual(gone(complete, 2 ** 31 - 1), []);
  assert.deepEqual(gone({ ...complete, availableReplicas: 2 }, 0), []);
});

test("a name that is taken is a collision: another hash is tried", () => {
  const seen = { ...seenOf(aDeployment({ status: { collisionCount: 1 } }), []), next: { ...next, taken: aSet("web-hash", 1) } };
  const [step, ...others] = planDeployment(seen, nowMs);
  assert.equal((step as { object: Deployment }).object.status?.collisionCount, 2);
  assert.deepEqual(others, []);
});

test("a set that could not be made is told as a lack of progress, once", () => {
  const seen = seenOf(aDeployment(), []);
  const step = planDeployment(seen, nowMs)[0]!;
  const outcome = (error: unknown): Outcome => ({ wrote: [], failures: [{ step, error }] });
  const [told] = concludeDeployment(seen, outcome(new Error("no quota")), nowMs);
  assert.deepEqual(progressing((told as { object: Deployment }).object), [
    "False",
    "ReplicaSetCreateError",
    'Failed to create new replica set "web-hash": no quota',
  ]);
  const again = { ...seen, deployment: (told as { object: Deployment }).object };
  assert.deepEqual(concludeDeployment(again, outcome(new Error("no quota")), nowMs), []);
});

test("a Deployment that is going only counts", () => {
  const set = aSet("a", 3, { ready: 3 });
  const steps = planDeployment(
    seenOf(aDeployment({ spec: { replicas: 5 }, meta: { deletionTimestamp: secondsAgo(1) } }), [set], set),
    nowMs,
  );
  assert.deepEqual(
    steps.map((step) => step.do),
    ["status"],
  );
});

test("a selector that selects everything is refused", () => {
  const steps = planDeployment(seenOf(aDeployment({ spec: { selector: {} } }), []), nowMs);
  assert.deepEqual(
    steps.map((step) => (step.do === "event" ? step.reason : step.do)),
    ["SelectingAll", "status"],
  );
});
