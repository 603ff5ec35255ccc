import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceQuota } from "#api/mod.ts";
import { amounts } from "#client/mod.ts";
import { planQuota } from "./plan.ts";

type Status = NonNullable<ResourceQuota["status"]>;
const aQuota = (hard: Record<string, string>, status?: Status): ResourceQuota => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { namespace: "n", name: "q" },
  spec: { hard },
  ...(status && { status }),
});

test("the status says the bounds in force and what is used of them, and is left alone when it does", () => {
  const hard = { pods: "2", memory: "1Gi" };
  const table: [string, ResourceQuota, Record<string, string>, Status | undefined][] = [
    ["first", aQuota(hard), { pods: "1", memory: "0" }, { hard, used: { pods: "1", memory: "0" } }],
    ["same", aQuota(hard, { hard, used: { pods: "1", memory: "1024" } }), { pods: "1", memory: "1Ki" }, undefined],
    [
      "freed",
      aQuota(hard, { hard, used: { pods: "1", memory: "0" } }),
      { pods: "0", memory: "0" },
      { hard, used: { pods: "0", memory: "0" } },
    ],
    ["written otherwise", aQuota({ memory: "1024Mi" }, { hard: { memory: "1Gi" }, used: { memory: "0" } }), { memory: "0" }, undefined],
    [
      "a bound less",
      aQuota({ pods: "2" }, { hard, used: { pods: "1", memory: "5" } }),
      { pods: "1" },
      { hard: { pods: "2" }, used: { pods: "1" } },
    ],
    [
      "a kind that does not answer keeps its last count",
      aQuota(hard, { hard, used: { pods: "1", memory: "5" } }),
      { memory: "5" },
      undefined,
    ],
    ["nobody serves it", aQuota({ "count/things.example.org": "1" }), {}, { hard: { "count/things.example.org": "1" }, used: {} }],
  ];
  for (const [name, quota, counted, expected] of table) {
    const [step] = planQuota({ quota, counted: amounts(counted) });
    assert.deepEqual(step && "object" in step ? (step.object as ResourceQuota).status : undefined, expected, name);
  }
});
