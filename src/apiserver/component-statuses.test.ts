import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, componentstatuses, tableRow } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { componentStatuses, neighbours } from "./component-statuses.ts";

const served = builtInKinds.find(({ resource, group }) => resource === "componentstatuses" && group === "")!;
const rows = async (components: Parameters<typeof componentStatuses>[0], problem?: string) => {
  const statuses = componentStatuses(components, { problem: () => (problem ? { kind: "full", message: problem } : undefined) as never });
  return (await statuses.list("")).map((object) => tableRow(served, object, 0));
};

test("each component is healthy, or says why not; the store is one of them", async () => {
  const scheduler = { name: "scheduler", problem: () => undefined };
  const controllers = { name: "controller-manager", problem: async () => "it does not run" };
  assert.deepEqual(await rows([scheduler, controllers]), [
    ["scheduler", "Healthy", "ok", ""],
    ["controller-manager", "Unhealthy", "it does not run", ""],
    ["etcd-0", "Healthy", "ok", ""],
  ]);
  assert.deepEqual((await rows([], "the disk is full")).at(-1), ["etcd-0", "Unhealthy", "the disk is full", ""]);
});

test("one is had by name, and another is not there", async () => {
  const statuses = componentStatuses([], { problem: () => undefined });
  assert.equal((await statuses.get({ name: "etcd-0" }))?.kind, componentstatuses.kind);
  assert.equal(await statuses.get({ name: "etcd-1" }), undefined);
});

test("a neighbour that does not listen is told of in upstream's words", { timeout: 20_000 }, async () => {
  const [nobody] = neighbours(systemClock, { scheduler: 1, "controller-manager": 1 });
  assert.equal(await nobody!.problem(), 'Get "https://127.0.0.1:1/healthz": dial tcp 127.0.0.1:1: connect: connection refused');
});
