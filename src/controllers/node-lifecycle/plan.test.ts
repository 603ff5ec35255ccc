import assert from "node:assert/strict";
import { test } from "node:test";
import { leases, type Node, nodes, type Pod, pods, type Taint } from "#api/mod.ts";
import type { Step } from "#client/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aPod, nowMs, secondsAgo } from "../situations.ts";
import { type Eviction, evictionOf, paced, planNode, usualEvictions } from "./plan.ts";
import { nodeLifecycle } from "./see.ts";

type Status = "True" | "False" | "Unknown";
function aNode(name: string, ready: Status | undefined, more: { taints?: Taint[]; zone?: string; cordoned?: boolean } = {}): Node {
  const kinds = ["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => ({
    type,
    status: ready === "Unknown" ? "Unknown" : "False",
  }));
  const own = { type: "Ready", status: ready, lastHeartbeatTime: secondsAgo(60), lastTransitionTime: secondsAgo(600) };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      uid: `uid-of-${name}`,
      creationTimestamp: secondsAgo(3600),
      labels: more.zone ? { "topology.kubernetes.io/zone": more.zone } : {},
    },
    spec: { ...(more.taints ? { taints: more.taints } : {}), ...(more.cordoned ? { unschedulable: true } : {}) },
    status: { conditions: ready ? [own, ...kinds] : [] },
  };
}

const plan = (node: Node, silentMs = 0, own: Pod[] = [], eviction: Eviction = "may begin") =>
  planNode({ node, pods: own, silentMs, eviction }, nowMs);
const patches = (steps: readonly Step[]) => steps.flatMap((step) => (step.do === "patch" ? [step.patch as Node] : []));
const taintsIn = (steps: readonly Step[]) =>
  patches(steps)
    .flatMap((each) => each.spec?.taints ?? [])
    .map(({ key, effect }) => `${key?.replace("node.kubernetes.io/", "")}:${effect}`);

test("a node that is well is looked at again when it could count as silent", () => {
  assert.deepEqual(plan(aNode("n", "True"), 20_000), [{ do: "again", ms: 30_100 }]);
});

test("a silent node is Unknown in all that its kubelet says, and users are told once", () => {
  const node = aNode("n", "True");
  const steps = plan(node, 50_000);
  const { conditions = [] } = patches(steps)[0]!.status!;
  assert.deepEqual(
    conditions.map(({ type, status, reason, message, lastHeartbeatTime, lastTransitionTime }) => [
      type,
      status,
      reason,
      message,
      lastHeartbeatTime,
      lastTransitionTime,
    ]),
    ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => [
      type,
      "Unknown",
      "NodeStatusUnknown",
      "Kubelet stopped posting node status.",
      type === "Ready" ? secondsAgo(60) : node.metadata.creationTimestamp,
      secondsAgo(0),
    ]),
  );
  assert.deepEqual(
    steps.filter((step) => step.do === "event").map(({ reason, message }) => [reason, message]),
    [["NodeNotReady", "Node n status is now: NodeNotReady"]],
  );
  assert.deepEqual(taintsIn(steps), ["unreachable:NoSchedule", "unreachable:NoExecute"]);
});

test("a node that never spoke has ten seconds more", () => {
  assert.deepEqual(
    plan(aNode("n", undefined), 55_000).filter((step) => step.do === "again"),
    [{ do: "again", ms: 5100 }],
  );
  const { conditions = [] } = patches(plan(aNode("n", undefined), 60_000))[0]!.status!;
  assert.deepEqual([conditions[0]?.reason, conditions[0]?.message], ["NodeStatusNeverUpdated", "Kubelet never posted node status."]);
});

test("a node that is Unknown already is left alone", () => {
  const taints = [
    { key: "node.kubernetes.io/unreachable", effect: "NoSchedule", timeAdded: secondsAgo(5) },
    { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: secondsAgo(5) },
  ];
  assert.deepEqual(plan(aNode("n", "Unknown", { taints }), 100_000), []);
});

const old = { key: "node.kubernetes.io/not-ready", effect: "NoExecute", timeAdded: secondsAgo(99) };
const taints: { name: string; node: Node; eviction?: Eviction; wanted: string[] | undefined }[] = [
  { name: "ready", node: aNode("n", "True"), wanted: undefined },
  { name: "not ready", node: aNode("n", "False"), wanted: ["not-ready:NoSchedule", "not-ready:NoExecute"] },
  { name: "unknown", node: aNode("n", "Unknown"), wanted: ["unreachable:NoSchedule", "unreachable:NoExecute"] },
  { name: "no word yet", node: aNode("n", undefined), wanted: ["not-ready:NoSchedule", "not-ready:NoExecute"] },
  { name: "cordoned", node: aNode("n", "True", { cordoned: true }), wanted: ["unschedulable:NoSchedule"] },
  { name: "well again", node: aNode("n", "True", { taints: [old] }), wanted: [] },
  { name: "eviction is off", node: aNode("n", "False", { taints: [old] }), eviction: "off", wanted: ["not-ready:NoSchedule"] },
  { name: "eviction does not begin", node: aNode("n", "False"), eviction: "goes on", wanted: ["not-ready:NoSchedule"] },
  {
    name: "eviction goes on, unreachable instead of not ready",
    node: aNode("n", "Unknown", { taints: [old] }),
    eviction: "goes on",
    wanted: ["unreachable:NoSchedule", "unreachable:NoExecute"],
  },
  {
    name: "a stranger's taint stays",
    node: aNode("n", "False", { taints: [{ key: "mine", effect: "NoSchedule" }] }),
    wanted: ["mine:NoSchedule", "not-ready:NoSchedule", "not-ready:NoExecute"],
  },
];
for (const { name, node, eviction, wanted } of taints)
  test(`taints of a node: ${name}`, () => {
    const steps = plan(node, 0, [], eviction);
    assert.equal(patches(steps).length, wanted === undefined ? 0 : 1);
    assert.deepEqual(taintsIn(steps), wanted ?? []);
  });

test("a taint that stays keeps its time", () => {
  const [change] = patches(plan(aNode("n", "False", { taints: [old] })));
  assert.equal(change?.spec?.taints?.find(({ effect }) => effect === "NoExecute")?.timeAdded, secondsAgo(99));
});

test("pods of a node that is not ready get no traffic, except those that get none anyway", () => {
  const own = [aPod({ name: "a", readyFor: 10 }), aPod({ name: "b" }), aPod({ name: "c", readyFor: 10, deleting: true })];
  const lanes = (ready: Status) => plan(aNode("n", ready), 0, own).flatMap((step) => (step.do === "lanes" ? step.lanes : []));
  assert.equal(lanes("True").length, 0);
  const [lane, ...others] = lanes("False");
  assert.equal(others.length, 0);
  assert.deepEqual(
    lane?.map((step) => (step.do === "event" ? [step.reason, step.message] : [step.do, (step as { ref: { name: string } }).ref.name])),
    [
      ["patch", "a"],
      ["NodeNotReady", "Node is not ready"],
    ],
  );
});

test("labels of old names follow the new", () => {
  const node = aNode("n", "True");
  node.metadata.labels = { "kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64", "beta.kubernetes.io/os": "plan9" };
  const [change] = patches(plan(node));
  assert.deepEqual(change?.metadata?.labels, { "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": "arm64" });
});

const zones: { name: string; all: Node[]; of: number; wanted: Eviction }[] = [
  { name: "one of three", all: [aNode("a", "False"), aNode("b", "True"), aNode("c", "True")], of: 0, wanted: "may begin" },
  { name: "the only node there is", all: [aNode("a", "Unknown")], of: 0, wanted: "off" },
  { name: "all nodes there are", all: [aNode("a", "Unknown"), aNode("b", "False")], of: 0, wanted: "off" },
  {
    name: "most of a small zone",
    all: [...["a", "b", "c"].map((name) => aNode(name, "False")), aNode("d", "True")],
    of: 0,
    wanted: "goes on",
  },
  {
    name: "a whole zone, while another is well",
    all: [...["a", "b", "c"].map((name) => aNode(name, "False", { zone: "x" })), aNode("d", "True", { zone: "y" })],
    of: 0,
    wanted: "may begin",
  },
  {
    name: "most of a large zone",
    all: Array.from({ length: 60 }, (_, at) => aNode(`n${at}`, at < 40 ? "False" : "True")),
    of: 0,
    wanted: "begins slowly",
  },
];
for (const { name, all, of, wanted } of zones) test(`eviction: ${name} not ready`, () => assert.equal(evictionOf(all[of]!, all), wanted));

test("silence is measured by our own clock: a renewal that says something new ends it", async () => {
  const lease = (renewTime: string) => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "n", namespace: "kube-node-lease", uid: "l" },
    spec: { renewTime },
  });
  const { clock, get, put, settled, close } = await trial(nodeLifecycle(), [
    [nodes, aNode("n", "True")],
    [nodes, aNode("other", "True")],
    [leases, lease("1")],
  ]);
  const ready = () => get(nodes, "n")?.status?.conditions?.find(({ type }) => type === "Ready")?.status;
  await clock.advance(40_000);
  put(leases, lease("2"));
  await clock.advance(40_000);
  await settled();
  assert.equal(ready(), "True");
  await clock.advance(60_000);
  await settled();
  assert.equal(ready(), "Unknown");
  await close();
});

test("a pod of a silent node loses its traffic", async () => {
  const { clock, get, settled, close } = await trial(nodeLifecycle(), [
    [nodes, aNode("n", "True")],
    [pods, aPod({ name: "a", node: "n", readyFor: 100 })],
  ]);
  await clock.advance(60_000);
  await settled();
  assert.equal(get(pods, "default/a")?.status?.conditions?.[0]?.status, "False");
  await close();
});

test("pods of one node of a zone are evicted after another, every ten seconds, or every hundred when most of a large zone is gone", () => {
  const begun = new Map<string, number>();
  const at = (node: Node, now: number, eviction: Eviction = "may begin") => paced({ node, silentMs: 0, eviction }, begun, now);
  const inZone = (name: string, zone: string) => {
    const node = aNode(name, "False");
    return { ...node, metadata: { ...node.metadata, labels: { "topology.kubernetes.io/zone": zone } } };
  };
  assert.deepEqual(at(inZone("a", "x"), 0), { eviction: "may begin" });
  assert.deepEqual(at(inZone("b", "x"), 4000), { eviction: "goes on", waitMs: 6000 });
  assert.deepEqual(at(inZone("c", "y"), 4000), { eviction: "may begin" });
  assert.deepEqual(at(inZone("b", "x"), 10_000), { eviction: "may begin" });
  assert.deepEqual(at(inZone("d", "x"), 20_000, "begins slowly"), { eviction: "goes on", waitMs: 90_000 });
  // One that is well, or that is evicted from already, takes no turn.
  assert.deepEqual(at(aNode("e", "True"), 20_000), { eviction: "may begin" });
  assert.equal(begun.size, 2);
  assert.deepEqual(at(inZone("f", "x"), 20_000, "off"), { eviction: "off" });
  assert.deepEqual(at(inZone("g", "z"), 500_000), { eviction: "may begin" });
  assert.deepEqual([...begun.keys()].length, 1, "zones of long ago are forgotten");
});

test("how long a node may be silent can be said", () => {
  const grace = { graceMs: 15_000, startupGraceMs: 20_000 };
  const silent = (node: Node, silentMs: number) =>
    patches(planNode({ node, pods: [], silentMs, eviction: "may begin", grace }, nowMs)).length > 0;
  assert.deepEqual([silent(aNode("n", "True"), 14_000), silent(aNode("n", "True"), 15_000)], [false, true]);
  assert.equal(conditionIn(aNode("n", undefined), 20_000, grace), "NodeStatusNeverUpdated");
});

const conditionIn = (node: Node, silentMs: number, grace: { graceMs: number; startupGraceMs: number }) =>
  patches(planNode({ node, pods: [], silentMs, eviction: "may begin", grace }, nowMs))[0]?.status?.conditions?.[0]?.reason;

test("how fast evictions begin, and when a zone is ill, is the process's to say", () => {
  const begun = new Map<string, number>();
  const evictions = { ...usualEvictions, everyMs: 2000, slowlyMs: Number.POSITIVE_INFINITY };
  const at = (name: string, now: number, eviction: Eviction = "may begin") =>
    paced({ node: aNode(name, "False"), silentMs: 0, eviction }, begun, now, evictions);
  assert.deepEqual(at("a", 0), { eviction: "may begin" });
  assert.deepEqual(at("b", 500), { eviction: "goes on", waitMs: 1500 });
  assert.deepEqual(at("b", 2000), { eviction: "may begin" });
  assert.deepEqual(at("c", 9000, "begins slowly"), { eviction: "goes on" });
  const zone = [
    ...Array.from({ length: 3 }, (_, i) => aNode(`n${i}`, "False")),
    ...Array.from({ length: 7 }, (_, i) => aNode(`r${i}`, "True")),
  ];
  assert.equal(evictionOf(zone[0]!, zone), "may begin");
  assert.equal(evictionOf(zone[0]!, zone, { ...evictions, unhealthyPart: 0.3 }), "goes on");
  assert.equal(evictionOf(zone[0]!, zone, { ...evictions, unhealthyPart: 0.3, largeZone: 9 }), "begins slowly");
});

test("a node that comes and one that goes are told once", async () => {
  const { api, told, put, close } = await trial(nodeLifecycle(), [[nodes, aNode("n", "True")]]);
  put(nodes, { ...aNode("n", "True"), metadata: { ...aNode("n", "True").metadata, labels: { a: "b" } } });
  assert.deepEqual(await told(), ["Normal RegisteredNode Node n event: Registered Node n in Controller"]);
  await api.client.delete(nodes, { name: "n" });
  assert.deepEqual((await told()).slice(1), ["Normal RemovingNode Node n event: Removing Node n from Controller"]);
  await close();
});
