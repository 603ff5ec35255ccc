import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllerRevision, DaemonSet, Node, Pod } from "#api/mod.ts";
import type { Step } from "#client/mod.ts";
import { type History, revisionLabel } from "../revisions.ts";
import { aMeta, aPod, nowMs, secondsAgo } from "../situations.ts";
import { podOn } from "./placement.ts";
import { concludeDaemonSet, planDaemonSet, type SeenDaemonSet } from "./plan.ts";

const labels = { app: "log" };
const fresh = { ...labels, [revisionLabel]: "new" };
const stale = { ...labels, [revisionLabel]: "old" };

function aSet(spec: DaemonSet["spec"] = {}): DaemonSet {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: aMeta("log", { generation: 2 }),
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [] } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      ...spec,
    },
  };
}

const aNode = (name: string, more: Node["spec"] = {}, nodeLabels: Record<string, string> = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: nodeLabels },
  spec: more,
});
const three = ["a", "b", "c"].map((name) => aNode(name));
const on = (node: string, options: Parameters<typeof aPod>[0] = {}) =>
  aPod({ name: `on-${node}`, labels: fresh, node, readyFor: 60, ...options });
const revision = (name: string, number: number, label = name): ControllerRevision => ({
  apiVersion: "apps/v1",
  kind: "ControllerRevision",
  metadata: aMeta(name, { labels: { [revisionLabel]: label } }),
  revision: number,
});
const history: History = { current: revision("log-new", 2, "new"), old: [], steps: [] };
const seenOf = (set: DaemonSet, nodes: Node[], own: Pod[], more: Partial<SeenDaemonSet> = {}): SeenDaemonSet => ({
  set,
  nodes,
  own,
  adoption: [],
  history,
  mayGo: new Set(),
  ...more,
});

/** `+node` for a pod that is made, `-pod` for one that goes. */
function summary(steps: readonly Step[]): string {
  return steps
    .flatMap((step) => {
      if (step.do === "create")
        return `+${(step.object as Pod).spec!.affinity!.nodeAffinity!.requiredDuringSchedulingIgnoredDuringExecution!.nodeSelectorTerms![0]!.matchFields![0]!.values![0]}`;
      return step.do === "delete" ? `-${step.ref.name}` : [];
    })
    .join(" ");
}

const noSchedule = { taints: [{ key: "k", effect: "NoSchedule" as const }] };
const noExecute = { taints: [{ key: "k", effect: "NoExecute" as const }] };

const placements: [name: string, set: DaemonSet, nodes: Node[], own: Pod[], expected: string][] = [
  ["a pod on every node", aSet(), three, [], "+a +b +c"],
  ["only what is missing", aSet(), three, [on("a"), on("c")], "+b"],
  ["nothing when all are there", aSet(), three, three.map(({ metadata }) => on(metadata.name!)), ""],
  ["a pod that is going keeps its place until it is gone", aSet(), [aNode("a")], [on("a", { deleting: true })], ""],
  ["over and going counts as gone", aSet(), [aNode("a")], [on("a", { deleting: true, phase: "Failed" })], "+a"],
  [
    "two on one node: the older stays",
    aSet(),
    [aNode("a")],
    [on("a", { name: "young", ageSeconds: 5 }), on("a", { name: "old", ageSeconds: 50 })],
    "-young",
  ],
  ["a node that is full of taints gets none", aSet(), [aNode("a", noSchedule)], [], ""],
  ["NoSchedule lets the pod that is there stay", aSet(), [aNode("a", noSchedule)], [on("a")], ""],
  ["NoExecute does not", aSet(), [aNode("a", noExecute)], [on("a")], "-on-a"],
  [
    "a toleration opens the node",
    aSet({ template: { metadata: { labels }, spec: { containers: [], tolerations: [{ operator: "Exists" }] } } }),
    [aNode("a", noExecute)],
    [],
    "+a",
  ],
  [
    "cordoned and pressed nodes are tolerated",
    aSet(),
    [aNode("a", { unschedulable: true, taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] })],
    [],
    "+a",
  ],
  [
    "a network that is not there keeps all but the host's network away",
    aSet(),
    [aNode("a", { taints: [{ key: "node.kubernetes.io/network-unavailable", effect: "NoSchedule" }] })],
    [],
    "",
  ],
  [
    "nodeSelector",
    aSet({ template: { metadata: { labels }, spec: { containers: [], nodeSelector: { disk: "ssd" } } } }),
    [aNode("a", {}, { disk: "ssd" }), aNode("b")],
    [on("b")],
    "+a -on-b",
  ],
  ["nodeName in the template", aSet({ template: { metadata: { labels }, spec: { containers: [], nodeName: "b" } } }), three, [], "+b"],
  ["a pod for a node that never came goes; one that ran there is the garbage collector's", aSet(), [], [podFor("x"), on("y")], "-for-x"],
  ["a pod that succeeded is replaced", aSet(), [aNode("a")], [on("a", { phase: "Succeeded" })], "-on-a"],
  ["a pod that failed waits for its time", aSet(), [aNode("a")], [on("a", { phase: "Failed" })], ""],
];

function podFor(node: string): Pod {
  const pod = podOn(aSet(), node, "new");
  return { ...pod, metadata: { ...pod.metadata, name: `for-${node}`, uid: `uid-of-for-${node}` }, status: { phase: "Pending" } };
}

for (const [name, set, nodes, own, expected] of placements)
  test(`placement: ${name}`, () => assert.equal(summary(planDaemonSet(seenOf(set, nodes, own), nowMs)), expected));

test("a failed pod whose time has come goes, and users are told", () => {
  const failed = on("a", { phase: "Failed" });
  const steps = planDaemonSet(seenOf(aSet(), [aNode("a")], [failed], { mayGo: new Set([failed.metadata.uid!]) }), nowMs);
  assert.equal(summary(steps), "-on-a");
  assert.deepEqual(
    steps.flatMap((step) => (step.do === "event" ? [step.type, step.reason, step.message] : [])),
    ["Warning", "FailedDaemonPod", "Found failed daemon pod default/on-a on node a, will try to kill it"],
  );
});

const rolling = (maxUnavailable: number | string, maxSurge: number | string = 0, more: DaemonSet["spec"] = {}) =>
  aSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable, maxSurge } }, ...more });
const old = (node: string, options: Parameters<typeof aPod>[0] = {}) => on(node, { labels: stale, ...options });

const rollouts: [name: string, set: DaemonSet, own: Pod[], expected: string][] = [
  ["one at a time", rolling(1), [old("a"), old("b"), old("c")], "-on-a"],
  ["as many as may be missing", rolling(2), [old("a"), old("b"), old("c")], "-on-a -on-b"],
  ["percentages count of the nodes, rounded up", rolling("34%"), [old("a"), old("b"), old("c")], "-on-a -on-b"],
  ["a new pod that is not ready counts as missing", rolling(1), [on("a", { readyFor: undefined }), old("b"), old("c")], ""],
  [
    "a broken old pod goes whatever is missing",
    rolling(1),
    [on("a", { readyFor: undefined }), old("b", { readyFor: undefined }), old("c")],
    "-on-b",
  ],
  [
    "ready is not yet available",
    rolling(1, 0, { minReadySeconds: 90 }),
    [on("a"), old("b", { readyFor: 100 }), old("c", { readyFor: 100 })],
    "",
  ],
  ["a pod that is going is missing", rolling(1), [old("a", { deleting: true }), old("b"), old("c")], ""],
  ["zero and zero would never end", rolling(0), [old("a"), old("b"), old("c")], "-on-a"],
  ["OnDelete leaves old pods", aSet({ updateStrategy: { type: "OnDelete" } }), [old("a"), old("b"), old("c")], ""],
  ["surge: new ones come first", rolling(0, 1), [old("a"), old("b"), old("c")], "+a"],
  [
    "surge: the old one stays until the new one is available",
    rolling(0, 1),
    [old("a", { name: "was" }), on("a", { readyFor: undefined }), old("b"), old("c")],
    "",
  ],
  ["surge: then it goes", rolling(0, 1), [old("a", { name: "was" }), on("a"), old("b"), old("c")], "-was"],
  ["surge: a broken old pod gets its new one at once", rolling(0, 1), [old("a"), old("b", { readyFor: undefined }), old("c")], "+b +a"],
  [
    "surge: a broken old pod beside a new one goes",
    rolling(0, 1),
    [old("a", { name: "was", readyFor: undefined }), on("a", { readyFor: undefined }), old("b"), old("c")],
    "-was",
  ],
];
for (const [name, set, own, expected] of rollouts)
  test(`rollout: ${name}`, () => assert.equal(summary(planDaemonSet(seenOf(set, three, own), nowMs)), expected));

test("a pod carries the revision, tolerates what befalls nodes and can go nowhere else", () => {
  const template = { metadata: { labels }, spec: { hostNetwork: true, containers: [] } };
  const pod = podOn(aSet({ template }), "a", "new");
  assert.deepEqual(pod.metadata.labels, fresh);
  assert.equal(pod.metadata.generateName, "log-");
  assert.deepEqual(
    pod.spec?.tolerations?.map(({ key, operator, effect }) => `${key?.replace("node.kubernetes.io/", "")} ${operator} ${effect}`),
    [
      "not-ready Exists NoExecute",
      "unreachable Exists NoExecute",
      "disk-pressure Exists NoSchedule",
      "memory-pressure Exists NoSchedule",
      "pid-pressure Exists NoSchedule",
      "unschedulable Exists NoSchedule",
      "network-unavailable Exists NoSchedule",
    ],
  );
  assert.deepEqual(pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution, {
    nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["a"] }] }],
  });
});

test("the status counts nodes, not pods", () => {
  const nodes = [...three, aNode("d", noSchedule)];
  const own = [on("a"), old("b", { readyFor: undefined }), on("d")];
  const [step] = concludeDaemonSet(seenOf(aSet(), nodes, own), { wrote: [], failures: [] }, nowMs);
  assert.deepEqual(step?.do === "status" && (step.object as DaemonSet).status, {
    currentNumberScheduled: 2,
    numberMisscheduled: 1,
    desiredNumberScheduled: 3,
    numberReady: 1,
    observedGeneration: 2,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 2,
  });
});

test("history beyond the limit goes, oldest first, but for what pods are still of", () => {
  const past: History = { ...history, old: [revision("r1", 1), revision("r2", 2), revision("r3", 3)] };
  const own = [on("a", { labels: { ...labels, [revisionLabel]: "r1" } }), on("b"), on("c")];
  const set = aSet({ revisionHistoryLimit: 1, updateStrategy: { type: "OnDelete" } });
  assert.equal(summary(planDaemonSet(seenOf(set, three, own, { history: past }), nowMs)), "-r2 -r3");
});

test("a name that another holds raises the collision count and does nothing else", () => {
  const steps = planDaemonSet(seenOf(aSet(), three, [], { history: "collision" }), nowMs);
  assert.deepEqual(
    steps.map((step) => step.do === "status" && (step.object as DaemonSet).status?.collisionCount),
    [1],
  );
});

test("a set that is being deleted, or selects all pods, makes none", () => {
  const going = aSet();
  going.metadata.deletionTimestamp = secondsAgo(1);
  assert.deepEqual(planDaemonSet(seenOf(going, three, []), nowMs), []);
  const steps = planDaemonSet(seenOf(aSet({ selector: {} }), three, []), nowMs);
  assert.deepEqual(
    steps.map((step) => step.do === "event" && step.reason),
    ["SelectingAll"],
  );
});
