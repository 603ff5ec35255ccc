import assert from "node:assert/strict";
import { test } from "node:test";
import { type EndpointSlice, endpointslices, type Node, nodes, type Pod, pods, type Service, services } from "#api/mod.ts";
import { controllerReference, type Step } from "#client/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod, secondsAgo } from "../situations.ts";
import { concludeSlices, planSlices, type SeenService } from "./plan.ts";
import { endpointSlices } from "./see.ts";

function aService(spec: Service["spec"] = {}, meta: Service["metadata"] = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: aMeta("web", meta),
    spec: { selector: { app: "web" }, ports: [{ port: 80, protocol: "TCP", targetPort: 8080 }], ...spec },
  };
}
const endpointPod = (name: string, more: Parameters<typeof aPod>[0] = {}) =>
  aPod({
    name,
    labels: { app: "web" },
    ip: `10.0.0.${name.length + Number(name.replace(/\D/g, "") || 0)}`,
    readyFor: 5,
    node: "n",
    ...more,
  });
const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) =>
    endpointPod(`p${from + at}`, { ip: `10.1.${Math.floor((from + at) / 250)}.${(from + at) % 250}` }),
  );
const aNode: Node = { apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "n", labels: { "topology.kubernetes.io/zone": "z" } } };

const seenOf = (all: Pod[], slices: EndpointSlice[] = [], service = aService(), known: Node[] = [aNode]): SeenService => ({
  service,
  pods: all,
  slices,
  nodeOf: new Map(known.map((node) => [node.metadata.name!, node])),
});

interface Changes {
  create: EndpointSlice[];
  update: EndpointSlice[];
  delete: string[];
}
function changes(steps: readonly Step[]): Changes {
  const out: Changes = { create: [], update: [], delete: [] };
  for (const step of steps) {
    if (step.do === "create" || step.do === "update") out[step.do].push(step.object as EndpointSlice);
    if (step.do === "delete") out.delete.push(step.ref.name);
  }
  return out;
}
const sizes = (slices: readonly EndpointSlice[]) => slices.map(({ endpoints }) => endpoints?.length).sort();

/** What a plan for these pods would have made, as it is in the cluster. */
function existing(name: string, all: Pod[], service = aService()): EndpointSlice {
  const [slice] = changes(planSlices(seenOf(all, [], service))).create;
  return { ...slice!, metadata: { ...slice!.metadata, name, uid: `uid-of-${name}` } };
}

test("a Service without pods has one empty slice that says so", () => {
  const { create } = changes(planSlices(seenOf([])));
  assert.equal(create.length, 1);
  assert.deepEqual([create[0]?.endpoints, create[0]?.ports, create[0]?.addressType], [[], [], "IPv4"]);
  assert.deepEqual(create[0]?.metadata.labels, {
    "kubernetes.io/service-name": "web",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
  });
  assert.deepEqual(create[0]?.metadata.ownerReferences, [controllerReference(aService())]);
  assert.deepEqual(planSlices(seenOf([], [existing("s", [])])), []);
});

test("an endpoint says where it is, whose it is, and whether it takes traffic", () => {
  const service = aService({}, { name: "web" });
  const pod = endpointPod("a", { spec: { hostname: "h", subdomain: "web" } });
  const [slice] = changes(planSlices(seenOf([pod], [], service))).create;
  assert.deepEqual(slice?.endpoints, [
    {
      addresses: ["10.0.0.1"],
      conditions: { ready: true, serving: true, terminating: false },
      hostname: "h",
      targetRef: { kind: "Pod", namespace: "default", name: "a", uid: "uid-of-a" },
      nodeName: "n",
      zone: "z",
    },
  ]);
  assert.deepEqual(slice?.ports, [{ name: "", protocol: "TCP", port: 8080 }]);
});

const conditions: { name: string; pod: Pod; spec?: Service["spec"]; wanted: [boolean, boolean, boolean] | undefined }[] = [
  { name: "ready", pod: endpointPod("a"), wanted: [true, true, false] },
  { name: "not ready", pod: endpointPod("a", { readyFor: undefined }), wanted: [false, false, false] },
  { name: "leaving, and still serving", pod: endpointPod("a", { deleting: true }), wanted: [false, true, true] },
  {
    name: "not ready, published all the same",
    pod: endpointPod("a", { readyFor: undefined }),
    spec: { publishNotReadyAddresses: true },
    wanted: [true, false, false],
  },
  { name: "finished", pod: endpointPod("a", { phase: "Succeeded" }), wanted: undefined },
  { name: "without an address", pod: endpointPod("a", { ip: "" }), wanted: undefined },
];
for (const { name, pod, spec, wanted } of conditions)
  test(`endpoint: ${name}`, () => {
    const [slice] = changes(planSlices(seenOf([pod], [], aService(spec)))).create;
    const [endpoint] = slice?.endpoints ?? [];
    const { ready, serving, terminating } = endpoint?.conditions ?? {};
    assert.deepEqual(endpoint && [ready, serving, terminating], wanted);
  });

test("pods of nodes that are not known wait, unless the Service publishes everything", () => {
  const all = [endpointPod("a"), endpointPod("b", { node: "new" })];
  const steps = planSlices(seenOf(all));
  assert.deepEqual(sizes(changes(steps).create), [1]);
  assert.deepEqual(steps.at(-1), { do: "again", ms: 5000 });
  assert.deepEqual(sizes(changes(planSlices(seenOf(all, [], aService({ publishNotReadyAddresses: true })))).create), [2]);
});

const packing: { name: string; before: number[]; pods: number; create: number[]; update: number[]; delete: number }[] = [
  { name: "250 from nothing", before: [], pods: 250, create: [100, 100, 50], update: [], delete: 0 },
  { name: "nothing changes", before: [100, 50], pods: 150, create: [], update: [], delete: 0 },
  {
    name: "new ones fit into the fullest slice that has room for all",
    before: [100, 60, 20],
    pods: 200,
    create: [],
    update: [80],
    delete: 0,
  },
  { name: "new ones that fit nowhere whole make a slice", before: [90, 90], pods: 200, create: [20], update: [], delete: 0 },
  { name: "all gone but the placeholder", before: [100, 50], pods: 0, create: [], update: [0], delete: 1 },
];
for (const { name, before, pods: count, create, update, delete: gone } of packing)
  test(`packing: ${name}`, () => {
    let from = 0;
    const slices = before.map((size, at) => {
      const slice = existing(`s${at}`, many(size, from));
      from += size;
      return slice;
    });
    const made = changes(planSlices(seenOf(many(count), slices)));
    assert.deepEqual([sizes(made.create), sizes(made.update), made.delete.length], [create, update, gone]);
  });

test("a slice that changes anyway takes the new ones", () => {
  const slice = existing("s", many(10));
  const all = [...many(8), endpointPod("new", { ip: "10.9.9.9" })];
  const made = changes(planSlices(seenOf(all, [existing("other", many(5, 50)), slice].slice(1))));
  assert.deepEqual([sizes(made.update), made.create.length, made.delete.length], [[9], 0, 0]);
});

test("a deletion and a creation become an update", () => {
  const slice = existing("s", [endpointPod("a")]);
  const made = changes(
    planSlices(seenOf([endpointPod("a")], [slice], aService({ ports: [{ port: 80, targetPort: 9090, protocol: "TCP" }] }))),
  );
  assert.deepEqual([made.create.length, made.delete.length], [0, 0]);
  assert.deepEqual(
    made.update.map(({ metadata, ports }) => [metadata.name, ports?.[0]?.port]),
    [["s", 9090]],
  );
});

test("slices of an earlier Service of the name are deleted, not reused; those that are going are nobody's", () => {
  const stale = existing("stale", [], aService({}, { uid: "earlier" }));
  const going = existing("going", [endpointPod("a")]);
  going.metadata = { ...going.metadata, deletionTimestamp: secondsAgo(1) };
  const made = changes(planSlices(seenOf([endpointPod("a")], [stale, going])));
  assert.deepEqual([sizes(made.create), made.delete], [[1], ["stale"]]);
});

test("a Service that is going gets no new slices", () => {
  const service = aService({}, { deletionTimestamp: secondsAgo(1) });
  assert.deepEqual(planSlices(seenOf([endpointPod("a")], [], service)), []);
});

test("labels of the Service reach the slices, except those that say what a slice is", () => {
  const slice = existing("s", [endpointPod("a")]);
  const labels = { team: "x", "service.kubernetes.io/headless": "no", "endpointslice.kubernetes.io/managed-by": "me" };
  const [next] = changes(planSlices(seenOf([endpointPod("a")], [slice], aService({}, { labels })))).update;
  assert.deepEqual(next?.metadata.labels, {
    team: "x",
    "kubernetes.io/service-name": "web",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
  });
  const [headless] = changes(planSlices(seenOf([], [], aService({ clusterIP: "None" })))).create;
  assert.equal(headless?.metadata.labels?.["service.kubernetes.io/headless"], "");
});

test("named ports may differ from pod to pod: a slice for each", () => {
  const port = (number: number) => ({
    spec: { containers: [{ name: "c", ports: [{ name: "http", containerPort: number, protocol: "TCP" }] }] },
  });
  const service = aService({ ports: [{ name: "web", port: 80, targetPort: "http", protocol: "TCP" }] });
  const made = changes(planSlices(seenOf([endpointPod("a", port(8080)), endpointPod("bb", port(9090))], [], service)));
  assert.deepEqual(made.create.map(({ ports }) => ports?.[0]?.port).sort(), [8080, 9090]);
});

test("each family of a Service has slices of its own, and one that it no longer has loses them", () => {
  const pod = endpointPod("a");
  pod.status!.podIPs = [{ ip: "10.0.0.1" }, { ip: "fd00::1" }];
  const both = changes(planSlices(seenOf([pod], [], aService({ ipFamilies: ["IPv4", "IPv6"] })))).create;
  assert.deepEqual(
    both.map(({ addressType, endpoints }) => [addressType, endpoints?.[0]?.addresses]),
    [
      ["IPv4", ["10.0.0.1"]],
      ["IPv6", ["fd00::1"]],
    ],
  );
  const six = { ...both[1]!, metadata: { ...both[1]!.metadata, name: "six" } };
  assert.deepEqual(changes(planSlices(seenOf([pod], [six], aService({ ipFamilies: ["IPv4"] })))).delete, ["six"]);
});

test("a refusal is told, who was first is not", () => {
  const failures = (error: unknown) => ({ wrote: [], failures: [{ step: { do: "again", ms: 1 } as const, error }] });
  const [step] = concludeSlices(seenOf([]), failures(new Error("no room")));
  assert.deepEqual(
    [(step as { reason: string }).reason, (step as { message: string }).message],
    ["FailedToUpdateEndpointSlices", "Error updating Endpoint Slices for Service default/web: no room"],
  );
  assert.deepEqual(concludeSlices(seenOf([]), { wrote: [], failures: [] }), []);
});

test("readiness, labels and removed slices wake the Service; Services without a selector are left alone", async () => {
  const { all, api, put, settled, close } = await trial(endpointSlices(), [
    [nodes, aNode],
    [services, aService()],
    [services, { ...aService(), metadata: aMeta("free"), spec: { ports: [{ port: 80 }] } }],
    [pods, endpointPod("a", { readyFor: undefined })],
  ]);
  const ready = async () =>
    (await all<EndpointSlice>(endpointslices)).flatMap(({ endpoints }) => endpoints ?? []).map((each) => each.conditions?.ready);
  assert.deepEqual(await ready(), [false]);
  put(pods, endpointPod("a"));
  await settled();
  assert.deepEqual(await ready(), [true]);
  put(pods, endpointPod("a", { labels: { app: "other" } }));
  await settled();
  assert.deepEqual(await ready(), []);
  const [slice] = await all<EndpointSlice>(endpointslices);
  api.remove(`endpointslices/default/${slice!.metadata.name}`);
  await settled();
  assert.equal((await all(endpointslices)).length, 1);
  await close();
});

test("how many endpoints a slice takes is the process's to say", () => {
  const made = planSlices({ ...seenOf(many(5)), mostPerSlice: 2 }).flatMap((step) =>
    step.do === "create" ? [step.object as EndpointSlice] : [],
  );
  assert.deepEqual(
    made.map(({ endpoints }) => endpoints?.length),
    [2, 2, 1],
  );
});
