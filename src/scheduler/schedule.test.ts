import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod, PodSpec } from "#api/mod.ts";
import { seededRandom } from "#base/mod.ts";
import { Cluster } from "./cluster.ts";
import { Nominations } from "./nominations.ts";
import { podInfoOf } from "./pod-info.ts";
import { leastHarm, preempt } from "./preemption.ts";
import { defaultPlugins } from "./profile.ts";
import { describeFailure, isPlaced, schedule } from "./schedule.ts";

const nothing = () => undefined;
const plugins = defaultPlugins({
  claim: nothing,
  volume: nothing,
  volumesOfClass: () => [],
  storageClass: nothing,
  capacities: nothing,
  csiNode: nothing,
  attachmentsOn: () => [],
});
const random = () => seededRandom(1);
let uid = 0;

function aNode(name: string, options: { labels?: Record<string, string>; cpu?: string; memory?: string; spec?: Node["spec"] } = {}): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...options.labels } },
    spec: options.spec ?? {},
    status: { allocatable: { cpu: options.cpu ?? "4", memory: options.memory ?? "8Gi", pods: "110" } },
  };
}

function aPod(name: string, spec: Partial<PodSpec> = {}, labels: Record<string, string> = {}, cpu?: string): Pod {
  const container = { name: "c", image: "x", ...(cpu ? { resources: { requests: { cpu } } } : {}) };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `u${uid++}`, labels },
    spec: { containers: [container], ...spec },
  };
}

const info = (pod: Pod) => podInfoOf(pod, () => undefined);

function aCluster(nodes: Node[], placed: [Pod, string][] = []): Cluster {
  const cluster = new Cluster();
  for (const node of nodes) cluster.setNode(node);
  for (const [pod, node] of placed) cluster.addPod(info(pod), node);
  return cluster;
}

const place = (pod: Pod, cluster: Cluster) => schedule(info(pod), cluster, { plugins, random: random() });

function reason(pod: Pod, cluster: Cluster): string {
  const result = place(pod, cluster);
  return isPlaced(result) ? `placed on ${result.node}` : describeFailure(result);
}

test("an empty cluster says so", () => {
  assert.equal(reason(aPod("p"), aCluster([])), "no nodes available to schedule pods");
});

test("reasons are counted and sorted as upstream prints them", () => {
  const tainted = aNode("t", { spec: { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] } });
  const cluster = aCluster([tainted, aNode("a"), aNode("b"), aNode("c", { spec: { unschedulable: true } })]);
  assert.equal(
    reason(aPod("p", {}, {}, "64"), cluster),
    "0/4 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu.",
  );
});

test("a pod goes to a node whose kubelet does what it needs", () => {
  const restartPolicyRules = [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [3] } }];
  const pod = aPod("p", { containers: [{ name: "c", image: "x", restartPolicy: "Never", restartPolicyRules }] } as Partial<PodSpec>);
  const old = aNode("old", { cpu: "64" });
  assert.equal(reason(pod, aCluster([old])), "0/1 nodes are available: 1 node(s) didn't match Pod's required features.");
  const young = aNode("young");
  const able = { ...young, status: { ...young.status, declaredFeatures: ["RestartAllContainersOnContainerExits"] } };
  assert.equal(reason(pod, aCluster([old, able])), "placed on young");
  const strange = aPod("q", { hostNetwork: true, hostUsers: false });
  assert.match(reason(strange, aCluster([able])), /required features/);
});

test("a pod goes where there is most room", () => {
  const cluster = aCluster([aNode("full"), aNode("free")], [[aPod("other", {}, {}, "3"), "full"]]);
  assert.equal(reason(aPod("p", {}, {}, "500m"), cluster), "placed on free");
});

test("node selectors and required affinity are musts, preferred affinity is a wish", () => {
  const cluster = aCluster([aNode("a", { labels: { disk: "hdd" } }), aNode("b", { labels: { disk: "ssd" } })]);
  assert.equal(reason(aPod("p", { nodeSelector: { disk: "ssd" } }), cluster), "placed on b");
  assert.equal(
    reason(aPod("p", { nodeSelector: { disk: "tape" } }), cluster),
    "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
  );
  const wish = [{ weight: 100, preference: { matchExpressions: [{ key: "disk", operator: "In", values: ["hdd"] }] } }];
  assert.equal(
    reason(aPod("p", { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: wish } } }), cluster),
    "placed on a",
  );
});

test("host ports clash only on the same address and protocol", () => {
  const withPort = (port: number) =>
    aPod("p", { containers: [{ name: "c", image: "x", ports: [{ containerPort: 80, hostPort: port, protocol: "TCP" }] }] });
  const cluster = aCluster([aNode("a")], [[withPort(8080), "a"]]);
  assert.equal(reason(withPort(8080), cluster), "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.");
  assert.equal(reason(withPort(8081), cluster), "placed on a");
});

test("tolerations open tainted nodes", () => {
  const cluster = aCluster([aNode("t", { spec: { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] } })]);
  assert.equal(reason(aPod("p", { tolerations: [{ key: "k", operator: "Exists" }] }), cluster), "placed on t");
  assert.equal(reason(aPod("p", { tolerations: [{ key: "k", value: "v", effect: "NoSchedule" }] }), cluster), "placed on t");
  assert.match(reason(aPod("p", { tolerations: [{ key: "k", value: "w" }] }), cluster), /untolerated/);
});

test("anti-affinity holds for the new pod and for those that stand already", () => {
  const apart = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "web" } } },
      ],
    },
  };
  const web = { app: "web" };
  const cluster = aCluster([aNode("a"), aNode("b")], [[aPod("one", { affinity: apart }, web), "a"]]);
  assert.equal(reason(aPod("two", { affinity: apart }, web), cluster), "placed on b");
  assert.equal(reason(aPod("plain", {}, web), cluster), "placed on b");
  cluster.addPod(info(aPod("three", { affinity: apart }, web)), "b");
  assert.equal(
    reason(aPod("four", { affinity: apart }, web), cluster),
    "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.",
  );
  assert.equal(
    reason(aPod("plain", {}, web), cluster),
    "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules.",
  );
});

test("the first pod that wants its own kind near may go anywhere; the next ones follow", () => {
  const near = {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", labelSelector: { matchLabels: { app: "web" } } }],
    },
  };
  const cluster = aCluster([aNode("a", { labels: { zone: "1" } }), aNode("b", { labels: { zone: "2" } })]);
  const first = place(aPod("one", { affinity: near }, { app: "web" }), cluster);
  assert.ok(isPlaced(first));
  const pod = info(aPod("one", { affinity: near }, { app: "web" }));
  cluster.addPod(pod, "b");
  assert.equal(reason(aPod("two", { affinity: near }, { app: "web" }), cluster), "placed on b");
  assert.equal(reason(aPod("x", { affinity: near }, { app: "other" }), cluster), "placed on b");
});

test("spread constraints hold the skew", () => {
  const spread = [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app: "web" } } }];
  const web = { app: "web" };
  const cluster = aCluster([aNode("a", { labels: { zone: "1" } }), aNode("b", { labels: { zone: "2" } })], [[aPod("one", {}, web), "a"]]);
  assert.equal(reason(aPod("two", { topologySpreadConstraints: spread }, web), cluster), "placed on b");
  cluster.setNode(aNode("b", { labels: { zone: "2" }, spec: { unschedulable: true } }));
  assert.equal(
    reason(aPod("two", { topologySpreadConstraints: spread }, web), cluster),
    "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable.",
  );
});

test("pods of one controller spread over nodes without being told", () => {
  const owned = (name: string) => {
    const pod = aPod(name);
    pod.metadata.ownerReferences = [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: "rs-1", controller: true }];
    return pod;
  };
  const cluster = aCluster([aNode("a"), aNode("b"), aNode("c")]);
  const nodes = [];
  for (const name of ["1", "2", "3"]) {
    const pod = owned(name);
    const result = place(pod, cluster);
    assert.ok(isPlaced(result));
    cluster.addPod(info(pod), result.node);
    nodes.push(result.node);
  }
  assert.deepEqual(nodes.sort(), ["a", "b", "c"]);
});

test("preemption takes the least important pods, and only as many as needed", () => {
  const low = (name: string, priority: number) => aPod(name, { priority }, {}, "2");
  const cluster = aCluster(
    [aNode("a")],
    [
      [low("l1", 1), "a"],
      [low("l2", 5), "a"],
    ],
  );
  const pod = info(aPod("high", { priority: 100 }, {}, "2"));
  const failure = schedule(pod, cluster, { plugins, random: random() });
  assert.ok(!isPlaced(failure));
  const result = preempt({ pod, cluster, failure, plugins, budgets: [], random: random() });
  assert.ok(result.ok);
  assert.deepEqual(
    leastHarm(result.candidates)?.victims.map((v) => v.name),
    ["l1"],
  );
  assert.equal(cluster.rows[0]!.pods.size, 2, "the picture is as it was");
});

test("preemption that cannot help says so in upstream's words", () => {
  const cluster = aCluster([aNode("a"), aNode("b", { spec: { unschedulable: true } })], [[aPod("same", { priority: 0 }, {}, "4"), "a"]]);
  const pod = info(aPod("p", {}, {}, "2"));
  const failure = schedule(pod, cluster, { plugins, random: random() });
  assert.ok(!isPlaced(failure));
  const result = preempt({ pod, cluster, failure, plugins, budgets: [], random: random() });
  assert.equal(
    result.ok ? "" : result.message,
    "preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.",
  );
});

const promised = (...promises: [Pod, string][]) => {
  const nominations = new Nominations();
  for (const [pod, node] of promises) nominations.set(info(pod), node);
  return nominations;
};

test("a place that was promised is left free for who matters as much or more", () => {
  const waiting = aPod("waiting", { priority: 10 }, {}, "3");
  const rows: { priority: number; cpu: string; on: string | undefined; why: string }[] = [
    { priority: 0, cpu: "2", on: undefined, why: "less important" },
    { priority: 10, cpu: "2", on: undefined, why: "as important" },
    { priority: 11, cpu: "2", on: "a", why: "more important" },
    { priority: 0, cpu: "1", on: "a", why: "both fit" },
  ];
  for (const { priority, cpu, on, why } of rows) {
    const cluster = aCluster([aNode("a")]);
    const nominations = promised([waiting, "a"]);
    const result = schedule(info(aPod("p", { priority }, {}, cpu)), cluster, { plugins, random: random(), nominations });
    assert.equal(isPlaced(result) ? result.node : undefined, on, why);
    assert.equal(cluster.rows[0]!.pods.size, 0, "the picture is as it was");
  }
});

test("a pod may not rely on one that has only been promised its place", () => {
  const db = aPod("db", { priority: 10 }, { app: "db" });
  const near = {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "db" } } },
      ],
    },
  };
  const far = { podAntiAffinity: near.podAffinity };
  const outcome = (spec: Partial<PodSpec>) => {
    const result = schedule(info(aPod("p", spec)), aCluster([aNode("a"), aNode("b")]), {
      plugins,
      random: random(),
      nominations: promised([db, "a"]),
    });
    return isPlaced(result) ? result.node : undefined;
  };
  assert.equal(outcome({ affinity: near }), undefined);
  assert.equal(outcome({ affinity: far }), "b");
});

test("who was promised a place takes it, whatever is better; if it does not fit any more, another", () => {
  const pod = aPod("p", { priority: 5 }, {}, "1");
  const cluster = aCluster([aNode("a"), aNode("b")], [[aPod("other", {}, {}, "2"), "a"]]);
  const where = () => {
    const result = schedule(info(pod), cluster, { plugins, random: random(), nominations: promised([pod, "a"]) });
    return isPlaced(result) ? result.node : undefined;
  };
  assert.equal(where(), "a");
  cluster.addPod(info(aPod("more", {}, {}, "2")), "a");
  assert.equal(where(), "b");
});

test("victims are looked for beside those that were promised the node, on enough nodes and not on all", () => {
  const low = (name: string) => aPod(name, { priority: 1 }, {}, "4");
  const cluster = aCluster(
    [aNode("a"), aNode("b")],
    [
      [low("la"), "a"],
      [low("lb"), "b"],
    ],
  );
  const pod = info(aPod("high", { priority: 10 }, {}, "2"));
  const failure = schedule(pod, cluster, { plugins, random: random() });
  assert.ok(!isPlaced(failure));
  const nominations = promised([aPod("rival", { priority: 10 }, {}, "3"), "a"]);
  const found = preempt({ pod, cluster, failure, plugins, budgets: [], random: random(), nominations });
  assert.equal(found.ok && leastHarm(found.candidates)?.node, "b");

  const many = Array.from({ length: 300 }, (_, i) => `n${i}`);
  const wide = aCluster(
    many.map((name) => aNode(name)),
    many.map((name): [Pod, string] => [low(`l-${name}`), name]),
  );
  const everywhere = schedule(pod, wide, { plugins, random: random() });
  assert.ok(!isPlaced(everywhere));
  let tried = 0;
  const counting = { allowed: 9, matches: () => (tried++, false) };
  for (const [sampling, expected] of [
    [undefined, 100],
    [{ percent: 50, least: 1 }, 150],
    [{ percent: 0, least: 7 }, 7],
  ] as const) {
    tried = 0;
    assert.ok(preempt({ pod, cluster: wide, failure: everywhere, plugins, budgets: [counting], random: random(), sampling }).ok);
    assert.equal(tried, expected);
  }
});

test("requests of init containers and sidecars count as upstream counts them", () => {
  const requests = (cpu: string) => ({ resources: { requests: { cpu } } });
  const pod = aPod("p", {
    initContainers: [
      { name: "side", image: "x", restartPolicy: "Always", ...requests("1") },
      { name: "init", image: "x", ...requests("3") },
    ],
    containers: [{ name: "c", image: "x", ...requests("2") }],
  });
  assert.equal(info(pod).request.cpu, 4000);
});
