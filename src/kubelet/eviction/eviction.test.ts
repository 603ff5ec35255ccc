import assert from "node:assert/strict";
import { test } from "node:test";
import { type Node, nodes, type Pod, pods } from "#api/mod.ts";
import { settingsOf } from "../configuration/settings.ts";
import { aPod } from "../testing/fake-api.ts";
import { startTestKubelet, type TestKubelet } from "../testing/kubelet.ts";
import { pressureRefusal } from "./evictions.ts";
import { calm, type JudgeState, judge, type Observation, type Observations } from "./judge.ts";
import { evictionMessage } from "./message.ts";
import type { Observed } from "./observe.ts";
import { isCritical, ranked, type Use } from "./rank.ts";
import { durationMs, type Signal, type Threshold, thresholdsOf } from "./thresholds.ts";
import { diskUse } from "./use.ts";

const usual = settingsOf(undefined);
const Mi = 1024 ** 2;
const Gi = 1024 ** 3;
const seen = (of: Partial<Record<Signal, [available: number, capacity: number]>>): Observations =>
  new Map(Object.entries(of).map(([signal, [available, capacity]]) => [signal as Signal, { available, capacity } as Observation]));

test("thresholds are read as KubeletConfiguration writes them; memory's holds for what pods may use, too", () => {
  const words = {
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "10%", "imagefs.available": "0%", "containerfs.available": "5%" },
    evictionSoft: { "memory.available": "1Gi", "pid.available": "10%" },
    evictionSoftGracePeriod: { "memory.available": "1m30s", "pid.available": "0" },
    evictionMinimumReclaim: { "nodefs.available": "500Mi", "memory.available": "1%" },
  };
  const minReclaim = { share: 0.01 };
  assert.deepEqual(thresholdsOf(words), [
    { signal: "memory.available", value: { units: 100 * Mi }, minReclaim },
    { signal: "nodefs.available", value: { share: 0.1 }, minReclaim: { units: 500 * Mi } },
    { signal: "memory.available", value: { units: Gi }, graceMs: 90_000, minReclaim },
    { signal: "pid.available", value: { share: 0.1 } },
    { signal: "allocatableMemory.available", value: { units: 100 * Mi }, minReclaim },
  ]);
});

for (const [words, why] of [
  [{ evictionHard: { "swap.available": "1" } }, /^unsupported eviction signal swap.available$/],
  [{ evictionHard: { "nodefs.available": "-5%" } }, /must be >= 0%: -5%$/],
  [{ evictionHard: { "nodefs.available": "101%" } }, /must be <= 100%: 101%$/],
  [{ evictionHard: { "nodefs.available": "0" } }, /^eviction threshold nodefs.available must be positive: 0$/],
  [{ evictionSoft: { "nodefs.available": "5%" } }, /^grace period must be specified for the soft eviction threshold nodefs.available$/],
  [{ evictionSoftGracePeriod: { "nodefs.available": "-5s" } }, /^invalid eviction grace period specified: -5s, must be a positive value$/],
  [{ evictionSoftGracePeriod: { "nodefs.available": "5" } }, /^time: invalid duration "5"$/],
  [{ evictionMinimumReclaim: { "nodefs.available": "0%" } }, /minimum reclaim nodefs.available must be positive: 0%$/],
  [{ evictionMinimumReclaim: { "nodefs.available": "-1" } }, /^negative eviction minimum reclaim specified for nodefs.available$/],
] as const)
  test(`thresholds are refused: ${JSON.stringify(words)}`, () => assert.throws(() => thresholdsOf(words), { message: why }));

test("durations are Go's", () => {
  assert.deepEqual(["0", "5m0s", "1.5h", "300ms", "-2s"].map(durationMs), [0, 300_000, 5_400_000, 300, -2000]);
});

const hard: Threshold = { signal: "memory.available", value: { units: 100 } };
const soft: Threshold = { signal: "nodefs.available", value: { share: 0.1 }, graceMs: 30_000, minReclaim: { units: 10 } };
const look = (before: JudgeState, nowMs: number, of: Parameters<typeof seen>[0]) =>
  judge(before, { thresholds: [soft, hard], observations: seen(of), nowMs, tellMs: 60_000 });

test("a hard threshold drives at once, a soft one after its grace; a pressure is told on for a while", () => {
  const first = look(calm, 0, { "memory.available": [99, 1000], "nodefs.available": [99, 1000] });
  assert.deepEqual([first.pressures, first.state.driving], [["MemoryPressure", "DiskPressure"], [hard]]);
  const later = look(first.state, 30_000, { "memory.available": [200, 1000], "nodefs.available": [99, 1000] });
  assert.deepEqual([later.pressures, later.state.driving], [["MemoryPressure", "DiskPressure"], [soft]]);
  const above = look(later.state, 60_000, { "memory.available": [200, 1000], "nodefs.available": [105, 1000] });
  assert.deepEqual(above.state.driving, [soft], "what must be reclaimed at least is not there yet");
  assert.deepEqual(above.pressures, ["DiskPressure"], "memory was short a minute ago");
  const calmer = look(above.state, 70_000, { "memory.available": [200, 1000], "nodefs.available": [110, 1000] });
  assert.deepEqual([calmer.pressures, calmer.state.driving], [["DiskPressure"], []]);
  const again = look(calmer.state, 80_000, { "nodefs.available": [99, 1000] });
  assert.deepEqual(again.state.driving, [], "the grace begins anew");
});

test("what nobody observes is not met; memory comes before disks", () => {
  assert.deepEqual(look(calm, 0, {}).state.driving, []);
  const none: Threshold = { signal: "nodefs.inodesFree", value: { units: 5 } };
  const both = judge(calm, {
    thresholds: [none, hard],
    observations: seen({ "memory.available": [1, 10], "nodefs.inodesFree": [1, 10] }),
    nowMs: 0,
    tellMs: 1,
  });
  assert.deepEqual(both.state.driving, [hard, none]);
});

const asking = (name: string, requests: object = {}, spec: object = {}) =>
  aPod({ name, spec: { containers: [{ name: "c", resources: { requests } }] as never, ...spec } });
const order = (pods: Pod[], starved: Parameters<typeof ranked>[1], uses: Record<string, Partial<Use>>) =>
  ranked(pods, starved, (pod) => {
    const use = uses[pod.metadata.name!];
    return use && { containers: new Map(), ...use };
  }).map((pod) => pod.metadata.name);

test("who exceeds its requests goes first, then who has the lower priority, then who exceeds them most", () => {
  const pods = [
    asking("within", { memory: "100Mi" }),
    asking("important", {}, { priority: 1000 }),
    asking("little", { memory: "10Mi" }),
    asking("much", { memory: "1Mi" }),
    asking("unknown", { memory: "10Gi" }, { priority: 2000 }),
  ];
  const uses = { within: 90, important: 500, little: 20, much: 15 };
  const memory = Object.fromEntries(Object.entries(uses).map(([name, size]) => [name, { memoryBytes: size * Mi }]));
  assert.deepEqual(order(pods, "memory", memory), ["unknown", "much", "little", "important", "within"]);
  const disk = { a: { diskBytes: 5 }, b: { diskBytes: 7 } };
  assert.deepEqual(order([asking("a"), asking("b")], "ephemeral-storage", disk), ["b", "a"]);
  const pids = { a: { pids: 5 }, b: { pids: 7 } };
  assert.deepEqual(order([asking("a"), asking("b", {}, { priority: 1 })], "pids", pids), ["a", "b"]);
});

test("what the node itself needs is critical: mirrored pods, and those of the highest priorities", () => {
  assert.ok(isCritical(asking("a", {}, { priority: 2_000_000_000 })));
  assert.ok(!isCritical(asking("a", {}, { priority: 1_000_000_000 })));
  assert.ok(isCritical(aPod({ metadata: { annotations: { "kubernetes.io/config.mirror": "x" } } })));
  assert.ok(isCritical(aPod({ metadata: { annotations: { "kubernetes.io/config.source": "file" } } })));
});

test("the message names threshold, what is left, and who used more than it asked for", () => {
  const use: Use = { memoryBytes: 30 * Mi, containers: new Map([["c", { memoryBytes: 30 * Mi }]]) };
  const observations = seen({ "memory.available": [50 * Mi, Gi] });
  const driving: Threshold[] = [{ signal: "memory.available", value: { units: 100 * Mi } }];
  assert.equal(
    evictionMessage(asking("a", { memory: "10Mi" }), "memory", { driving, observations, use }),
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. " +
      "Container c was using 30Mi, request is 10Mi, has larger consumption of memory. ",
  );
  assert.equal(evictionMessage(asking("a"), "pids", { driving, observations, use }), "The node was low on resource: pids. ");
});

test("of disks what counts depends on where images lie; memory is no disk", () => {
  const pod = aPod({
    spec: {
      volumes: [
        { name: "d", emptyDir: {} },
        { name: "m", emptyDir: { medium: "Memory" } },
      ],
    },
  });
  const storage = {
    volumes: new Map([
      ["d", 1],
      ["m", 1000],
    ]),
    logs: new Map([["main", 10]]),
    layers: new Map([["main", 100]]),
  };
  const use = (parts: Parameters<typeof diskUse>[2]) => diskUse(pod, storage, parts, "bytes").diskBytes;
  assert.equal(use({ layers: true, logs: true, volumes: true }), 111);
  assert.equal(use({ layers: false, logs: true, volumes: true }), 11);
  assert.equal(use({ layers: true, logs: false, volumes: false }), 100);
});

test("under pressure of memory alone only BestEffort pods are refused, under others all but critical ones", () => {
  const tolerant = { tolerations: [{ key: "node.kubernetes.io/memory-pressure", operator: "Exists" }] };
  const message = "The node had condition: [MemoryPressure]. ";
  assert.deepEqual(pressureRefusal(asking("a"), ["MemoryPressure"]), { reason: "Evicted", message });
  assert.equal(pressureRefusal(asking("a", { cpu: "1m" }), ["MemoryPressure"]), undefined);
  assert.equal(pressureRefusal(asking("a", {}, tolerant), ["MemoryPressure"]), undefined);
  const both = pressureRefusal(asking("a", { cpu: "1m" }), ["MemoryPressure", "DiskPressure"]);
  assert.equal(both?.message, "The node had condition: [MemoryPressure DiskPressure]. ");
  assert.equal(pressureRefusal(asking("a", {}, { priority: 2_000_001_000 }), ["DiskPressure"]), undefined);
  assert.equal(pressureRefusal(asking("a"), []), undefined);
});

const conditionOf = ({ api }: TestKubelet, type: string) =>
  (api.get(nodes, { name: "node-1" }) as Node | undefined)?.status?.conditions?.find((each) => each.type === type);

test("a node that is short of memory says so, evicts one pod at a time, refuses others, and recovers", async (t) => {
  let greedy = false;
  // What a pod used is free when it is gone, and not before.
  const left = () => (greedy && kubelet.pod("plain").status?.phase === "Running" ? 50 * Mi : 500 * Mi);
  const observe = async (): Promise<Observed> => ({ signals: seen({ "memory.available": [left(), 1000 * Mi] }), dedicatedImages: false });
  const both = [aPod({ name: "plain" }), aPod({ name: "dear", spec: { priority: 10 } })];
  const kubelet = await startTestKubelet(t, {
    pods: both,
    kubelet: { observe, settings: { ...usual, eviction: { ...usual.eviction, tellMs: 30_000 } } },
  });
  await kubelet.until(() => kubelet.pod("dear").status?.phase === "Running" && kubelet.pod("plain").status?.phase === "Running");
  greedy = true;
  await kubelet.until(() => kubelet.pod("plain").status?.phase === "Failed", 20_000);
  const { status } = kubelet.pod("plain");
  const message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ";
  assert.deepEqual([status?.reason, status?.message], ["Evicted", message]);
  const disrupted = status?.conditions?.find(({ type }) => type === "DisruptionTarget");
  assert.deepEqual([disrupted?.status, disrupted?.reason, disrupted?.message], ["True", "TerminationByKubelet", message]);
  assert.equal(kubelet.pod("dear").status?.phase, "Running");
  assert.equal(conditionOf(kubelet, "MemoryPressure")?.reason, "KubeletHasInsufficientMemory");
  const told = kubelet.api.told();
  assert.ok(told.includes("Warning EvictionThresholdMet Attempting to reclaim memory"));
  assert.ok(told.includes("Normal NodeHasInsufficientMemory Node node-1 status is now: NodeHasInsufficientMemory"));
  kubelet.api.put(pods, aPod({ name: "late" }));
  await kubelet.until(() => kubelet.pod("late").status?.phase === "Failed");
  assert.equal(kubelet.pod("late").status?.message, "Pod was rejected: The node had condition: [MemoryPressure]. ");
  await kubelet.pass(60_000);
  assert.equal(conditionOf(kubelet, "MemoryPressure")?.status, "False");
  assert.equal(kubelet.pod("dear").status?.phase, "Running");
});

test("short of disk, images that nobody uses go before any pod", async (t) => {
  let left = 100;
  const observe = async (): Promise<Observed> => ({ signals: seen({ "nodefs.available": [left, 1000] }), dedicatedImages: false });
  const images = ["docker.io/library/busybox:1.36", "docker.io/library/old:1"];
  const kubelet = await startTestKubelet(t, { pods: [aPod()], runtime: { images }, kubelet: { observe } });
  await kubelet.until(() => kubelet.pod().status?.phase === "Running");
  await kubelet.pass(120_000);
  const remove = kubelet.runtime.removeImage;
  kubelet.runtime.removeImage = async (id) => {
    await remove(id);
    left = 900;
  };
  left = 99;
  await kubelet.until(() => kubelet.runtime.calls.some((call) => call.startsWith("removeImage")), 20_000);
  await kubelet.pass(30_000);
  assert.deepEqual(
    kubelet.runtime.calls.filter((call) => call.startsWith("removeImage")),
    ["removeImage sha256:docker.io/library/old:1"],
  );
  assert.equal(kubelet.pod().status?.phase, "Running");
});
