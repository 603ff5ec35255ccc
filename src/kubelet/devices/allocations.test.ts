/** Which devices a container may be given: upstream's order and its words when there are none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/mod.ts";
import { type Allocation, Allocations, type Choice, choose } from "./allocations.ts";

const resource = "example.com/gpu";
const set = (text: string) => new Set(text === "" ? [] : text.split(" "));

test("choices", async () => {
  const rows: [what: string, choice: Partial<Choice> & { needed: number }, expected: string][] = [
    ["of what is free", { needed: 2, healthy: set("a b c") }, "a b"],
    ["not what is in use", { needed: 2, healthy: set("a b c"), inUse: set("a") }, "b c"],
    [
      "what init containers had comes first, though it is in use",
      { needed: 2, healthy: set("a b c"), inUse: set("c"), reusable: set("c") },
      "c a",
    ],
    ["not what is unwell of that", { needed: 1, healthy: set("a"), inUse: set("c"), reusable: set("c") }, "a"],
    ["as the plugin prefers", { needed: 2, healthy: set("a b c"), preferred: async () => ["c"] }, "c a"],
    ["nothing that the plugin may not give", { needed: 1, healthy: set("a b"), inUse: set("b"), preferred: async () => ["b", "z"] }, "a"],
    ["nobody has registered it", { needed: 1, isRegistered: false }, "cannot allocate unregistered device example.com/gpu"],
    ["none is well", { needed: 1 }, "no healthy devices present; cannot allocate unhealthy devices example.com/gpu"],
    [
      "too few are left",
      { needed: 3, healthy: set("a b c"), inUse: set("a") },
      "requested number of devices unavailable for example.com/gpu. Requested: 3, Available: 2",
    ],
    [
      "too few are left beside what is used again",
      { needed: 3, healthy: set("a b"), inUse: set("a"), reusable: set("a") },
      "requested number of devices unavailable for example.com/gpu. Requested: 2, Available: 1",
    ],
  ];
  for (const [what, choice, expected] of rows) {
    const whole = { resource, isRegistered: true, healthy: set(""), inUse: set(""), reusable: set(""), ...choice };
    const got = await choose(whole).then(
      (ids) => ids.join(" "),
      (error) => error.message,
    );
    assert.equal(got, expected, what);
  }
});

test("the plugin is told what is chosen already", async () => {
  let asked: unknown;
  const preferred: Choice["preferred"] = async (...from) => {
    asked = from;
    return [];
  };
  await choose({ resource, needed: 2, isRegistered: true, healthy: set("a b"), inUse: set("b"), reusable: set("b"), preferred });
  assert.deepEqual(asked, [["a", "b"], ["b"], 2]);
});

test("plain init containers hand on what they had, sidecars keep it", () => {
  const given = (container: string, ...ids: string[]): Allocation => ({
    uid: "u",
    container,
    resource,
    ids,
    answer: { envs: {}, mounts: [], devices: [], annotations: {}, cdiDevices: [] },
  });
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default", uid: "u" },
    spec: {
      initContainers: [{ name: "i1" }, { name: "side", restartPolicy: "Always" }, { name: "i2" }],
      containers: [{ name: "c1" }, { name: "c2" }],
    },
  };
  const allocations = new Allocations([given("i1", "a", "b")]);
  const reusable = (container: string) => [...allocations.reusable(pod, container, resource)].join(" ");
  assert.equal(reusable("i1"), "");
  assert.equal(reusable("side"), "a b");
  allocations.add(given("side", "a"));
  assert.equal(reusable("i2"), "b");
  allocations.add(given("i2", "b", "c"));
  allocations.add(given("c1", "c"));
  assert.equal(reusable("c2"), "b");
  assert.deepEqual([...allocations.inUse(resource)].sort(), ["a", "b", "c"]);
  assert.equal(allocations.keep(new Set(["u"])), false);
  assert.equal(allocations.keep(new Set()), true);
  assert.equal(allocations.has(resource), false);
});
