import assert from "node:assert/strict";
import { test } from "node:test";
import { conditionOf, withCondition, withoutCondition } from "./conditions.ts";
import { disruptionTarget } from "./disruption.ts";
import { microTimestamp, timeOf, timestamp } from "./time.ts";

const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0, 345);
const before = "2025-12-31T00:00:00Z";

test("times are written as the API writes them", () => {
  assert.equal(timestamp(nowMs), "2026-01-01T12:00:00Z");
  assert.equal(microTimestamp(nowMs), "2026-01-01T12:00:00.345000Z");
  assert.deepEqual([timeOf(before), timeOf(undefined), timeOf("soon")], [Date.UTC(2025, 11, 31), undefined, undefined]);
});

test("a condition keeps its place, and its transition time while the status is the same", () => {
  const list = [
    { type: "A", status: "True", reason: "Old", lastTransitionTime: before },
    { type: "B", status: "True", reason: "Old", lastTransitionTime: before },
  ];
  assert.deepEqual(withCondition(list, { type: "A", status: "True", reason: "New" } as (typeof list)[0], nowMs)[0], {
    type: "A",
    status: "True",
    reason: "New",
    lastTransitionTime: before,
  });
  assert.equal(withCondition(list, { type: "A", status: "False" } as (typeof list)[0], nowMs)[0]?.lastTransitionTime, timestamp(nowMs));
  assert.deepEqual(
    withCondition(list, { type: "C", status: "False" } as (typeof list)[0], nowMs).map(({ type }) => type),
    ["A", "B", "C"],
  );
  assert.deepEqual(
    withoutCondition(list, "A").map(({ type }) => type),
    ["B"],
  );
  assert.equal(conditionOf(undefined, "A"), undefined);
});

test("a pod that the cluster ends says why", () => {
  assert.deepEqual(disruptionTarget("DeletionByPodGC", "PodGC: node no longer exists", nowMs), {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByPodGC",
    message: "PodGC: node no longer exists",
    lastTransitionTime: "2026-01-01T12:00:00Z",
  });
});
