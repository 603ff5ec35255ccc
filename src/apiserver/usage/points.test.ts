import assert from "node:assert/strict";
import { test } from "node:test";
import { type Batch, nextPoints, noPoints, type Point, used } from "./points.ts";
import { samplesOf } from "./samples.ts";

const fresh = { leastMs: 5000, mostMs: 15_000 };
const point = (atMs: number, cpuSeconds: number, more: Partial<Point> = {}): Point => ({ atMs, cpuSeconds, memoryBytes: 4096, ...more });
const batch = (container: Point, node?: Point): Batch => ({
  nodes: new Map(node ? [["node-1", node]] : []),
  pods: new Map([["default/web", new Map([["main", container]])]]),
});
const usedBy = (...looks: Batch[]) => {
  const points = looks.reduce((before, look) => nextPoints(before, look, fresh), noPoints);
  const pair = points.pods.get("default/web")?.get("main");
  return pair && used(pair);
};

const situations: { name: string; looks: Point[]; nanoCores: number | undefined; windowMs?: number }[] = [
  { name: "one look says nothing of an old container", looks: [point(100_000, 5, { startMs: 1000 })], nanoCores: undefined },
  { name: "a fresh one is measured from its start", looks: [point(20_000, 3, { startMs: 14_000 })], nanoCores: 5e8, windowMs: 6000 },
  { name: "but not when it started just now", looks: [point(20_000, 3, { startMs: 16_000 })], nanoCores: undefined },
  {
    name: "two looks: what was added between them",
    looks: [point(100_000, 5, { startMs: 0 }), point(110_000, 7.5, { startMs: 0 })],
    nanoCores: 25e7,
    windowMs: 10_000,
  },
  {
    name: "a kubelet that tells the same measurement again changes nothing",
    looks: [point(100_000, 5, { startMs: 0 }), point(110_000, 7.5, { startMs: 0 }), point(110_000, 7.5, { startMs: 0 })],
    nanoCores: 25e7,
    windowMs: 10_000,
  },
  {
    name: "a container that has started again is not compared with the one before",
    looks: [point(100_000, 5, { startMs: 0 }), point(110_000, 0.5, { startMs: 108_000 })],
    nanoCores: undefined,
  },
];

for (const { name, looks, nanoCores, windowMs } of situations)
  test(`points: ${name}`, () => {
    const usage = usedBy(...looks.map((each) => batch(each)));
    assert.deepEqual([usage?.cpuNanoCores, usage?.windowMs], [nanoCores, windowMs]);
  });

test("what the newest look does not show has no usage", () => {
  const seen = nextPoints(noPoints, batch(point(1000, 1), point(1000, 1)), fresh);
  const gone = nextPoints(seen, { nodes: new Map(), pods: new Map() }, fresh);
  assert.deepEqual([gone.nodes.size, gone.pods.size], [0, 0]);
});

test("samples: values with their time, and pods that were measured whole", () => {
  const text = [
    "# HELP container_cpu_usage_seconds_total help",
    'container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 2.5 10000',
    'container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 4096 10000',
    'container_start_time_seconds{container="main",namespace="default",pod="web"} 1.5',
    'container_cpu_usage_seconds_total{container="a\\"b",namespace="default",pod="half"} 1 10000',
    'container_memory_working_set_bytes{container="a\\"b",namespace="default",pod="half"} 4096 10000',
    'container_cpu_usage_seconds_total{container="zero",namespace="default",pod="half"} 0 10000',
    'container_memory_working_set_bytes{container="zero",namespace="default",pod="half"} 4096 10000',
    "node_cpu_usage_seconds_total 12",
    "node_memory_working_set_bytes 1e9",
    "unknown_total NaN",
    "__proto__ 1",
  ].join("\n");
  const { node, pods } = samplesOf(text, 99_000);
  assert.deepEqual(node, { atMs: 99_000, cpuSeconds: 12, memoryBytes: 1e9 });
  assert.deepEqual([...pods.keys()], ["default/web"]);
  assert.deepEqual(pods.get("default/web")?.get("main"), { atMs: 10_000, cpuSeconds: 2.5, memoryBytes: 4096, startMs: 1500 });
});
