import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/mod.ts";
import { VirtualClock } from "#base/mod.ts";
import { podInfoOf } from "./pod-info.ts";
import { SchedulingQueue } from "./queue.ts";

const aPod = (name: string) =>
  podInfoOf(
    { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default", uid: name }, spec: { containers: [] } } as Pod,
    () => undefined,
  );

for (const [longestWaitMs, minutes] of [
  [undefined, 5],
  [60_000, 1],
] as const)
  test(`a refused pod is tried again after ${minutes} min although nothing changed`, async () => {
    const clock = new VirtualClock();
    let woken = 0;
    const queue = new SchedulingQueue({ clock, longestWaitMs, wake: () => woken++ });
    queue.add(aPod("p"));
    queue.refuse(queue.pop()!, ["node-added"], queue.turn);
    const before = woken;
    await clock.advance(minutes * 60_000 - 1000);
    assert.equal(queue.pop(), undefined);
    await clock.advance(2000);
    assert.equal(woken, before + 1);
    assert.equal(queue.pop()?.uid, "p");
    queue.close();
  });

test("what could help a refused pod wakes it after its back-off, and nothing else does", async () => {
  const clock = new VirtualClock();
  const queue = new SchedulingQueue({ clock, wake: () => {} });
  queue.add(aPod("p"));
  queue.refuse(queue.pop()!, ["node-added"], queue.turn);
  queue.changed("pod-deleted");
  await clock.advance(2000);
  assert.equal(queue.pop(), undefined);
  queue.changed("node-added");
  assert.equal(queue.pop()?.uid, "p", "its back-off of a second was over");
  queue.close();
});
