/** How resources are weighed: figures worked out by hand from upstream's formulas. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod } from "#api/mod.ts";
import { Cluster } from "../cluster.ts";
import { podInfoOf } from "../pod-info.ts";
import { balanceScore, fitScore, type ScoringStrategy } from "./resource-scores.ts";

const gpu = "example.com/gpu";
const aPod = (name: string, requests: Record<string, string>) =>
  podInfoOf(
    { metadata: { name, uid: name }, spec: { containers: [{ name: "c", image: "i", resources: { requests } }] } } as Pod,
    () => undefined,
  );

/** 4 cores, 8 GiB, 4 devices: 1 core, 2 GiB and 1 device are taken. */
function row() {
  const cluster = new Cluster();
  cluster.setNode({
    metadata: { name: "a" },
    status: { allocatable: { cpu: "4", memory: "8Gi", pods: "9", [gpu]: "4" } },
  } as unknown as Node);
  cluster.addPod(aPod("there", { cpu: "1", memory: "2Gi", [gpu]: "1" }), "a");
  return cluster.rows[0]!;
}
const both = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
];
const shape = [
  { utilization: 0, score: 0 },
  { utilization: 50, score: 10 },
  { utilization: 100, score: 2 },
];

const rows: { strategy: ScoringStrategy; requests: Record<string, string>; score: number; why: string }[] = [
  { strategy: { type: "LeastAllocated", resources: both }, requests: { cpu: "1", memory: "2Gi" }, score: 50, why: "half is left of both" },
  { strategy: { type: "MostAllocated", resources: both }, requests: { cpu: "1", memory: "4Gi" }, score: 62, why: "(50 + 75) / 2" },
  { strategy: { type: "MostAllocated", resources: both }, requests: {}, score: 27, why: "100m and 200 MB: (27 + 27) / 2" },
  {
    strategy: {
      type: "MostAllocated",
      resources: [
        { name: "cpu", weight: 1 },
        { name: gpu, weight: 3 },
      ],
    },
    requests: { cpu: "1", [gpu]: "2" },
    score: 68,
    why: "(50 + 3 × 75) / 4",
  },
  { strategy: { type: "MostAllocated", resources: [{ name: gpu, weight: 3 }] }, requests: { cpu: "1" }, score: 0, why: "not asked for" },
  {
    strategy: { type: "RequestedToCapacityRatio", resources: both, shape },
    requests: { cpu: "1", memory: "2Gi" },
    score: 100,
    why: "at the peak",
  },
  {
    strategy: { type: "RequestedToCapacityRatio", resources: both, shape },
    requests: { cpu: "2", memory: "2Gi" },
    score: 80,
    why: "(60 + 100) / 2",
  },
  {
    strategy: { type: "RequestedToCapacityRatio", resources: both, shape },
    requests: { cpu: "9", memory: "9Gi" },
    score: 20,
    why: "beyond all",
  },
];
for (const { strategy, requests, score, why } of rows)
  test(`${strategy.type} of ${JSON.stringify(requests)}: ${why}`, () =>
    assert.equal(fitScore(strategy, aPod("p", requests))(row()), score));

test("a pod that evens out what is used is liked, one that asks for nothing is not weighed", () => {
  const balanced = (requests: Record<string, string>, resources = both) => balanceScore(resources, aPod("p", requests))?.(row());
  assert.equal(balanced({ cpu: "1", memory: "2Gi" }), 75, "as even as before");
  assert.equal(balanced({ cpu: "3" }), 56, "100 before, 62 after");
  assert.equal(balanced({}), undefined);
  assert.equal(balanced({ cpu: "1", memory: "2Gi", [gpu]: "3" }, [...both, { name: gpu, weight: 1 }]), 63, "three parts: their deviation");
});
