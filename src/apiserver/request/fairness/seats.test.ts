import assert from "node:assert/strict";
import { test } from "node:test";
import type { PriorityLevelConfiguration } from "#api/mod.ts";
import { firstObjects } from "../../bootstrap/first-objects.ts";
import { demandAfter, limitsFor, proportional, sharesOf } from "./seats.ts";
import { mostSeatsOf, seatsOfList } from "./width.ts";

const suggested = firstObjects().filter(({ kind }) => kind === "PriorityLevelConfiguration") as PriorityLevelConfiguration[];

test("upstream's levels share 600 seats as upstream's do", () => {
  const shares = Object.fromEntries(sharesOf(suggested, 600).map(({ name, nominal, least }) => [name, [nominal, least]]));
  assert.deepEqual(shares, {
    "catch-all": [13, 13],
    exempt: [0, 0],
    "global-default": [49, 24],
    "leader-election": [25, 25],
    "node-high": [98, 73],
    system: [74, 50],
    "workload-high": [98, 49],
    "workload-low": [245, 24],
  });
});

test("an idle level lends, a busy one borrows, and gets its own back when it needs it", () => {
  const shares = sharesOf(suggested, 600);
  const with_ = (busy: Record<string, number>) =>
    limitsFor(shares.map((share) => ({ ...share, highest: busy[share.name] ?? 0, smoothed: busy[share.name] ?? 0 })));
  const alone = with_({ "global-default": 2000 });
  assert.ok(alone.get("global-default")! > 300, `${alone.get("global-default")}`);
  assert.equal(alone.get("leader-election"), 25, "what lends nothing keeps everything");
  const all = with_(Object.fromEntries(shares.map(({ name }) => [name, 2000])));
  for (const { name, nominal, isExempt } of shares) if (!isExempt && name !== "exempt") assert.ok(all.get(name)! <= nominal, name);
  for (const limits of [alone, all]) for (const { name, least } of shares) assert.ok(limits.get(name)! >= least, name);
});

test("a borrowing limit bounds what is borrowed", () => {
  const aLevel = (name: string, lendablePercent: number, borrowingLimitPercent?: number): PriorityLevelConfiguration => ({
    apiVersion: "flowcontrol.apiserver.k8s.io/v1",
    kind: "PriorityLevelConfiguration",
    metadata: { name },
    spec: {
      type: "Limited",
      limited: { nominalConcurrencyShares: 50, lendablePercent, borrowingLimitPercent, limitResponse: { type: "Reject" } },
    },
  });
  const shares = sharesOf([aLevel("a", 100), aLevel("b", 0, 20), aLevel("c", 0)], 150);
  const limits = limitsFor(
    shares.map((share) => ({ ...share, highest: share.name === "a" ? 0 : 1000, smoothed: share.name === "a" ? 0 : 1000 })),
  );
  assert.equal(limits.get("b"), 60);
  assert.ok(limits.get("c")! > 80);
});

test("a sum is shared in proportion, within bounds", () => {
  const close = (actual: number[], expected: number[]) =>
    actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 0.01, String(actual)));
  close(
    proportional(30, [
      { low: 0, high: 100, target: 10 },
      { low: 0, high: 100, target: 20 },
    ]),
    [10, 20],
  );
  close(
    proportional(30, [
      { low: 15, high: 100, target: 15 },
      { low: 0, high: 100, target: 60 },
    ]),
    [15, 15],
  );
  close(
    proportional(30, [
      { low: 0, high: 5, target: 10 },
      { low: 0, high: 100, target: 10 },
    ]),
    [5, 25],
  );
});

test("a demand that has gone is forgotten slowly, one that comes is known at once", () => {
  assert.deepEqual(demandAfter(0, { average: 8, deviation: 2, highest: 20 }), { highest: 20, smoothed: 10 });
  const { smoothed } = demandAfter(10, { average: 0, deviation: 0, highest: 0 });
  assert.ok(smoothed > 9.7 && smoothed < 10);
});

test("a list takes seats by its bytes, up to ten and up to a part of its level", () => {
  const size = { objects: 1000, averageBytes: 1700 };
  assert.equal(seatsOfList(size, 0, 10), 10);
  assert.equal(seatsOfList(size, 100, 10), 2);
  assert.equal(seatsOfList({ objects: 0, averageBytes: 0 }, 0, 10), 1);
  assert.equal(mostSeatsOf(49, 6), 8);
  assert.equal(seatsOfList(size, 0, mostSeatsOf(49, 6)), 8);
});
