import assert from "node:assert/strict";
import { test } from "node:test";
import { atMost } from "./clock.ts";
import { seededRandom } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("timers run in order of time, those of one moment in order of asking, cancelled ones never", async () => {
  const clock = new VirtualClock(0);
  const random = seededRandom(7);
  const ran: [at: number, order: number][] = [];
  const expected: [at: number, order: number][] = [];
  for (let order = 0; order < 3000; order++) {
    const at = random.int(200);
    const timer = clock.after(at, () => {
      assert.equal(clock.now(), at);
      ran.push([at, order]);
    });
    if (random.int(3) > 0) {
      timer.cancel();
      timer.cancel();
    } else expected.push([at, order]);
  }
  expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  assert.equal(clock.waiting, expected.length);
  await clock.advance(100);
  await clock.advance(100);
  assert.deepEqual(ran, expected);
  assert.equal(clock.waiting, 0);
  assert.equal(clock.now(), 200);
});

test("time stands still while anything has work that needs no time, however many turns it takes", async () => {
  const clock = new VirtualClock(0);
  let finished = -1;
  clock.after(10, async () => {
    for (let turn = 0; turn < 50; turn++) await clock.turn();
    finished = clock.now();
  });
  clock.after(11, () => assert.equal(finished, 10, "the next timer waits for it"));
  await clock.advance(20);
  assert.equal(finished, 10);
});

test("during moves time on until the work is done, and says when it never is", async () => {
  const clock = new VirtualClock(0);
  const work = async () => {
    for (let day = 0; day < 10; day++) await clock.sleep(86_400_000);
    return clock.now();
  };
  assert.equal(await clock.during(work(), 1e12), 864_000_000);
  await assert.rejects(clock.during(new Promise(() => {})), /not done after 3600000 ms of virtual time, and 0 timers wait/);
  await assert.rejects(clock.during(clock.sleep(5).then(() => Promise.reject(new Error("refused")))), /refused/);
});

test("atMost ends with what is waited for, with the time or with the signal, and leaves no timer", async () => {
  const clock = new VirtualClock();
  const ended = async (waiting: Promise<unknown>, signal?: AbortSignal) => {
    let over = false;
    const done = atMost(clock, 1000, waiting, signal).then(() => (over = true));
    await clock.advance(999);
    if (over) return clock.waiting;
    await clock.advance(1);
    await done;
    return "late";
  };
  assert.equal(await ended(Promise.resolve()), 0);
  assert.equal(await ended(new Promise(() => {})), "late");
  assert.equal(await ended(new Promise(() => {}), AbortSignal.abort()), 0);
  await assert.rejects(atMost(clock, 1000, Promise.reject(new Error("no"))), /no/);
});
