import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job } from "#api/mod.ts";
import { aMeta, nowMs, secondsAgo } from "../situations.ts";
import { planExpiry } from "./see.ts";

const aJob = (ttl: number | undefined, finished: number | undefined): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: aMeta("work"),
  spec: { ttlSecondsAfterFinished: ttl },
  status: finished === undefined ? {} : { conditions: [{ type: "Failed", status: "True", lastTransitionTime: secondsAgo(finished) }] },
});

test("a finished Job goes when its time has come, dependents first, and not before", () => {
  assert.deepEqual(planExpiry(aJob(60, 20), nowMs), [{ do: "again", ms: 40_000 }]);
  const [step] = planExpiry(aJob(60, 60), nowMs);
  assert.deepEqual(step?.do === "delete" && [step.ref.name, step.policy], ["work", "Foreground"]);
  assert.equal(planExpiry(aJob(0, 0), nowMs).length, 1);
  assert.deepEqual(planExpiry(aJob(60, undefined), nowMs), []);
  assert.deepEqual(planExpiry(aJob(undefined, 500), nowMs), []);
});
