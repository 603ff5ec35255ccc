/** The scheduler by a configuration of its own, through the real API server: profiles, programs that have a say, promised places. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { events, type Node, nodes, type Pod, pods, priorityclasses } from "#api/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { readSchedulerConfiguration } from "#scheduler/mod.ts";
import { eventually, startCluster } from "./cluster.ts";

const namespace = "default";
/** What the extender was asked, and what it says. */
const asked: { verb: string; body: { Pod?: Pod } }[] = [];
let says: (verb: string, body: Record<string, any>) => unknown = () => ({});
let extender: Server;
let cluster: Cluster;

before(async () => {
  extender = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      const verb = request.url!.slice("/scheduler/".length);
      const body = JSON.parse(text) as Record<string, any>;
      asked.push({ verb, body });
      const answer = says(verb, body);
      response.writeHead(answer === undefined ? 500 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer ?? null));
    });
  });
  await new Promise<void>((resolve) => extender.listen(0, "127.0.0.1", resolve));
  const urlPrefix = `http://127.0.0.1:${(extender.address() as AddressInfo).port}/scheduler/`;
  const managed = (name: string, more = {}) => ({ urlPrefix, managedResources: [{ name, ignoredByScheduler: true }], ...more });
  const config = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    profiles: [
      { schedulerName: "default-scheduler" },
      {
        schedulerName: "packing",
        plugins: {
          score: { disabled: [{ name: "*" }], enabled: [{ name: "NodeResourcesFit", weight: 1 }] },
        },
        pluginConfig: [
          { name: "NodeResourcesFit", args: { scoringStrategy: { type: "MostAllocated", resources: [{ name: "cpu", weight: 1 }] } } },
          {
            name: "NodeAffinity",
            args: {
              addedAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: {
                  nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] }],
                },
              },
            },
          },
        ],
      },
    ],
    extenders: [
      managed("example.com/filtered", { filterVerb: "filter", prioritizeVerb: "prioritize", weight: 5, nodeCacheCapable: true }),
      managed("example.com/bound", { filterVerb: "whole", bindVerb: "bind" }),
      managed("example.com/flaky", { filterVerb: "flaky", ignorable: true }),
      managed("example.com/victims", { preemptVerb: "preempt", nodeCacheCapable: true }),
    ],
  };
  cluster = await startCluster({ nodes: 0, scheduler: readSchedulerConfiguration(JSON.stringify(config)) });
  for (const name of ["a", "b", "c"]) await cluster.client.create(nodes, aNode(name, name === "c" ? {} : { disk: "ssd" }));
});
after(async () => {
  await cluster?.close();
  await new Promise((resolve) => extender.close(resolve));
});

/** Of which nobody hears: pods here tolerate what is thought of such. */
const aNode = (name: string, labels: Record<string, string>): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
  status: { capacity: { cpu: "4", memory: "8Gi", pods: "20" }, allocatable: { cpu: "4", memory: "8Gi", pods: "20" } },
});

const aPod = (name: string, cpu: string, spec: object = {}, requests: Record<string, string> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: {
    containers: [{ name: "c", image: "i", resources: { requests: { cpu, ...requests }, limits: requests } }],
    tolerations: [{ operator: "Exists" }],
    ...spec,
  },
});
const asks = (resource: string) => ({ [`example.com/${resource}`]: "1" });
const create = (pod: Pod) => cluster.client.create(pods, pod);
const read = (name: string) => cluster.client.get(pods, { namespace, name });
const placed = (name: string) =>
  eventually(async () => {
    const { spec } = await read(name);
    assert.ok(spec?.nodeName, `${name} is not placed`);
    return spec.nodeName;
  });
const told = async (name: string) => {
  const { items } = await cluster.client.list(events, { namespace, fieldSelector: `involvedObject.name=${name}` });
  return items.map(({ reason, message }) => `${reason} ${message}`);
};
const clear = async () => {
  await cluster.client.deleteCollection?.(pods, { namespace });
  for (const { metadata } of (await cluster.client.list(pods, { namespace })).items)
    await cluster.client.delete(pods, { namespace, name: metadata.name! }, { gracePeriodSeconds: 0 });
  await eventually(async () => assert.equal((await cluster.client.list(pods, { namespace })).items.length, 0));
};

test("each profile places the pods that ask for it by its own rules", async () => {
  await create(aPod("first", "1", { schedulerName: "packing" }));
  const node = await placed("first");
  assert.notEqual(node, "c", "the profile asks for a label that it lacks");
  for (const name of ["second", "third"]) {
    await create(aPod(name, "1", { schedulerName: "packing" }));
    assert.equal(await placed(name), node, "packed, not spread");
  }
  await create(aPod("spread", "1"));
  assert.notEqual(await placed("spread"), node);
  await create(aPod("nobody", "1", { schedulerName: "not-here" }));
  await create(aPod("refused", "4", { schedulerName: "packing", nodeSelector: { "kubernetes.io/hostname": "c" } }));
  await eventually(async () =>
    assert.ok(
      (await told("refused")).some((line) => line.includes("node(s) didn't match scheduler-enforced node affinity")),
      String(await told("refused")),
    ),
  );
  assert.equal((await read("nobody")).spec?.nodeName, undefined);
  await clear();
});

test("an extender filters by names and adds to scores; pods that it does not look after are not told", async () => {
  asked.length = 0;
  says = (verb, body) =>
    verb === "filter"
      ? { NodeNames: body.NodeNames.filter((name: string) => name !== "a"), FailedNodes: { a: "too far away" } }
      : body.NodeNames.map((name: string) => ({ Host: name, Score: name === "c" ? 10 : 0 }));
  await create(aPod("plain", "1"));
  await placed("plain");
  assert.equal(asked.length, 0);
  await create(aPod("managed", "1", {}, asks("filtered")));
  assert.equal(await placed("managed"), "c");
  assert.deepEqual(
    asked.map((each) => each.verb),
    ["filter", "prioritize"],
  );
  assert.equal(asked[0]?.body.Pod?.metadata.name, "managed");

  says = (_, body) => ({ nodenames: [], failedNodes: Object.fromEntries(body.NodeNames.map((name: string) => [name, "closed"])) });
  await create(aPod("nowhere", "1", {}, asks("filtered")));
  await eventually(async () =>
    assert.ok(
      (await told("nowhere")).some((line) => line.includes("0/3 nodes are available: 3 closed.")),
      String(await told("nowhere")),
    ),
  );
  await clear();
});

test("an extender binds; one that does not answer is an error, or passed over if it may be", async () => {
  says = (verb, body) => {
    if (verb === "whole") return { Nodes: { items: body.Nodes.items.filter((node: Node) => node.metadata.name === "b") } };
    if (verb !== "bind") return undefined;
    void cluster.client.createSub(pods, { namespace: body.PodNamespace, name: body.PodName }, "binding", {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: body.PodName, namespace: body.PodNamespace, uid: body.PodUID },
      target: { kind: "Node", name: body.Node },
    } as never);
    return {};
  };
  await create(aPod("bound", "1", {}, asks("bound")));
  assert.equal(await placed("bound"), "b");
  await create(aPod("passed", "1", {}, asks("flaky")));
  await placed("passed");
  says = () => undefined;
  await create(aPod("failing", "1", {}, asks("filtered")));
  await eventually(async () =>
    assert.ok(
      (await told("failing")).some((line) => /failed filter with extender at URL http.*\/scheduler\/filter, code 500/.test(line)),
      String(await told("failing")),
    ),
  );
  await clear();
});

test("an extender has a say in whom to push out; a promised place is kept until its pod comes, and given back when it goes", async () => {
  for (const [name, value] of [
    ["low", 1],
    ["middle", 10],
    ["high", 100],
  ] as const)
    await cluster.client.create(priorityclasses, {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value,
      preemptionPolicy: name === "middle" ? "Never" : "PreemptLowerPriority",
    });
  for (const name of ["a", "b", "c"]) {
    // Nobody runs these pods: who is pushed out stays until its finalizer goes.
    const pod = aPod(`low-${name}`, "3", { priorityClassName: "low", nodeSelector: { "kubernetes.io/hostname": name } });
    await create({ ...pod, metadata: { ...pod.metadata, finalizers: ["example.com/slow"] } });
    await placed(`low-${name}`);
  }
  says = (_, { NodeNameToMetaVictims: victims }) => ({ NodeNameToMetaVictims: { b: victims.b } });
  await create(aPod("high", "3", { priorityClassName: "high" }, asks("victims")));
  await eventually(async () => assert.equal((await read("high")).status?.nominatedNodeName, "b"));
  await eventually(async () => assert.ok((await read("low-b")).metadata.deletionTimestamp));
  const free = async (name: string) => {
    await cluster.client.patch(pods, { namespace, name }, "merge", { metadata: { finalizers: null } });
    await cluster.client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0 });
  };
  await free("low-b");
  await create(aPod("middle", "3", { priorityClassName: "middle", nodeSelector: { "kubernetes.io/hostname": "b" } }));
  assert.equal(await placed("high"), "b");
  assert.equal((await read("middle")).spec?.nodeName, undefined);
  assert.equal((await read("high")).status?.nominatedNodeName, undefined);
  for (const name of ["low-a", "low-c"]) await cluster.client.patch(pods, { namespace, name }, "merge", { metadata: { finalizers: null } });
  await clear();
});
