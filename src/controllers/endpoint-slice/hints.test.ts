import assert from "node:assert/strict";
import { test } from "node:test";
import { type Endpoint, type EndpointSlice, endpointslices, type Node, nodes, pods, type Service, services } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod } from "../situations.ts";
import { byTopology, hintsByField, zoneShares, zonesOf } from "./hints.ts";
import { endpointSlices } from "./see.ts";

const aService = (more: Service["spec"] = {}, annotations: Record<string, string> = {}): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: aMeta("web", { annotations }),
  spec: { selector: { app: "web" }, clusterIP: "10.96.0.9", ports: [{ port: 80, protocol: "TCP" }], ...more },
});
const aNode = (name: string, zone: string | undefined, cpu = "2", ready = "True", labels: Record<string, string> = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { ...labels, ...(zone ? { "topology.kubernetes.io/zone": zone } : {}) } },
  status: { allocatable: { cpu }, conditions: [{ type: "Ready", status: ready }] },
});
const endpoint = (zone: string | undefined, ready = true): Endpoint => ({
  addresses: [],
  conditions: { ready },
  nodeName: "n1",
  ...(zone ? { zone } : {}),
});

test("the field: the zone, with PreferSameNode the node too, of ready endpoints only", () => {
  const zone = { forZones: [{ name: "a" }] };
  const rows: [wish: string | undefined, of: Endpoint, hints: Endpoint["hints"]][] = [
    [undefined, endpoint("a"), undefined],
    ["PreferClose", endpoint("a"), zone],
    ["PreferSameZone", endpoint("a"), zone],
    ["PreferSameZone", endpoint(undefined), undefined],
    ["PreferSameZone", endpoint("a", false), undefined],
    ["PreferSameNode", endpoint("a"), { ...zone, forNodes: [{ name: "n1" }] }],
    ["PreferSameNode", endpoint(undefined), { forNodes: [{ name: "n1" }] }],
  ];
  for (const [trafficDistribution, of, hints] of rows) assert.deepEqual(hintsByField(aService({ trafficDistribution }), of), hints);
});

test("the annotation: the older one counts first", () => {
  const [mode, older] = ["service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints"];
  const rows: [Record<string, string>, boolean][] = [
    [{}, false],
    [{ [mode]: "Auto" }, true],
    [{ [mode]: "auto" }, true],
    [{ [mode]: "other" }, false],
    [{ [mode]: "Auto", [older]: "Disabled" }, false],
  ];
  for (const [annotations, is] of rows) assert.equal(byTopology(aService({}, annotations)), is);
});

test("shares of zones: ready nodes that are no control plane; one without a zone or CPU, and there are none", () => {
  const two = [aNode("1", "a", "3"), aNode("2", "b", "500m"), aNode("3", "b", "500m")];
  const control = { "node-role.kubernetes.io/control-plane": "" };
  assert.deepEqual(
    zoneShares(two),
    new Map([
      ["a", 0.75],
      ["b", 0.25],
    ]),
  );
  assert.deepEqual(zoneShares([...two, aNode("4", undefined, "2", "False"), aNode("5", "c", "2", "True", control)]), zoneShares(two));
  for (const bad of [aNode("4", undefined), aNode("4", "a", "0")]) assert.equal(zoneShares([...two, bad]), undefined);
  assert.equal(zoneShares([aNode("1", "a"), aNode("2", "a")]), undefined);
});

interface Row {
  name: string;
  zones: string[];
  shares: [string, number][];
  current?: string[];
  expect: string[] | RegExp;
}
const even: [string, number][] = [
  ["a", 0.5],
  ["b", 0.5],
];
const rows: Row[] = [
  { name: "each to its own zone", zones: ["a", "b"], shares: even, expect: ["a", "b"] },
  { name: "too many in one zone: some go to the other", zones: ["a", "a", "a", "b"], shares: even, expect: ["b", "a", "a", "b"] },
  { name: "all in one zone", zones: ["a", "a"], shares: even, expect: ["b", "a"] },
  { name: "what fits stays", zones: ["a", "a", "a", "b"], shares: even, current: ["a", "b", "a", "b"], expect: ["a", "b", "a", "b"] },
  { name: "a zone that is gone is left", zones: ["a", "b"], shares: even, current: ["c", "c"], expect: ["a", "b"] },
  { name: "fewer endpoints than zones", zones: ["a"], shares: even, expect: /^Insufficient number of endpoints \(1 endpoints, 2 zones\)$/ },
  {
    name: "more than the threshold",
    zones: ["a", "b", "c"],
    shares: [
      ["a", 0.6],
      ["b", 0.2],
      ["c", 0.2],
    ],
    expect: /^Unable to allocate minimum required endpoints .* \(3 endpoints, 3 zones\)$/,
  },
  { name: "an endpoint without a zone", zones: ["a", ""], shares: even, expect: /do not have a zone specified$/ },
];

for (const { name, zones, shares, current = [], expect } of rows)
  test(`topology: ${name}`, () => {
    const all = new Map(zones.map((zone, i) => [`e${i}`, endpoint(zone || undefined)]));
    const topology = zonesOf(all, new Map(shares), new Map(current.map((zone, i) => [`e${i}`, zone])));
    if (expect instanceof RegExp) assert.match("disabled" in topology ? topology.disabled : "", expect);
    else assert.deepEqual("zones" in topology && zones.map((_, i) => topology.zones.get(`e${i}`)), expect);
  });

test("hints come with the wish and go with it; the annotation is told of", async (t) => {
  const pod = (name: string, node: string) => aPod({ name, node, ip: `10.244.0.${name.length}`, labels: { app: "web" }, readyFor: 5 });
  const run = await trial(endpointSlices(), [
    [nodes, aNode("n1", "a")],
    [nodes, aNode("n2", "b")],
    [pods, pod("x", "n1")],
    [pods, pod("yy", "n2")],
  ]);
  t.after(() => run.close());
  const hints = async () => {
    await run.settled();
    const [slice] = (await run.all(endpointslices)) as EndpointSlice[];
    return (slice?.endpoints ?? []).map((each) => each.hints?.forZones?.map(({ name }) => name).join());
  };
  run.put(services, aService());
  assert.deepEqual(await hints(), [undefined, undefined]);
  run.put(services, aService({ trafficDistribution: "PreferSameZone" }));
  assert.deepEqual(await hints(), ["a", "b"]);
  run.put(services, aService());
  assert.deepEqual(await hints(), [undefined, undefined]);
  run.put(services, aService({}, { "service.kubernetes.io/topology-mode": "Auto" }));
  assert.deepEqual(await hints(), ["a", "b"]);
  assert.ok((await run.told()).includes("Normal TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4"));
  run.put(nodes, aNode("n2", undefined));
  assert.deepEqual(await hints(), [undefined, undefined]);
  const why = "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4";
  assert.ok((await run.told()).includes(`Warning TopologyAwareHintsDisabled ${why}`));
});
