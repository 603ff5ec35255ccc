import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { nodes, type Pod, pods } from "#api/mod.ts";
import { changePodCgroup } from "../resources/pod-cgroup.ts";
import { aPod } from "../testing/fake-api.ts";
import { startTestKubelet, type TestKubelet } from "../testing/kubelet.ts";
import { allocate, allocatedPod, isPending, type Resources, readAllocation, sameAmounts, writeAllocation } from "./allocation.ts";
import { resizeMessage, resizeOf } from "./plan-resize.ts";

const both = (cpu: string, memory: string): Resources => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const main = (resources: Resources, more: object = {}) => ({
  name: "main",
  image: "busybox:1.36",
  imagePullPolicy: "IfNotPresent",
  command: ["sleep", "1000"],
  resources,
  ...more,
});
const sized = (resources: Resources, more: object = {}, spec: object = {}) =>
  aPod({ spec: { containers: [main(resources, more)], ...spec } as never });

test("amounts are the same however they are written", () => {
  assert.ok(sameAmounts({ requests: { cpu: "1" } }, { requests: { cpu: "1000m" }, limits: {} }, undefined));
  assert.ok(!sameAmounts({ requests: { cpu: "1" } }, { requests: { cpu: "1" }, limits: { cpu: "1" } }, undefined));
  assert.ok(sameAmounts({ requests: { cpu: "1", x: "1" } }, { requests: { cpu: "1" } }, ["cpu", "memory"]));
});

test("a pod that asks for other amounts is, until it gets them, the pod that was taken", () => {
  const taken = sized(both("100m", "10Mi"));
  const allocation = allocate(taken);
  assert.equal(allocatedPod(taken, allocation), taken);
  const wanted = sized(both("200m", "10Mi"));
  assert.ok(isPending(wanted, allocation));
  assert.deepEqual(allocatedPod(wanted, allocation).spec?.containers?.[0]?.resources, both("100m", "10Mi"));
  const whole = aPod({ spec: { resources: both("1", "1Gi") } as never });
  assert.equal(allocatedPod(whole, allocation).spec?.resources, undefined);
});

for (const [name, policies, actual, wanted] of [
  ["nothing has changed", [], both("100m", "10Mi"), "keep"],
  ["it is not known what it has", [], undefined, "keep"],
  ["by nature it goes on running", [], both("50m", "10Mi"), "update"],
  [
    "memory asks for a new start, and CPU has changed",
    [{ resourceName: "memory", restartPolicy: "RestartContainer" }],
    both("50m", "10Mi"),
    "update",
  ],
  [
    "memory asks for a new start, and has changed",
    [{ resourceName: "memory", restartPolicy: "RestartContainer" }],
    both("100m", "5Mi"),
    "restart",
  ],
] as const)
  test(`a running container: ${name}`, () => {
    const container = main(both("100m", "10Mi"), { resizePolicy: [...policies] });
    assert.equal(resizeOf(container as never, actual), wanted);
  });

test("what was given is written down, and survives", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "allocation-"));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(await readAllocation(folder), undefined);
  const allocation = { ...allocate(sized(both("1", "1Gi"))), actual: { id: both("1", "1Gi") } };
  await writeAllocation(folder, allocation);
  assert.deepEqual(await readAllocation(folder), allocation);
});

test("an event tells all amounts, as upstream writes them", () => {
  assert.equal(
    resizeMessage(sized({ requests: { cpu: "1" } }), 2, "error", "why"),
    'Pod resize error: {"containers":[{"name":"main","resources":{"requests":{"cpu":"1"}}}],"generation":2,"error":"why"}',
  );
});

test("a group grows before its containers do, and shrinks after them", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "groups-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const trees = { version: 1 as const, cpu: join(folder, "cpu"), cpuacct: join(folder, "cpuacct"), memory: join(folder, "memory") };
  const pod = sized(both("200m", "10Mi"));
  const at = (tree: string, file: string) => join(tree, "kubepods", "poduid-p", file);
  const files: [string, string, string][] = [
    [trees.cpu, "cpu.shares", "102\n"],
    [trees.cpu, "cpu.cfs_period_us", "100000\n"],
    [trees.cpu, "cpu.cfs_quota_us", "10000\n"],
    [trees.memory, "memory.limit_in_bytes", "20971520\n"],
    [trees.memory, "memory.usage_in_bytes", "4096\n"],
    [trees.memory, "memory.stat", "\n"],
    [trees.cpuacct, "cpuacct.usage", "1\n"],
  ];
  for (const [tree, file, text] of files) {
    mkdirSync(join(at(tree, file), ".."), { recursive: true });
    writeFileSync(at(tree, file), text);
  }
  const read = () =>
    [at(trees.cpu, "cpu.cfs_quota_us"), at(trees.memory, "memory.limit_in_bytes")].map((file) => readFileSync(file, "utf8").trim());
  const guaranteed = { ...pod, status: { ...pod.status, qosClass: "Guaranteed" } } as Pod;
  const change = await changePodCgroup(guaranteed, trees, "/");
  assert.deepEqual(change.shrinksTo, { limitBytes: 10 * 1024 ** 2, usedBytes: 4096 });
  await change.grow();
  assert.deepEqual(read(), ["20000", "20971520"]);
  await change.shrink();
  assert.deepEqual(read(), ["20000", "10485760"]);
});

const running = ({ pod }: TestKubelet) => pod().status?.containerStatuses?.[0]?.state?.running !== undefined;
const condition = ({ pod }: TestKubelet, type: string) => pod().status?.conditions?.find((each) => each.type === type);

function ask(kubelet: TestKubelet, resources: Resources): void {
  const now = kubelet.pod();
  const generation = (now.metadata.generation ?? 1) + 1;
  const containers = now.spec!.containers!.map((container) => ({ ...container, resources }));
  kubelet.api.put(pods, { ...now, metadata: { ...now.metadata, generation }, spec: { ...now.spec, containers } });
}

async function started(t: TestContext, pod: Pod, usageBytes = 1024): Promise<TestKubelet> {
  const kubelet = await startTestKubelet(t, { pods: [pod], runtime: { usageBytes } });
  await kubelet.until(() => running(kubelet));
  return kubelet;
}

const updates = ({ runtime }: TestKubelet) => runtime.calls.filter((call) => /^(updateContainer|stopContainer)/.test(call));
const told = ({ api }: TestKubelet) =>
  api
    .told()
    .filter((line) => line.includes("Resize"))
    .map((line) => line.split(" ")[1]);

test("a running container gets other amounts where it runs, and all of it is told", async (t) => {
  const kubelet = await started(t, sized(both("100m", "10Mi")));
  ask(kubelet, both("200m", "8Mi"));
  await kubelet.until(() => told(kubelet).includes("ResizeCompleted"));
  assert.deepEqual(updates(kubelet), ["updateContainer main"]);
  const { status } = kubelet.pod();
  const [container] = status!.containerStatuses!;
  assert.deepEqual([container!.resources, container!.allocatedResources], [both("200m", "8Mi"), { cpu: "200m", memory: "8Mi" }]);
  assert.deepEqual([container!.restartCount, status!.observedGeneration], [0, 2]);
  assert.equal(condition(kubelet, "PodResizeInProgress"), undefined);
  assert.deepEqual(told(kubelet), ["ResizeStarted", "ResizeCompleted"]);
  const id = container!.containerID!.replace("containerd://", "");
  assert.deepEqual((kubelet.runtime.config(id).linux as { resources: object }).resources, {
    cpuShares: 204,
    cpuPeriod: 100_000,
    cpuQuota: 20_000,
    memoryLimitInBytes: 8 * 1024 ** 2,
    oomScoreAdj: -997,
  });
});

test("where the policy asks for it, the container starts anew with them, at once and uncounted as a crash", async (t) => {
  const policy = { resizePolicy: [{ resourceName: "memory", restartPolicy: "RestartContainer" }] };
  const kubelet = await started(t, sized(both("100m", "10Mi"), policy));
  ask(kubelet, both("100m", "20Mi"));
  await kubelet.until(() => kubelet.pod().status?.containerStatuses?.[0]?.restartCount === 1 && running(kubelet), 60_000);
  await kubelet.until(() => told(kubelet).includes("ResizeCompleted"));
  assert.ok(kubelet.api.told().includes("Normal Killing Container main resize requires restart"));
  assert.deepEqual(kubelet.pod().status?.containerStatuses?.[0]?.resources, both("100m", "20Mi"));
});

test("what the node has not got waits, is told, and is given when there is room", async (t) => {
  const kubelet = await started(t, sized(both("100m", "10Mi")));
  kubelet.api.put(pods, aPod({ name: "big", spec: { containers: [main({ requests: { cpu: "700m" } })] as never } }));
  await kubelet.until(() => kubelet.pod("big").status?.phase === "Running");
  const cpus = Number(
    (kubelet.api.get(nodes, { name: "node-1" }) as never as { status: { capacity: { cpu: string } } }).status.capacity.cpu,
  );
  ask(kubelet, { requests: { cpu: `${cpus * 1000 - 500}m` } });
  await kubelet.until(() => condition(kubelet, "PodResizePending") !== undefined);
  const pending = condition(kubelet, "PodResizePending")!;
  assert.equal(pending.reason, "Deferred");
  assert.match(pending.message!, /^Node didn't have enough resource: cpu, requested: \d+, used: 700, capacity: \d+$/);
  assert.deepEqual(kubelet.pod().status?.containerStatuses?.[0]?.resources, both("100m", "10Mi"));
  const big = kubelet.pod("big");
  kubelet.api.put(pods, {
    ...big,
    metadata: { ...big.metadata, deletionTimestamp: "1970-01-01T00:00:30Z", deletionGracePeriodSeconds: 1 },
  });
  await kubelet.until(() => condition(kubelet, "PodResizePending") === undefined, 20_000);
  await kubelet.until(() => told(kubelet).at(-1) === "ResizeCompleted");
  assert.deepEqual(told(kubelet), ["ResizeDeferred", "ResizeStarted", "ResizeCompleted"]);
});

test("a limit below what is in use is refused, and tried again; a wish that is taken back ends it", async (t) => {
  const kubelet = await started(t, sized(both("100m", "10Mi")), 9 * 1024 ** 2);
  ask(kubelet, both("100m", "8Mi"));
  await kubelet.until(() => condition(kubelet, "PodResizeInProgress")?.reason === "Error");
  const message = 'cannot decrease memory limits: attempting to set container "main" memory limit (8388608) below current usage (9437184)';
  assert.equal(condition(kubelet, "PodResizeInProgress")?.message, message);
  assert.deepEqual(updates(kubelet), []);
  ask(kubelet, both("100m", "10Mi"));
  await kubelet.until(() => condition(kubelet, "PodResizeInProgress") === undefined);
});

test("a kubelet that starts anew goes on where the one before was", async (t) => {
  const first = await started(t, sized(both("100m", "10Mi")));
  await first.pass(1000);
  await first.close();
  ask(first, both("200m", "10Mi"));
  const second = await startTestKubelet(t, { api: first.api, adopt: first });
  await second.until(() => told(second).includes("ResizeCompleted"));
  assert.deepEqual(updates(second), ["updateContainer main"]);
});
