import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, Service } from "#api/mod.ts";
import { aMeta, aPod, secondsAgo } from "./situations.ts";
import { triggerAnnotation, triggerTimes, withTrigger } from "./trigger-times.ts";

const service = { apiVersion: "v1", kind: "Service", metadata: aMeta("web") } as Service;
const pod = (name: string, readyFor: number): Pod => aPod({ name, readyFor });

test("the earliest change since the last look; of a Service that is new, its creation", () => {
  const times = triggerTimes();
  assert.equal(times.of("k", service, [pod("a", 100)]), secondsAgo(3600));
  assert.equal(times.of("k", service, [pod("a", 100)]), undefined);
  assert.equal(times.of("k", service, [pod("a", 50), pod("b", 30)]), secondsAgo(50));
  assert.equal(times.of("k", service, [pod("b", 30)]), undefined);
  times.forget("k");
  assert.equal(times.of("k", service, [pod("b", 30)]), secondsAgo(3600));
});

test("the annotation is written when the time is known, and taken away when it is not", () => {
  assert.deepEqual(withTrigger({ a: "b" }, "now"), { a: "b", [triggerAnnotation]: "now" });
  assert.deepEqual(withTrigger({ a: "b", [triggerAnnotation]: "old" }, undefined), { a: "b" });
  assert.equal(withTrigger({ [triggerAnnotation]: "old" }, undefined), undefined);
});
