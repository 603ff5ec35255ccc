import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Service } from "#api/mod.ts";
import { VirtualClock } from "#base/mod.ts";
import { hostPortsOf, routesOf, takers } from "./assign.ts";
import { Reach } from "./reach.ts";

test("a node is lost after two misses and found by one answer", async () => {
  const clock = new VirtualClock();
  const silent = new Set(["10.0.0.2"]);
  const asked: string[] = [];
  let changes = 0;
  const reach = new Reach({
    clock,
    probe: async (address) => {
      asked.push(address);
      return !silent.has(address);
    },
    changed: () => void changes++,
  });
  const second = async () => {
    await clock.advance(1000);
    await new Promise((done) => setImmediate(done));
  };
  reach.follow(["10.0.0.1", "10.0.0.2"]);
  await second();
  assert.ok(reach.has("10.0.0.2"));
  await second();
  assert.ok(reach.has("10.0.0.1"));
  assert.ok(!reach.has("10.0.0.2"));
  silent.clear();
  await second();
  assert.ok(reach.has("10.0.0.2"));
  assert.equal(changes, 2);
  reach.follow([]);
  const before = asked.length;
  await second();
  await second();
  assert.equal(asked.length, before, "nobody is asked when nothing is led anywhere");
  reach.close();
});

test("a node that stops answering is out of every route within two seconds, whenever it stops", async () => {
  for (let stopsAt = 0; stopsAt <= 700; stopsAt += 100) {
    const clock = new VirtualClock();
    let silent = false;
    let lostAt: number | undefined;
    const reach = new Reach({
      clock,
      // As `answers`: a silent node costs the whole patience of a probe.
      probe: async () => {
        if (!silent) return true;
        await clock.sleep(501);
        return false;
      },
      changed: () => {
        lostAt ??= clock.now();
      },
    });
    reach.follow(["10.0.0.1"]);
    await clock.advance(1400 + stopsAt);
    silent = true;
    const since = clock.now();
    await clock.advance(3000);
    assert.ok(lostAt !== undefined && lostAt - since < 2000, `stopped at ${stopsAt}: lost after ${(lostAt ?? Number.NaN) - since} ms`);
    reach.close();
  }
});

test("while a node is lost its routes are looked after at each look", async () => {
  const clock = new VirtualClock();
  let told = 0;
  const reach = new Reach({ clock, probe: async () => false, changed: () => void told++ });
  reach.follow(["10.0.0.1"]);
  await clock.advance(7000);
  assert.ok(told >= 8, `told ${told} times`);
  assert.ok(reach.someLost);
  reach.close();
});

test("external traffic enters by upstream's set of nodes, the Ready ones first", () => {
  const node = (name: string, ready: string, more: Partial<Node> = {}, labels: Record<string, string> = {}): Node => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels, ...more.metadata },
    spec: more.spec,
    status: { conditions: [{ type: "Ready", status: ready }] },
  });
  const label = (value: string) => ({ "node.kubernetes.io/exclude-from-external-load-balancers": value });
  const names = (nodes: Node[]) => takers(nodes).map(({ metadata }) => metadata.name);
  assert.deepEqual(names([node("a", "True"), node("b", "Unknown")]), ["a"]);
  assert.deepEqual(names([node("a", "False"), node("b", "Unknown")]), ["a", "b"], "nobody is Ready: all");
  assert.deepEqual(names([node("a", "True", {}, label("")), node("b", "True", {}, label("true")), node("c", "True", {}, label("false"))]), [
    "c",
  ]);
  const leaving = { spec: { taints: [{ key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule" }] } };
  const deleted = { metadata: { name: "d", deletionTimestamp: "2026-01-01T00:00:00Z" } };
  assert.deepEqual(names([node("a", "False", leaving), node("d", "True", deleted), node("b", "Unknown")]), ["b"]);
});

test("routes leave out nodes that do not answer, unless none does", () => {
  const node = (name: string, ip: string): Node => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    status: { addresses: [{ type: "InternalIP", address: ip }], conditions: [{ type: "Ready", status: "True" }] },
  });
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s", namespace: "default" },
    spec: { type: "LoadBalancer" },
    status: { loadBalancer: { ingress: [{ ip: "10.88.0.1" }] } },
  };
  const nodes = [node("a", "10.0.0.1"), node("b", "10.0.0.2")];
  const via = (reached: (address: string) => boolean) => routesOf([service], () => [], nodes, reached)[0]!.via;
  assert.deepEqual(
    via(() => true),
    ["10.0.0.1", "10.0.0.2"],
  );
  assert.deepEqual(
    via((address) => address !== "10.0.0.2"),
    ["10.0.0.1"],
  );
  assert.deepEqual(
    via(() => false),
    ["10.0.0.1", "10.0.0.2"],
  );
});

test("an address is led through the nodes' addresses of its own family", () => {
  const both: Node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "a" },
    status: { addresses: ["10.0.0.1", "fd00::1"].map((address) => ({ type: "InternalIP", address })) },
  };
  const ingress = [{ ip: "FD00:88::0:1" }, { ip: "10.88.0.1" }];
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: {},
    spec: { type: "LoadBalancer" },
    status: { loadBalancer: { ingress } },
  };
  assert.deepEqual(
    routesOf([service], () => [], [both]),
    [
      { address: "10.88.0.1", via: ["10.0.0.1"] },
      { address: "fd00:88::1", via: ["fd00::1"] },
    ],
  );
});

test("Services that share an address have one route, and a load balancer with a class has none here", () => {
  const service = (name: string, ip: string, spec: Service["spec"] = {}): Service => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress: [{ ip }] } },
  });
  const node: Node = { apiVersion: "v1", kind: "Node", metadata: {}, status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] } };
  const foreign = service("c", "10.88.0.2", { loadBalancerClass: "example.org/other" });
  const all = [service("a", "10.88.0.1"), service("b", "10.88.0.1", { ports: [{ port: 443 }] }), foreign];
  assert.deepEqual(
    routesOf(all, () => [], [node]),
    [{ address: "10.88.0.1", via: ["10.0.0.1"] }],
  );
  assert.deepEqual(
    hostPortsOf(all).map(({ port }) => port),
    [80, 443],
  );
});
