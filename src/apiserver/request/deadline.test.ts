import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { Deadlines, timeoutOf } from "./deadline.ts";

test("a shorter time can be asked for, in Go's words; a longer one, zero and none are the usual minute", () => {
  const of = (text: string) => timeoutOf(new URLSearchParams({ timeout: text }));
  assert.deepEqual(["1s", "1.5s", "1m", "59s", "300ms", "0", "0s", "2h", "-3s", ""].map(of), [
    1000,
    1500,
    undefined,
    59_000,
    300,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.equal(timeoutOf(new URLSearchParams()), undefined);
  for (const wrong of ["soon", "5", "1x", "s", "1s!"])
    assert.throws(() => of(wrong), {
      code: 400,
      message: `invalid timeout specified in the request URL - time: invalid duration "${wrong}"`,
    });
});

test("what is not over in its time is told so, what is over is not", async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines();
  const told: string[] = [];
  deadlines.add(clock, undefined, () => told.push("a"));
  deadlines.add(clock, undefined, () => told.push("b")).cancel();
  deadlines.add(clock, 500, () => told.push("short"));
  await clock.advance(30_000);
  deadlines.add(clock, undefined, () => told.push("c"));
  await clock.advance(32_000);
  assert.deepEqual(told, ["short", "a"]);
  await clock.advance(30_000);
  assert.deepEqual(told, ["short", "a", "c"]);
});
