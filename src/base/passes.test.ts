import assert from "node:assert/strict";
import { test } from "node:test";
import { passes } from "./passes.ts";
import { VirtualClock } from "./virtual-clock.ts";

function following(pass: (count: number) => void | Promise<void>) {
  const clock = new VirtualClock();
  const said: string[] = [];
  let count = 0;
  const work = passes({
    clock,
    settleMs: 5,
    retry: { baseMs: 100, maxMs: 1000 },
    pass: async () => pass(++count),
    failed: (error, failures) => said.push(`${(error as Error).message} ${failures}`),
  });
  return { clock, work, said, count: () => count };
}

test("what changes together is one pass, what changes during a pass is another", async () => {
  let during = () => {};
  const { clock, work, count } = following((n) => (n === 1 ? during() : undefined));
  during = () => work.changed();
  work.changed();
  work.changed();
  await clock.advance(5);
  assert.equal(count(), 1);
  await clock.advance(5);
  assert.equal(count(), 2);
  await clock.advance(1000);
  assert.equal(count(), 2);
});

test("a failing pass is made again, later and later, and who waits learns of the good one only", async () => {
  const { clock, work, said, count } = following((n) => {
    if (n < 3) throw new Error("no");
  });
  let reached: boolean | undefined;
  void work.through(60_000).then((value) => {
    reached = value;
  });
  await clock.advance(5);
  assert.deepEqual([count(), reached, said], [1, undefined, ["no 1"]]);
  await clock.advance(10_000);
  assert.deepEqual([count(), reached, said], [3, true, ["no 1", "no 2"]]);
});

test("waiting has an end: its time, or the end of it all", async () => {
  const { clock, work } = following(() => new Promise(() => {}));
  const [early, atEnd] = [work.through(50), work.through(60_000)];
  await clock.advance(50);
  assert.equal(await early, false);
  void work.close();
  assert.equal(await atEnd, false);
  assert.equal(await work.through(10), false);
});
