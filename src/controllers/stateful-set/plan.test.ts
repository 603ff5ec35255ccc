import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from "#api/mod.ts";
import { controllerReference, type Step } from "#client/mod.ts";
import { type History, revisionLabel } from "../revisions.ts";
import { aMeta, aPod, nowMs, secondsAgo } from "../situations.ts";
import { identityLabels } from "./identity.ts";
import { concludeStatefulSet, planStatefulSet, type SeenStatefulSet } from "./plan.ts";

const labels = { app: "db" };

function aSet(replicas: number, spec: StatefulSet["spec"] = {}, status: StatefulSet["status"] = {}): StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: aMeta("web", { generation: 3 }),
    spec: {
      replicas,
      serviceName: "svc",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "db:2" }] } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      ...spec,
    },
    status,
  };
}

const revision = (name: string, number: number, image: string): ControllerRevision => ({
  apiVersion: "apps/v1",
  kind: "ControllerRevision",
  metadata: aMeta(name),
  data: {
    spec: { template: { metadata: { labels }, spec: { containers: [{ name: "c", image }] }, $patch: "replace" } },
  } as ControllerRevision["data"],
  revision: number,
});
const history: History = { current: revision("web-new", 2, "db:2"), old: [revision("web-old", 1, "db:1")], steps: [] };

const member = (ordinal: number, options: Parameters<typeof aPod>[0] = {}) =>
  aPod({
    name: `web-${ordinal}`,
    readyFor: 60,
    ...options,
    labels: { ...labels, ...identityLabels(`web-${ordinal}`, ordinal), [revisionLabel]: "web-new", ...options.labels },
  });
const stale = (ordinal: number, options: Parameters<typeof aPod>[0] = {}) =>
  member(ordinal, { ...options, labels: { [revisionLabel]: "web-old" } });
const unready = { readyFor: undefined };

const seenOf = (set: StatefulSet, own: Pod[], claims: PersistentVolumeClaim[] = [], past = history): SeenStatefulSet => ({
  set,
  own,
  adoption: [],
  history: past,
  claimOf: (name) => claims.find((claim) => claim.metadata.name === name),
});

/** `+web-0` made, `-web-0` ended, `~web-0` changed; lanes in parentheses. */
function summary(steps: readonly Step[]): string {
  return steps
    .flatMap((step) => {
      if (step.do === "create") return `+${step.object.metadata.name}`;
      if (step.do === "delete") return `-${step.ref.name}`;
      if (step.do === "patch") return `~${step.ref.name}`;
      if (step.do === "update") return `~${step.object.metadata.name}`;
      if (step.do === "lanes") return step.lanes.map((lane) => `(${summary(lane)})`).join("");
      return step.do === "event" ? step.reason : [];
    })
    .join(" ");
}

const parallel = { podManagementPolicy: "Parallel" };
const rolling = (partition: number, maxUnavailable?: number | string): StatefulSet["spec"] => ({
  updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition, ...(maxUnavailable === undefined ? {} : { maxUnavailable }) } },
});

const situations: [name: string, set: StatefulSet, own: Pod[], expected: string][] = [
  ["the first comes first", aSet(3), [], "+web-0"],
  ["the next when the first is ready", aSet(3), [member(0)], "+web-1"],
  ["not before", aSet(3), [member(0, unready)], ""],
  ["ready is not yet available", aSet(3, { minReadySeconds: 90 }), [member(0)], ""],
  ["a hole is filled before anything else", aSet(3), [member(0), member(2)], "+web-1"],
  ["while one is on its way out the others wait", aSet(3), [member(0, { deleting: true }), member(1)], ""],
  ["a pod that failed is replaced", aSet(2), [member(0, { phase: "Failed" }), member(1)], "-web-0"],
  ["a failed pod that is going is waited for", aSet(2), [member(0, { phase: "Failed", deleting: true })], ""],
  ["numbers may start elsewhere", aSet(2, { ordinals: { start: 5 } }), [member(5)], "+web-6"],
  ["scaled down: the highest goes", aSet(1), [member(0), member(1), member(2)], "-web-2"],
  ["scaled down: one after another", aSet(1), [member(0), member(1), member(2, { deleting: true })], ""],
  ["scaled down: not while one below is broken", aSet(1), [member(0), member(1, unready), member(2, unready)], ""],
  ["scaled down: a broken one may go itself", aSet(1), [member(0), member(1), member(2, unready)], "-web-2"],
  ["scaled down: not while a wanted one is broken", aSet(1), [member(0, unready), member(1)], ""],
  ["Parallel: all at once", aSet(3, parallel), [], "(+web-0)(+web-1)(+web-2)"],
  ["Parallel: down at once", aSet(1, parallel), [member(0), member(1), member(2)], "(-web-2)(-web-1)"],
  ["update: the highest first", aSet(3), [stale(0), stale(1), stale(2)], "-web-2"],
  ["update: then the next, when it is available", aSet(3), [stale(0), stale(1), member(2)], "-web-1"],
  ["update: waits for the new one", aSet(3, parallel), [stale(0), stale(1), member(2, unready)], ""],
  ["update: a broken old one blocks the order", aSet(3), [stale(0), stale(1), stale(2, unready)], ""],
  ["update: Parallel replaces a broken old one", aSet(3, parallel), [stale(0), stale(1), stale(2, unready)], "-web-2"],
  ["update: only from the partition on", aSet(3, rolling(2)), [stale(0), stale(1), member(2)], ""],
  ["update: OnDelete leaves them", aSet(3, { updateStrategy: { type: "OnDelete" } }), [stale(0), stale(1), stale(2)], ""],
  ["update: several may be missing", aSet(4, rolling(0, 2)), [stale(0), stale(1), stale(2), stale(3)], "-web-3 -web-2"],
  [
    "update: a percentage of them, rounded down, one at the least",
    aSet(4, rolling(0, "10%")),
    [stale(0), stale(1), stale(2), stale(3)],
    "-web-3",
  ],
  [
    "update: those that are missing anyway count",
    aSet(4, { ...rolling(0, 2), ...parallel }),
    [stale(0), stale(1), stale(2, unready), stale(3)],
    "-web-3",
  ],
  ["a label of the identity comes back", aSet(1), [member(0, { labels: { "statefulset.kubernetes.io/pod-name": "x" } })], "~web-0"],
  ["nothing while it is being deleted", { ...aSet(2), metadata: aMeta("web", { deletionTimestamp: secondsAgo(1) }) }, [], ""],
];
for (const [name, set, own, expected] of situations)
  test(`pods: ${name}`, () => assert.equal(summary(planStatefulSet(seenOf(set, own), nowMs)).trim(), expected));

const made = (steps: readonly Step[]) => steps.flatMap((step) => (step.do === "create" ? [step] : []));

test("a pod has its name, number, place in DNS and revision", () => {
  const [step] = made(planStatefulSet(seenOf(aSet(1), []), nowMs));
  const { metadata, spec } = step!.object as Pod;
  assert.equal(metadata.generateName, undefined);
  assert.deepEqual(metadata.labels, { ...labels, ...identityLabels("web-0", 0), [revisionLabel]: "web-new" });
  assert.deepEqual([spec?.hostname, spec?.subdomain], ["web-0", "svc"]);
  assert.deepEqual(step!.told?.done, ["SuccessfulCreate", "Create Pod web-0 in StatefulSet web successful"]);
});

test("below the partition a lost pod comes back as it was", () => {
  const set = aSet(2, rolling(1), { currentRevision: "web-old" });
  const [step] = made(planStatefulSet(seenOf(set, [member(1)]), nowMs));
  const pod = step!.object as Pod;
  assert.equal(pod.metadata.labels?.[revisionLabel], "web-old");
  assert.equal(pod.spec?.containers?.[0]?.image, "db:1");
});

const withClaims: StatefulSet["spec"] = {
  volumeClaimTemplates: [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", labels: { tier: "fast" } },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
  ],
};
const aClaim = (ordinal: number, more: PersistentVolumeClaim["metadata"] = {}): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: aMeta(`data-web-${ordinal}`, more),
});

test("claims are made before their pod, carry both sets of labels and are its volumes", () => {
  const template = {
    metadata: { labels },
    spec: {
      containers: [],
      volumes: [
        { name: "data", emptyDir: {} },
        { name: "tmp", emptyDir: {} },
      ],
    },
  };
  const [claim, pod] = made(planStatefulSet(seenOf(aSet(1, { ...withClaims, template }), []), nowMs)).map((step) => step.object);
  assert.equal(claim!.metadata.name, "data-web-0");
  assert.deepEqual(claim!.metadata.labels, { tier: "fast", ...labels });
  assert.equal(claim!.metadata.ownerReferences, undefined);
  assert.deepEqual((pod as Pod).spec?.volumes, [
    { name: "data", persistentVolumeClaim: { claimName: "data-web-0" } },
    { name: "tmp", emptyDir: {} },
  ]);
});

test("a claim that is there is used again, and one that is going is waited for", () => {
  assert.equal(summary(planStatefulSet(seenOf(aSet(1, withClaims), [], [aClaim(0)]), nowMs)), "+web-0");
  const going = aClaim(0, { deletionTimestamp: secondsAgo(1) });
  const steps = planStatefulSet(seenOf(aSet(1, withClaims), [], [going]), nowMs);
  assert.equal(summary(steps), "FailedCreate");
  assert.equal(
    steps[0]?.do === "event" && steps[0].message,
    "Create Pod web-0 in StatefulSet web failed error: pvc data-web-0 is being deleted",
  );
});

const retention = (whenDeleted: string, whenScaled: string): StatefulSet["spec"] => ({
  ...withClaims,
  persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
});
const ownersAfter = (set: StatefulSet, claim: PersistentVolumeClaim): string => {
  const change = planStatefulSet(seenOf(set, [member(0), member(1)], [claim]), nowMs).find((step) => step.do === "update");
  if (change?.do !== "update") return "as it is";
  return (change.object.metadata.ownerReferences ?? []).map(({ kind }) => kind).join(" ") || "nobody";
};
const bySet = [controllerReference(aSet(2))];

const policies: [whenDeleted: string, whenScaled: string, wanted: string, condemned: string][] = [
  ["Retain", "Retain", "as it is", "as it is"],
  ["Delete", "Retain", "StatefulSet", "StatefulSet"],
  ["Retain", "Delete", "as it is", "Pod"],
  ["Delete", "Delete", "StatefulSet", "Pod"],
];
for (const [whenDeleted, whenScaled, wanted, condemned] of policies)
  test(`claims: whenDeleted ${whenDeleted}, whenScaled ${whenScaled}`, () => {
    assert.equal(ownersAfter(aSet(2, retention(whenDeleted, whenScaled)), aClaim(0)), wanted);
    assert.equal(ownersAfter(aSet(1, retention(whenDeleted, whenScaled)), aClaim(1)), condemned);
  });

test("claims: Retain takes the set's reference away again, a stranger's stays", () => {
  assert.equal(ownersAfter(aSet(2, withClaims), aClaim(0, { ownerReferences: bySet })), "nobody");
  const other = { apiVersion: "example.com/v1", kind: "Keeper", name: "k", uid: "u", controller: true };
  assert.equal(ownersAfter(aSet(2, retention("Delete", "Delete")), aClaim(0, { ownerReferences: [other] })), "as it is");
  const both = aClaim(0, { ownerReferences: [other, ...bySet] });
  const steps = planStatefulSet(seenOf(aSet(1, retention("Delete", "Retain")), [member(0)], [both]), nowMs);
  assert.equal(summary(steps), "ConflictingController ~data-web-0");
});

test("a claim that a former pod of the name takes along is waited for", () => {
  const former = { ...controllerReference(member(0)), uid: "an older one" };
  const left = aClaim(0, { ownerReferences: [former] });
  const pod = { ...former, apiVersion: "v1", kind: "Pod", name: "web-0" };
  left.metadata.ownerReferences = [pod];
  assert.equal(summary(planStatefulSet(seenOf(aSet(1, retention("Retain", "Delete")), [], [left]), nowMs)), "");
});

const statusAfter = (set: StatefulSet, own: Pod[]) => {
  const [step] = concludeStatefulSet(seenOf(set, own), { wrote: [], failures: [] }, nowMs);
  return step?.do === "status" ? (step.object as StatefulSet).status : undefined;
};

test("the status counts by revision while an update is under way", () => {
  const set = aSet(3, { minReadySeconds: 30 }, { currentRevision: "web-old", updateRevision: "web-new" });
  assert.deepEqual(statusAfter(set, [stale(0), stale(1, unready), member(2, { readyFor: 5 })]), {
    observedGeneration: 3,
    replicas: 3,
    readyReplicas: 2,
    availableReplicas: 1,
    currentReplicas: 2,
    updatedReplicas: 1,
    currentRevision: "web-old",
    updateRevision: "web-new",
    collisionCount: 0,
  });
});

test("an update is complete when all pods are new and ready", () => {
  const set = aSet(2, {}, { currentRevision: "web-old" });
  const status = statusAfter(set, [member(0), member(1)]);
  assert.deepEqual([status?.currentRevision, status?.currentReplicas], ["web-new", 2]);
  assert.equal(statusAfter(set, [member(0), member(1, unready)])?.currentRevision, "web-old");
});

test("history: revisions of pods and of the status stay, the oldest others go", () => {
  const old = [1, 2, 3, 4].map((number) => revision(`r${number}`, number, "db:1"));
  const set = aSet(1, { revisionHistoryLimit: 1 }, { currentRevision: "r2" });
  const steps = planStatefulSet(seenOf(set, [member(0, { labels: { [revisionLabel]: "r1" } })], [], { ...history, old }), nowMs);
  assert.equal(summary(steps), "-web-0 -r3");
});
