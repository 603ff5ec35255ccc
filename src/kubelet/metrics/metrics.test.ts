import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { metricsText } from "#serve/mod.ts";
import { fakeRuntime } from "../runtime/fake-runtime.ts";
import type { SeenPod } from "../runtime/seen.ts";
import { aPod } from "../testing/fake-api.ts";
import { cadvisorMetrics, meter, Sandboxes } from "./cadvisor.ts";
import { countedRuntime } from "./counted-runtime.ts";
import { Counting, Durations, growing } from "./counting.ts";
import { detailOf } from "./group-detail.ts";
import { interfacesIn } from "./interfaces.ts";
import { NodeMetrics } from "./node-metrics.ts";

test("a histogram counts up to each bound, and tells sum and count", () => {
  const durations = new Durations("d", "How long.", [0.1, 1]);
  durations.add({ of: "a" }, 50);
  durations.add({ of: "a" }, 500);
  durations.add({ of: "a" }, 5000);
  assert.equal(
    metricsText([durations.metric()]),
    [
      "# HELP d How long.",
      "# TYPE d histogram",
      'd_bucket{of="a",le="0.1"} 1',
      'd_bucket{of="a",le="1"} 2',
      'd_bucket{of="a",le="+Inf"} 3',
      'd_sum{of="a"} 5.55',
      'd_count{of="a"} 3',
      "",
    ].join("\n"),
  );
  assert.deepEqual(growing(0.005, 2.5, 3), [0.005, 0.0125, 0.03125]);
});

test("a counter forgets what is gone", () => {
  const counting = new Counting("c", "How many.");
  counting.add({ pod: "a" });
  counting.add({ pod: "b" }, 2);
  counting.forget(({ pod }) => pod === "a");
  assert.deepEqual(counting.metric().samples, [{ labels: { pod: "b" }, value: 2 }]);
});

test("operations of the runtime are counted and timed, errors too, under upstream's names", async () => {
  const clock = new VirtualClock();
  const runtime = fakeRuntime({ clock });
  const metrics = new NodeMetrics();
  const counted = countedRuntime(runtime, clock, metrics);
  await counted.listImages();
  runtime.fail("version", new Error("away"));
  await assert.rejects(counted.version());
  const text = metricsText(metrics.own());
  assert.match(text, /^kubelet_runtime_operations_total\{operation_type="list_images"\} 1$/m);
  assert.match(text, /^kubelet_runtime_operations_errors_total\{operation_type="version"\} 1$/m);
  assert.match(text, /^kubelet_runtime_operations_duration_seconds_count\{operation_type="version"\} 1$/m);
  runtime.close();
});

const net = [
  "Inter-|   Receive                                                |  Transmit",
  " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed",
  "    lo:    9    9    0    0    0     0          0         0        9       9    0    0    0     0       0          0",
  "  eth0: 1000   10    1    2    0     0          0         0      500       5    3    4    0     0       0          0",
].join("\n");

test("interfaces are read without the loopback", () => {
  assert.deepEqual(interfacesIn(net), [
    {
      name: "eth0",
      received: { bytes: 1000, packets: 10, errors: 1, dropped: 2 },
      sent: { bytes: 500, packets: 5, errors: 3, dropped: 4 },
    },
  ]);
});

const v1 = {
  "cpuacct.usage": "2500000000\n",
  "cpuacct.stat": "user 100\nsystem 50\n",
  "cpu.stat": "nr_periods 10\nnr_throttled 2\nthrottled_time 3000000000\n",
  "cpu.shares": "102\n",
  "cpu.cfs_period_us": "100000\n",
  "cpu.cfs_quota_us": "20000\n",
  "memory.usage_in_bytes": "1000\n",
  "memory.max_usage_in_bytes": "1500\n",
  "memory.failcnt": "7\n",
  "memory.limit_in_bytes": "9223372036854771712\n",
  "memory.stat":
    "total_cache 5\ntotal_rss 900\ntotal_mapped_file 3\ntotal_swap 4\ntotal_active_file 6\ntotal_inactive_file 300\ntotal_pgfault 8\ntotal_pgmajfault 2\n",
  "pids.current": "3\n",
};

test("v1 and v2 tell the same in the same words", () => {
  const one = detailOf(1, v1);
  assert.deepEqual(one.cpu, { total: 2.5, user: 1, system: 0.5, periods: 10, throttledPeriods: 2, throttled: 3 });
  assert.deepEqual(one.limits, { periodUs: 100_000, quotaUs: 20_000, shares: 102, memoryBytes: 0 });
  assert.deepEqual([one.memory.workingSet, one.memory.most, one.memory.failures, one.threads], [700, 1500, 7, 3]);
  const two = detailOf(2, {
    "cpu.stat": "usage_usec 2500000\nuser_usec 1000000\nsystem_usec 500000\nnr_periods 10\nnr_throttled 2\nthrottled_usec 3000000\n",
    "cpu.weight": "4\n",
    "cpu.max": "20000 100000\n",
    "memory.current": "1000\n",
    "memory.peak": "1500\n",
    "memory.max": "max\n",
    "memory.events": "low 0\nhigh 0\nmax 7\noom 0\n",
    "memory.swap.current": "4\n",
    "memory.stat": "anon 900\nfile 5\nfile_mapped 3\nactive_file 6\ninactive_file 300\npgfault 8\npgmajfault 2\n",
    "pids.current": "3\n",
  });
  assert.deepEqual(two.cpu, one.cpu);
  assert.deepEqual(two.memory, one.memory);
  assert.deepEqual({ ...two.limits, shares: 0 }, { ...one.limits, shares: 0 });
  assert.equal(detailOf(2, { "cpu.max": "max 100000" }).limits.quotaUs, undefined);
});

test("pods and their running containers are metered by their groups, under the labels of dashboards", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "meter-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const group = "/node/kubepods/besteffort/poduid-p";
  for (const path of [group, `${group}/id`]) {
    mkdirSync(join(folder, path), { recursive: true });
    for (const [file, text] of Object.entries(v1)) writeFileSync(join(folder, path, file), text);
  }
  const trees = { version: 1 as const, cpu: folder, cpuacct: folder, memory: folder, pids: folder };
  const seen = {
    sandboxes: [{ id: "s", ready: true }],
    containers: [
      { id: "id", name: "main", image: "busybox:1.36", state: "running", startedAt: 1000 },
      { id: "old", name: "main", image: "busybox:1.36", state: "exited", startedAt: 500 },
    ],
  } as unknown as SeenPod;
  let asked = 0;
  const sandboxes = new Sandboxes({
    sandboxPid: async () => {
      asked++;
      return process.pid;
    },
  });
  const source = {
    trees,
    root: "/node",
    pods: () => [aPod({ status: { qosClass: "BestEffort" } })],
    seen: () => seen,
    runtime: {} as never,
  };
  await meter(source, sandboxes);
  const all = await meter(source, sandboxes);
  assert.equal(asked, 1, "a sandbox's process is asked for once");
  const text = metricsText(cadvisorMetrics(all, 5000, { bootId: "b", machineId: "m", cores: 2, memoryBytes: 10 }));
  const labels = `container="main",id="${group}/id",image="busybox:1.36",name="id",namespace="default",pod="p"`;
  assert.ok(text.includes(`container_cpu_usage_seconds_total{${labels},cpu="total"} 2.5 5000\n`));
  assert.ok(text.includes(`container_memory_working_set_bytes{${labels}} 700 5000\n`));
  assert.ok(text.includes(`container_cpu_cfs_throttled_periods_total{${labels}} 2 5000\n`));
  assert.ok(text.includes(`container_memory_failures_total{${labels},failure_type="pgmajfault",scope="hierarchy"} 2 5000\n`));
  assert.ok(text.includes(`container_start_time_seconds{${labels}} 1 5000\n`));
  assert.ok(text.includes('machine_cpu_cores{boot_id="b",machine_id="m",system_uuid="m"} 2\n'));
  assert.ok(!text.includes('name="old"'));
});
