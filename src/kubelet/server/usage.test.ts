import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { metricsText } from "#serve/mod.ts";
import type { ContainerStatsMessage } from "../runtime/runtime.ts";
import type { SeenPod } from "../runtime/seen.ts";
import { aPod } from "../testing/fake-api.ts";
import { resourceMetrics } from "./metrics.ts";
import type { Measured } from "./storage-usage.ts";
import { summaryOf } from "./summary.ts";
import { rateOf, UsageReader } from "./usage.ts";

const stats = (id: string, cpu: number, atMs: number, memory = 5000): ContainerStatsMessage => ({
  attributes: { id, metadata: { name: "main" }, labels: { "io.kubernetes.pod.uid": "uid-p", "io.kubernetes.container.name": "main" } },
  cpu: { timestamp: atMs * 1e6, usageCoreNanoSeconds: { value: cpu } },
  memory: { timestamp: atMs * 1e6, workingSetBytes: { value: memory } },
});

function reader(of: () => ContainerStatsMessage[]) {
  const clock = new VirtualClock();
  const container = (id: string, state: string) => ({ id, name: "main", state, startedAt: 1000 });
  const seen = { containers: [container("now", "running"), container("before", "exited")] } as unknown as SeenPod;
  return new UsageReader({ runtime: { containerStats: async () => of() }, pods: () => [aPod()], seen: () => seen, clock });
}

test("a rate needs two readings a second apart, and a counter that starts again has none", () => {
  assert.equal(rateOf(undefined, { atMs: 10, cpuNanos: 5 }), undefined);
  assert.equal(rateOf({ atMs: 0, cpuNanos: 0 }, { atMs: 2000, cpuNanos: 1e9 }), 5e8);
  assert.equal(rateOf({ atMs: 0, cpuNanos: 0, nanoCores: 7 }, { atMs: 999, cpuNanos: 1e9 }), 7);
  assert.equal(rateOf({ atMs: 0, cpuNanos: 9 }, { atMs: 2000, cpuNanos: 8 }), undefined);
});

test("only the container that runs is counted; what has ended or has no numbers is not", async () => {
  let all = [stats("now", 2e9, 10_000), stats("before", 9e9, 10_000), { ...stats("now", 1, 1), cpu: undefined }];
  const usage = reader(() => all);
  const [pod] = (await usage.read()).pods;
  assert.deepEqual(
    pod?.containers.map(({ name, cpuNanos, startMs, nanoCores }) => ({ name, cpuNanos, startMs, nanoCores })),
    [{ name: "main", cpuNanos: 2e9, startMs: 1000, nanoCores: undefined }],
  );
  all = [stats("now", 7e9, 20_000)];
  assert.equal((await usage.read()).pods[0]?.containers[0]?.nanoCores, 5e8);
  // Two readers that ask at once see one rate.
  all = [stats("now", 7.1e9, 20_500)];
  assert.equal((await usage.read()).pods[0]?.containers[0]?.nanoCores, 5e8);
});

test("metrics carry the time of the measurement; a pod without a group of its own is the sum of its containers", async () => {
  const text = metricsText(resourceMetrics(await reader(() => [stats("now", 2.5e9, 10_000)]).read()));
  for (const line of [
    'container_cpu_usage_seconds_total{container="main",namespace="default",pod="p"} 2.5 10000',
    'container_memory_working_set_bytes{container="main",namespace="default",pod="p"} 5000 10000',
    'container_start_time_seconds{container="main",namespace="default",pod="p"} 1 10000',
    'pod_cpu_usage_seconds_total{namespace="default",pod="p"} 2.5 10000',
    "resource_scrape_error 0",
  ])
    assert.ok(text.split("\n").includes(line), `${line} is not in\n${text}`);
});

test("the summary tells what is left below a container's limit", async () => {
  const pod = aPod();
  const limited = { ...pod, spec: { ...pod.spec!, containers: [{ name: "main", image: "x", resources: { limits: { memory: "8k" } } }] } };
  const reading = await reader(() => [stats("now", 2e9, 10_000)]).read();
  const told = summaryOf({ ...reading, pods: reading.pods.map((each) => ({ ...each, pod: limited })) }, { nodeName: "n", memoryBytes: 1 });
  const { pods } = told as { pods: { containers: { memory: { availableBytes: number; workingSetBytes: number } }[] }[] };
  const { availableBytes, workingSetBytes } = pods[0]!.containers[0]!.memory;
  assert.deepEqual([availableBytes, workingSetBytes], [3000, 5000]);
});

test("the summary tells file systems, networks, process numbers and what pods have on disk", async () => {
  const usage = reader(() => [stats("now", 2e9, 10_000)]);
  const disk = { device: 1, bytes: { available: 70, capacity: 100 }, inodes: { available: 7, capacity: 10 } };
  const pod = aPod({
    spec: {
      volumes: [
        { name: "c", persistentVolumeClaim: { claimName: "data" } },
        { name: "m", emptyDir: { medium: "Memory" } },
        { name: "s", secret: { secretName: "s" } },
        { name: "hung", emptyDir: {} },
        { name: "d", emptyDir: {} },
      ],
    },
  });
  const storage = (factor: number): Measured["bytes"] => ({
    volumes: new Map([
      ["d", factor],
      ["m", 100 * factor],
    ]),
    logs: new Map([["main", 2 * factor]]),
    layers: new Map([["main", 3 * factor]]),
  });
  const claim = { name: "data", namespace: "default" };
  const fill = { availableBytes: 5, capacityBytes: 6, usedBytes: 1, inodesFree: 2, inodes: 3, inodesUsed: 1 };
  const counts = { bytes: 1, packets: 2, errors: 3, dropped: 4 };
  const reading = await usage.read();
  const told = summaryOf(
    { ...reading, pods: reading.pods.map((each) => ({ ...each, pod })) },
    {
      nodeName: "n",
      memoryBytes: 1000,
      more: {
        atMs: 0,
        disks: { node: disk, images: undefined },
        pids: { available: 90, capacity: 100 },
        ofNode: [{ name: "eth0", received: counts, sent: counts }],
        ofPods: new Map([["uid-p", [{ name: "eth0", received: counts, sent: counts }]]]),
        storage: new Map([["uid-p", { value: { bytes: storage(1), inodes: storage(10) }, atMs: 0 }]]),
        volumes: new Map([
          ["uid-p", { value: [...["s", "d", "m"].map((volume) => ({ volume, fill })), { volume: "c", claim, fill }], atMs: 0 }],
        ]),
        podsGroup: undefined,
      },
    },
  ) as { node: Record<string, object>; pods: Record<string, unknown>[] };
  const time = "1970-01-01T00:00:00Z";
  const eth0 = { name: "eth0", rxBytes: 1, rxErrors: 3, txBytes: 1, txErrors: 3 };
  assert.deepEqual(told.node.network, { time, ...eth0, interfaces: [eth0] });
  const space = { time, availableBytes: 70, capacityBytes: 100, inodesFree: 7, inodes: 10 };
  assert.deepEqual(told.node.fs, { ...space, usedBytes: 30, inodesUsed: 3 });
  assert.deepEqual(told.node.rlimit, { time, maxpid: 100, curproc: 10 });
  const [found] = told.pods;
  // On the disk first; what has no numbers is left out.
  assert.deepEqual(found?.volume, [
    { time, ...fill, usedBytes: 1, inodesUsed: 10, name: "d" },
    { time, ...fill, name: "c", pvcRef: claim },
    { time, ...fill, usedBytes: 100, inodesUsed: 1000, name: "m" },
    { time, ...fill, name: "s" },
  ]);
  assert.deepEqual(found?.["ephemeral-storage"], { ...space, usedBytes: 6, inodesUsed: 60 });
  const [container] = found!.containers as Record<string, object>[];
  assert.deepEqual(container?.rootfs, { ...space, usedBytes: 3, inodesUsed: 30 });
  assert.deepEqual(container?.logs, { ...space, usedBytes: 2, inodesUsed: 20 });
});
