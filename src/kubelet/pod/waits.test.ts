import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { Waits } from "./waits.ts";

test("a later reason does not put off an earlier one, and each wakes once", async () => {
  const clock = new VirtualClock();
  const began = clock.now();
  const woken: number[] = [];
  const waits = new Waits(clock, () => woken.push(clock.now() - began));
  waits.set("sandbox", 2000);
  waits.set("token", 48 * 60_000);
  await clock.advance(5000);
  assert.deepEqual(woken, [2000]);
  waits.set("token", 1000);
  waits.set("sandbox", 3000);
  waits.set("sandbox", undefined);
  await clock.advance(60 * 60_000);
  assert.deepEqual(woken, [2000, 6000]);
  assert.deepEqual(waits.reasons(), []);
});

test("what is closed wakes nobody", async () => {
  const clock = new VirtualClock();
  const waits = new Waits(clock, () => assert.fail("woken"));
  waits.set("a", 10);
  waits.close();
  await clock.advance(100);
});
