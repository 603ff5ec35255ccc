import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entry, hand, QueueSet } from "./queue-set.ts";

const queuing = { queues: 16, handSize: 4, queueLengthLimit: 5 };
const anEntry = (flow: number, seats = 1): Entry => ({ flow, seats, arrivedMs: 0 });

test("a hand is different cards, and the same for the same hash", () => {
  for (let hash = 1; hash < 2 ** 47; hash = hash * 7 + 3) {
    const cards = hand(hash, 128, 6);
    assert.equal(new Set(cards).size, 6);
    assert.ok(cards.every((card) => card >= 0 && card < 128));
    assert.deepEqual(hand(hash, 128, 6), cards);
  }
  assert.deepEqual(hand(12345, 3, 6).sort(), [0, 1, 2], "a hand is no larger than the deck");
});

test("seats are given until none is left, then requests wait, then they are refused", () => {
  const set = new QueueSet(queuing, 3);
  const offers = Array.from({ length: 24 }, () => set.offer(anEntry(7), 0));
  assert.deepEqual(offers.slice(0, 3), ["run", "run", "run"]);
  assert.deepEqual(offers.slice(3, 23), Array(20).fill("wait"), "four queues of five");
  assert.equal(offers[23], "queue-full");
  assert.deepEqual([set.executing, set.waiting, set.demand], [3, 20, 23]);
});

test("a level that does not queue refuses what finds no seat", () => {
  const set = new QueueSet({ queues: 0, handSize: 0, queueLengthLimit: 0 }, 1);
  const one = anEntry(1);
  assert.equal(set.offer(one, 0), "run");
  assert.equal(set.offer(anEntry(1), 0), "concurrency-limit");
  set.finish(one, 5);
  assert.equal(set.offer(anEntry(1), 5), "run");
});

test("one request of another flow waits for its turn, not for the flood", () => {
  const set = new QueueSet({ ...queuing, queueLengthLimit: 50 }, 2);
  const running: Entry[] = [];
  for (let i = 0; i < 100; i++) {
    const entry = anEntry(1000);
    if (set.offer(entry, 0) === "run") running.push(entry);
  }
  // Dealt other queues.
  const dealt = hand(1000, 16, 4);
  const other = anEntry(
    Array.from({ length: 1000 }, (_, i) => 1e9 + i * 7919).find((flow) => !hand(flow, 16, 4).some((card) => dealt.includes(card)))!,
  );
  assert.equal(set.offer(other, 0), "wait");
  let now = 0;
  let before = 0;
  for (;;) {
    now += 100;
    set.finish(running.shift()!, now);
    const next = set.next(now)!;
    if (next === other) break;
    running.push(next);
    before++;
  }
  assert.ok(before <= 4, `${before} of the flood went before it`);
});

test("two busy flows get as many seat-seconds, although one asks for ten times as much at a time", () => {
  const set = new QueueSet({ queues: 2, handSize: 1, queueLengthLimit: 10_000 }, 10);
  const [wide, narrow] = [0, 1];
  const running: { entry: Entry; endsAt: number }[] = [];
  const used = new Map([
    [wide, 0],
    [narrow, 0],
  ]);
  const begin = (entry: Entry, now: number) => {
    running.push({ entry, endsAt: now + 50 });
    used.set(entry.flow, used.get(entry.flow)! + entry.seats * 50);
  };
  for (let i = 0; i < 2000; i++)
    for (const entry of [anEntry(narrow, 1), ...(i < 400 ? [anEntry(wide, 10)] : [])]) if (set.offer(entry, 0) === "run") begin(entry, 0);
  for (let now = 0; now < 5000; now += 10) {
    for (const { entry } of running.filter(({ endsAt }) => endsAt <= now)) set.finish(entry, now);
    running.splice(0, running.length, ...running.filter(({ endsAt }) => endsAt > now));
    for (let next = set.next(now); next; next = set.next(now)) begin(next, now);
    assert.ok(set.seatsInUse <= 10);
  }
  const ratio = used.get(wide)! / used.get(narrow)!;
  assert.ok(ratio > 0.7 && ratio < 1.4, `${ratio}`);
});

test("a request that is wider than the level runs alone", () => {
  const set = new QueueSet(queuing, 2);
  const [small, wide] = [anEntry(1), anEntry(1, 5)];
  assert.equal(set.offer(small, 0), "run");
  assert.equal(set.offer(wide, 0), "wait");
  assert.equal(set.next(0), undefined);
  set.finish(small, 1);
  assert.equal(set.next(1), wide);
  assert.equal(set.offer(anEntry(2), 1), "wait");
});

test("who gives up is gone, and fewer queues come when the last ones are empty", () => {
  const set = new QueueSet({ queues: 4, handSize: 4, queueLengthLimit: 9 }, 1);
  const [first, second, third] = [anEntry(1), anEntry(1), anEntry(1)];
  set.offer(first, 0);
  set.offer(second, 0);
  set.offer(third, 0);
  assert.equal(set.abandon(second), true);
  assert.equal(set.abandon(second), false);
  set.configure({ queues: 1, handSize: 1, queueLengthLimit: 9 }, 1);
  set.finish(first, 1);
  assert.equal(set.next(1), third);
  set.finish(third, 2);
  assert.deepEqual([set.queues.length, set.isIdle, set.demand], [1, true, 0]);
});
