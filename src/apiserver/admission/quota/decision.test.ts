import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, ResourceQuota } from "#api/mod.ts";
import { measureOf, written } from "#client/mod.ts";
import { type Asked, decideQuota, standingOf } from "./decision.ts";

const aQuota = (
  name: string,
  hard: Record<string, string>,
  used: Record<string, string> | undefined,
  spec: object = {},
): ResourceQuota => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name },
  spec: { hard, ...spec },
  status: { hard, ...(used && { used }) },
});
const aPod = (cpu: string | undefined, rest: object = {}): KubeObject =>
  ({ metadata: {}, spec: { containers: [{ name: "c", resources: cpu ? { requests: { cpu } } : {} }], ...rest } }) as never;
const creating = (object: KubeObject, id = "pods"): Asked => ({
  measure: measureOf(id)!,
  operation: "CREATE",
  subresource: "",
  object,
  old: undefined,
});

function outcome(quotas: ResourceQuota[], asked: Asked): string | Record<string, Record<string, string>> {
  const decision = decideQuota(quotas.map(standingOf), asked, 0);
  if ("refused" in decision) return decision.refused;
  return Object.fromEntries([...decision.costs].map(([{ quota }, cost]) => [quota.metadata.name, written(cost)]));
}

test("what is created is charged to every quota that it concerns, and refused by the first that it does not fit", () => {
  const table: [string, ResourceQuota[], Asked, ReturnType<typeof outcome>][] = [
    ["fits", [aQuota("a", { cpu: "2", pods: "5" }, { cpu: "1", pods: "1" })], creating(aPod("1")), { a: { cpu: "1", pods: "1" } }],
    [
      "two",
      [aQuota("a", { pods: "5" }, { pods: "0" }), aQuota("b", { "requests.cpu": "1" }, { "requests.cpu": "0" })],
      creating(aPod("1")),
      { a: { pods: "1" }, b: { "requests.cpu": "1" } },
    ],
    ["no concern", [aQuota("a", { services: "0" }, { services: "0" })], creating(aPod("1")), {}],
    [
      "too much",
      [aQuota("a", { cpu: "2", pods: "5" }, { cpu: "1500m", pods: "1" })],
      creating(aPod("1")),
      "exceeded quota: a, requested: cpu=1, used: cpu=1500m, limited: cpu=2",
    ],
    [
      "too much of two",
      [aQuota("a", { cpu: "1", pods: "1" }, { cpu: "1", pods: "1" })],
      creating(aPod("1")),
      "exceeded quota: a, requested: cpu=1,pods=1, used: cpu=1,pods=1, limited: cpu=1,pods=1",
    ],
    [
      "over already, asks for nothing of it",
      [aQuota("a", { services: "1", "services.nodeports": "0" }, { services: "0", "services.nodeports": "3" })],
      creating({ metadata: {}, spec: { type: "ClusterIP" } } as never, "services"),
      { a: { services: "1" } },
    ],
    [
      "unsaid",
      [aQuota("a", { cpu: "2", "limits.memory": "1" }, { cpu: "0", "limits.memory": "0" })],
      creating(aPod(undefined)),
      "failed quota: a: must specify cpu for: c; limits.memory for: c",
    ],
    [
      "pod-level resources say it",
      [aQuota("a", { cpu: "2" }, { cpu: "0" })],
      creating(aPod(undefined, { resources: { requests: { cpu: "3" } } })),
      "exceeded quota: a, requested: cpu=3, used: cpu=0, limited: cpu=2",
    ],
    [
      "uncounted",
      [aQuota("a", { pods: "2", cpu: "1" }, undefined)],
      creating(aPod("1")),
      "status unknown for quota: a, resources: cpu,pods",
    ],
    ["out of scope", [aQuota("a", { pods: "0" }, { pods: "0" }, { scopes: ["BestEffort"] })], creating(aPod("1")), {}],
    [
      "negative",
      [aQuota("a", { "requests.storage": "1" }, { "requests.storage": "0" })],
      creating({ metadata: {}, spec: { resources: { requests: { storage: "-1" } } } } as never, "persistentvolumeclaims"),
      "quota usage is negative for resource(s): requests.storage",
    ],
  ];
  for (const [name, quotas, asked, expected] of table) assert.deepEqual(outcome(quotas, asked), expected, name);
});

test("a change costs what it adds, and all of it where the quota did not count it before", () => {
  const changing = (old: KubeObject, object: KubeObject, subresource = "resize"): Asked => ({
    ...creating(object),
    operation: "UPDATE",
    subresource,
    old,
  });
  const quota = aQuota("a", { cpu: "3", pods: "1" }, { cpu: "2", pods: "1" });
  assert.deepEqual(outcome([quota], changing(aPod("2"), aPod("3"))), { a: { cpu: "1" } });
  assert.deepEqual(outcome([quota], changing(aPod("2"), aPod("1"))), {});
  assert.equal(outcome([quota], changing(aPod("2"), aPod("4"))), "exceeded quota: a, requested: cpu=2, used: cpu=2, limited: cpu=3");
  const ending = aQuota("b", { pods: "1" }, { pods: "0" }, { scopes: ["Terminating"] });
  const ends = aPod("2", { activeDeadlineSeconds: 1 });
  assert.deepEqual(outcome([quota, ending], changing(aPod("2"), ends, "")), { b: { pods: "1" } });
  assert.deepEqual(outcome([quota, ending], changing(ends, ends, "")), {});
});
