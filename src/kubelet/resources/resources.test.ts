import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { aPod } from "../testing/fake-api.ts";
import { classShares, makePodCgroup, podCgroupFiles, weightOf, writeClassShares } from "./pod-cgroup.ts";
import { cgroupParent, linuxResources, qosOf } from "./resources.ts";
import { podTotals } from "./totals.ts";

const c = (requests: object, limits: object = {}, fields: object = {}) => ({ name: "c", resources: { requests, limits }, ...fields });
const pod = (containers: object[], spec: object = {}) => aPod({ spec: { containers: containers as never, ...spec } });
const trees = { version: 1 as const, cpu: "/cpu", memory: "/memory" };
const files = (of: ReturnType<typeof pod>, version: 1 | 2 = 1) =>
  podCgroupFiles(of, { ...trees, version }).map(({ file, value }) => `${file}=${value}`);

test("what a pod asks for as a whole: the sum, or its largest beginning, or its own words", () => {
  assert.deepEqual(podTotals(pod([c({ cpu: "1", memory: "1Ki" }), c({ cpu: "500m" })]), "requests"), { cpu: 1500, memory: 1024 });
  const sidecar = c({ cpu: "100m" }, {}, { name: "s", restartPolicy: "Always" });
  assert.deepEqual(podTotals(pod([c({ cpu: "1" })], { initContainers: [sidecar, c({ cpu: "3" })] }), "requests"), { cpu: 3100 });
  assert.deepEqual(podTotals(pod([c({ cpu: "1" })], { initContainers: [c({ cpu: "3" }), sidecar] }), "requests"), { cpu: 3000 });
  assert.deepEqual(podTotals(pod([c({ cpu: "1" })], { initContainers: [sidecar] }), "requests"), { cpu: 1100 });
  assert.deepEqual(
    podTotals(pod([c({ cpu: "1", memory: "1" })], { resources: { requests: { cpu: "2" } }, overhead: { cpu: "250m" } }), "requests"),
    { cpu: 2250, memory: 1 },
  );
  assert.deepEqual(podTotals(pod([c({})], { overhead: { cpu: "250m" } }), "limits"), {});
});

test("a pod's own group: limited where all of it is", () => {
  const half = pod([c({ cpu: "500m" }, { cpu: "1", memory: "64Mi" }), c({ cpu: "500m" }, { cpu: "1" })]);
  assert.deepEqual(files(half), ["cpu.shares=1024", "cpu.cfs_period_us=100000", "cpu.cfs_quota_us=200000"]);
  const whole = pod([c({}), c({})], { resources: { limits: { memory: "64Mi", cpu: "500m" }, requests: { memory: "64Mi", cpu: "500m" } } });
  const limited = { ...whole, status: { qosClass: "Guaranteed" } };
  assert.deepEqual(files(limited), [
    "cpu.shares=512",
    "cpu.cfs_period_us=100000",
    "cpu.cfs_quota_us=50000",
    "memory.limit_in_bytes=67108864",
  ]);
  assert.deepEqual(files(limited, 2), ["cpu.weight=20", "cpu.max=50000 100000", "memory.max=67108864"]);
  assert.deepEqual(files(pod([c({})])), ["cpu.shares=2"]);
  assert.deepEqual([weightOf(2), weightOf(1024), weightOf(262_144)], [1, 39, 10_000]);
  assert.deepEqual(classShares([half, pod([c({})])]), { burstable: 1024, besteffort: 2 });
});

test("the group is made in each tree before its limits are written", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cgroup-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const of = pod([c({ cpu: "1" }, { memory: "1Mi" })]);
  await makePodCgroup(of, { version: 1, cpu: join(folder, "cpu"), memory: join(folder, "memory") }, "/root");
  const path = cgroupParent("/root", of);
  assert.equal(readFileSync(join(folder, "cpu", path, "cpu.shares"), "utf8"), "1024");
  assert.equal(readFileSync(join(folder, "memory", path, "memory.limit_in_bytes"), "utf8"), "1048576");
  const unified = join(folder, "unified");
  mkdirSync(join(unified, "root"), { recursive: true });
  await makePodCgroup(of, { version: 2, cpu: unified, memory: unified }, "/root");
  assert.equal(readFileSync(join(unified, path, "memory.max"), "utf8"), "1048576");
  for (const at of ["root", "root/kubepods", "root/kubepods/burstable"])
    assert.ok(existsSync(join(unified, at, "cgroup.subtree_control")), at);
  await makePodCgroup(of, undefined, "/root");
  const shares = join(folder, "cpu/root/kubepods/burstable/cpu.shares");
  writeFileSync(shares, "0");
  await writeClassShares([of], { version: 1, cpu: join(folder, "cpu") }, "/root");
  assert.equal(readFileSync(shares, "utf8"), "1024");
  await writeClassShares([of], undefined, "/root");
});

test("classes and scores", () => {
  assert.equal(qosOf(pod([c({})])), "BestEffort");
  assert.equal(qosOf(pod([c({ cpu: "1" })])), "Burstable");
  const guaranteed = pod([c({ cpu: "1", memory: "1Gi" }, { cpu: "1", memory: "1Gi" })]);
  assert.equal(qosOf(guaranteed), "Guaranteed");
  assert.equal(cgroupParent("/", guaranteed), "/kubepods/poduid-p");
  const score = (of: ReturnType<typeof pod>) => linuxResources(of, of.spec!.containers![0]!, 4 * 1024 ** 3).oomScoreAdj;
  assert.deepEqual([score(guaranteed), score(pod([c({})])), score(pod([c({ memory: "1Gi" })]))], [-997, 1000, 750]);
  assert.deepEqual(linuxResources(guaranteed, guaranteed.spec!.containers![0]!, 1), {
    cpuShares: 1024,
    cpuPeriod: 100_000,
    cpuQuota: 100_000,
    memoryLimitInBytes: 1024 ** 3,
    oomScoreAdj: -997,
  });
});
