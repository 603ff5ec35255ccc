import assert from "node:assert/strict";
import { test } from "node:test";
import { nodes } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { nodeTtl, sizeOf } from "./see.ts";

test("the more nodes, the longer; and back only when it is clearly fewer", () => {
  const counts = [1, 100, 101, 95, 89, 600, 460, 440, 5000, 1800, 1799, 0];
  let at = 0;
  const places = counts.map((count) => (at = sizeOf(count, at)));
  assert.deepEqual(places, [0, 0, 1, 1, 0, 2, 2, 1, 4, 4, 3, 0]);
});

test("every node is told, and all of them again when the size of the cluster changes", async (t) => {
  const node = (i: number) => ({ apiVersion: "v1", kind: "Node", metadata: { name: `n${i}` } });
  const run = await trial(nodeTtl(), [[nodes, node(0)]]);
  t.after(() => run.close());
  const told = async () => new Set((await run.all(nodes)).map(({ metadata }) => metadata.annotations?.["node.alpha.kubernetes.io/ttl"]));
  assert.deepEqual(await told(), new Set(["0"]));
  for (let i = 1; i <= 101; i++) run.put(nodes, node(i));
  await run.settled();
  assert.deepEqual(await told(), new Set(["15"]));
});
