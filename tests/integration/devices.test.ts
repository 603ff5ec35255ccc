/** Claims for devices, from the template to the device and back: API server, controllers and scheduler together. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type DeviceClass,
  deviceclasses,
  events,
  type Node,
  nodes,
  type Pod,
  pods,
  type ResourceSlice,
  type ResourceV1ResourceClaim,
  resourceclaims,
  resourceclaimtemplates,
  resourceslices,
} from "#api/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, refused, startCluster } from "./cluster.ts";

const namespace = "default";
const driver = "gpu.example.com";
const amount = 50;
let cluster: Cluster;

const aNode = (name: string): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "kubernetes.io/hostname": name } },
  status: { capacity: { cpu: "64", memory: "64Gi", pods: "110" }, allocatable: { cpu: "64", memory: "64Gi", pods: "110" } },
});
const aPod = (name: string, claim: { resourceClaimName?: string; resourceClaimTemplateName?: string }, spec: object = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: {
    containers: [{ name: "c", image: "i", resources: { claims: [{ name: "gpu" }] } }],
    resourceClaims: [{ name: "gpu", ...claim }],
    tolerations: [{ operator: "Exists" }],
    ...spec,
  },
});
const aClass = (name: string, expression: string): DeviceClass => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "DeviceClass",
  metadata: { name },
  spec: { selectors: [{ cel: { expression } }] },
});
const spec = (deviceClassName: string) => ({ devices: { requests: [{ name: "r", exactly: { deviceClassName } }] } });
const aClaim = (name: string, deviceClassName: string): ResourceV1ResourceClaim => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaim",
  metadata: { name, namespace },
  spec: spec(deviceClassName),
});
const aSlice = (node: string, devices: string[], kind: string): ResourceSlice => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceSlice",
  metadata: { name: `${kind}-${node}` },
  spec: {
    driver,
    nodeName: node,
    pool: { name: `${kind}-${node}`, generation: 1, resourceSliceCount: 1 },
    devices: devices.map((name) => ({ name, attributes: { kind: { string: kind } } })),
  },
});
const create = (pod: Pod) => cluster.client.create(pods, pod);
const remove = (name: string) => cluster.client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0 });
const claim = (name: string) => cluster.client.get(resourceclaims, { namespace, name });
const nodeOf = async (name: string) => (await cluster.client.get(pods, { namespace, name })).spec?.nodeName;
const placed = (name: string) => eventually(async () => assert.ok(await nodeOf(name), `${name} is not placed`));
const told = async (name: string) => {
  const { items } = await cluster.client.list(events, { namespace, fieldSelector: `involvedObject.name=${name}` });
  return items.map(({ reason, message }) => `${reason} ${message}`);
};

before(async () => {
  cluster = await startCluster({ nodes: 0 });
  for (const name of ["a", "b"]) await cluster.client.create(nodes, aNode(name));
  for (const kind of ["many", "one"])
    await cluster.client.create(deviceclasses, aClass(kind, `device.attributes["${driver}"].kind == "${kind}"`));
  const names = Array.from({ length: amount }, (_, index) => `gpu-${index}`);
  await cluster.client.create(resourceslices, aSlice("a", names, "many"));
  await cluster.client.create(resourceslices, aSlice("b", ["only"], "one"));
  await cluster.client.create(resourceclaimtemplates, {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaimTemplate",
    metadata: { name: "many", namespace },
    spec: { spec: spec("many") },
  });
});
after(() => cluster.close());

test("every pod has a device of its own, and the one too many gets the next that is free", { timeout: 120_000 }, async () => {
  const names = Array.from({ length: amount }, (_, index) => `p${index}`);
  await Promise.all(names.map((name) => create(aPod(name, { resourceClaimTemplateName: "many" }))));
  await eventually(async () => assert.deepEqual([...new Set(await Promise.all(names.map(nodeOf)))], ["a"]));
  const { items } = await cluster.client.list(resourceclaims, { namespace });
  const results = items.map(({ status }) => status?.allocation?.devices?.results?.[0]?.device);
  assert.equal(new Set(results).size, amount, "no device is given twice");
  for (const { metadata, status } of items) {
    assert.deepEqual(metadata.finalizers, ["resource.kubernetes.io/delete-protection"]);
    assert.deepEqual([status?.reservedFor?.length, status?.reservedFor?.[0]?.name], [1, metadata.ownerReferences?.[0]?.name]);
  }
  await create(aPod("late", { resourceClaimTemplateName: "many" }));
  const words =
    "FailedScheduling 0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, " +
    "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";
  await eventually(async () => assert.ok((await told("late")).includes(words), String(await told("late"))));
  await remove("p7");
  await placed("late");
  await eventually(async () => assert.equal((await cluster.client.list(resourceclaims, { namespace })).items.length, amount));
});

test("pods share a claim; with the last of them its device is free", { timeout: 60_000 }, async () => {
  await create(aPod("first", { resourceClaimName: "shared" }));
  await create(aPod("second", { resourceClaimName: "shared" }));
  await cluster.client.create(resourceclaims, aClaim("shared", "one"));
  await placed("first");
  await placed("second");
  assert.deepEqual([await nodeOf("first"), await nodeOf("second")], ["b", "b"]);
  assert.deepEqual(
    (await told("first")).filter((line) => line.startsWith("Failed")),
    [],
    "a pod waits for its claim in silence",
  );
  const { status } = await claim("shared");
  assert.equal(status?.reservedFor?.length, 2);
  assert.deepEqual(status?.allocation?.nodeSelector?.nodeSelectorTerms?.[0]?.matchFields?.[0]?.values, ["b"]);
  await remove("first");
  await eventually(async () => assert.equal((await claim("shared")).status?.reservedFor?.length, 1));
  await remove("second");
  await eventually(async () => {
    const { status: now, metadata } = await claim("shared");
    assert.deepEqual([now?.allocation, now?.reservedFor, metadata.finalizers], [undefined, undefined, undefined]);
  });
});

test("what cannot be had is told of, and had when it comes", { timeout: 60_000 }, async () => {
  await cluster.client.create(resourceclaims, aClaim("classless", "none"));
  await create(aPod("waits", { resourceClaimName: "classless" }));
  const words = "FailedScheduling 0/2 nodes are available: request r: device class none does not exist.";
  await eventually(async () =>
    assert.ok(
      (await told("waits")).some((line) => line.startsWith(words)),
      String(await told("waits")),
    ),
  );
  await cluster.client.create(deviceclasses, aClass("none", `device.attributes["${driver}"].kind == "one"`));
  await placed("waits");
  await cluster.client.create(resourceclaims, aClaim("admin", "one"));
  await cluster.client.create(pods, aPod("elsewhere", { resourceClaimName: "admin" }, { nodeSelector: { "kubernetes.io/hostname": "a" } }));
  await eventually(async () =>
    assert.ok(
      (await told("elsewhere")).some((line) => line.includes("1 cannot allocate all claims")),
      String(await told("elsewhere")),
    ),
  );
  assert.deepEqual(
    [...refused].filter((line) => line.includes("claim")),
    [],
    "upstream's role is enough",
  );
});
