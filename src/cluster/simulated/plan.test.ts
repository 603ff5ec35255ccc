import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/mod.ts";
import { freeAddress, planPod, simulatedNode } from "./plan.ts";

const now = Date.UTC(2026, 0, 1, 0, 0, 10);
const place = { hostIP: "198.18.0.1", podIP: "100.64.1.2" };
const aPod = (more: object = {}, restartPolicy = "Always"): Pod =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { restartPolicy, containers: [{ name: "c", image: "i" }] },
    ...more,
  }) as unknown as Pod;

test("a simulated pod starts, stays, ends when it may, and goes when deleted", () => {
  const start = planPod(aPod(), place, now);
  assert.equal(start.do, "write");
  assert.equal(start.do === "write" && start.status.phase, "Running");
  assert.equal(start.do === "write" && start.status.podIP, place.podIP);
  const running = { status: { phase: "Running", startTime: "2026-01-01T00:00:00Z" } };
  assert.equal(planPod(aPod(running), place, now).do, "nothing");
  const ended = planPod(aPod(running, "Never"), place, now);
  assert.equal(ended.do === "write" && ended.status.phase, "Succeeded");
  assert.deepEqual(planPod(aPod({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }), place, now), { do: "delete" });
});

test("simulated nodes have addresses of their own", () => {
  assert.equal(simulatedNode(300, "2026-01-01T00:00:00Z").spec?.podCIDR, "100.65.44.0/24");
  assert.equal(freeAddress(1, new Set(["100.64.1.2"])), "100.64.1.3");
});
