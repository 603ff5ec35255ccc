import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/mod.ts";
import { firstToGo } from "./removal-order.ts";
import { aPod, nowMs } from "./situations.ts";

const named = (name: string, options: Parameters<typeof aPod>[0] = {}) => aPod({ name, node: "n", ...options });
const cost = (value: string) => ({ annotations: { "controller.kubernetes.io/pod-deletion-cost": value } });

/** Of each pair the first must go before the second. */
const pairs: { name: string; first: Pod; after: Pod; related?: Pod[] }[] = [
  { name: "not assigned before assigned", first: named("z", { node: "" }), after: named("a") },
  { name: "pending before unknown", first: named("z", { phase: "Pending" }), after: named("a", { phase: "Unknown" }) },
  { name: "unknown before running", first: named("z", { phase: "Unknown" }), after: named("a") },
  { name: "not ready before ready", first: named("z"), after: named("a", { readyFor: 1 }) },
  {
    name: "cheap before dear",
    first: named("z", { readyFor: 9999, ...cost("-5") }),
    after: named("a", { readyFor: 1, ...cost("7") }),
  },
  { name: "a cost that is no number counts as none", first: named("z", cost("0")), after: named("a", cost("1")) },
  { name: "a cost with a plus counts as none", first: named("z", cost("+9")), after: named("a", cost("1")) },
  { name: "a cost beyond 32 bits counts as none", first: named("z", cost("2147483648")), after: named("a", cost("1")) },
  {
    name: "crowded before alone",
    first: named("z", { node: "crowded" }),
    after: named("a", { node: "lonely" }),
    related: [named("b", { node: "crowded" }), named("c", { node: "crowded" }), named("d", { node: "lonely" })],
  },
  {
    name: "pods that are going make no crowd",
    first: named("z", { node: "lonely" }),
    after: named("a", { node: "crowded" }),
    related: [named("b", { node: "lonely" }), named("c", { node: "crowded", deleting: true })],
  },
  { name: "shorter ready before longer", first: named("z", { readyFor: 10 }), after: named("a", { readyFor: 1000 }) },
  { name: "more restarts before fewer", first: named("z", { restarts: 3 }), after: named("a", { restarts: 1 }) },
  { name: "younger before older", first: named("z", { ageSeconds: 10 }), after: named("a", { ageSeconds: 1000 }) },
  { name: "of one order of magnitude, by uid", first: named("a", { ageSeconds: 1100 }), after: named("z", { ageSeconds: 1200 }) },
  {
    name: "ready times of one order of magnitude are equal, whatever the restarts",
    first: named("a", { readyFor: 1100, restarts: 0 }),
    after: named("z", { readyFor: 1200, restarts: 9 }),
  },
];
for (const { name, first, after, related = [] } of pairs)
  test(`first to go: ${name}`, () => {
    for (const order of [
      [first, after],
      [after, first],
    ])
      assert.deepEqual(
        firstToGo(order, 1, related, nowMs).map((pod) => pod.metadata.name),
        [first.metadata.name],
      );
  });

test("nobody is ranked when all must go", () => {
  const all = [named("b"), named("a")];
  assert.deepEqual(firstToGo(all, 2, [], nowMs), all);
});
