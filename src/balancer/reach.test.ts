import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Service } from "#api/mod.ts";
import { VirtualClock } from "#base/mod.ts";
import { routesOf } from "./assign.ts";
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
