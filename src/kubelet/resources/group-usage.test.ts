import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { groupUsage, usageOf } from "./group-usage.ts";

const stat1 = "cache 5\ninactive_file 1\ntotal_rss 900\ntotal_pgfault 7\ntotal_pgmajfault 2\ntotal_inactive_file 300\n";
const stat2 = "anon 800\nfile 5\ninactive_file 250\npgfault 9\npgmajfault 3\n";

test("v1 tells CPU in nanoseconds and counts a group with all below it", () => {
  assert.deepEqual(usageOf(1, { cpu: "1500000000\n", usage: "1000\n", stat: stat1 }), {
    cpuNanos: 1_500_000_000,
    memory: { usageBytes: 1000, workingSetBytes: 700, rssBytes: 900, pageFaults: 7, majorPageFaults: 2 },
  });
});

test("v2 tells CPU in microseconds; its root has no usage of its own, so the machine's counts", () => {
  const cpu = "usage_usec 1500000\nuser_usec 1\nsystem_usec 2\n";
  const memory = { usageBytes: 1000, workingSetBytes: 750, rssBytes: 800, pageFaults: 9, majorPageFaults: 3 };
  assert.deepEqual(usageOf(2, { cpu, usage: "1000\n", stat: stat2 }), { cpuNanos: 1_500_000_000, memory });
  const root = usageOf(2, { cpu, stat: stat2 }, { total: 5000, free: 1000 });
  assert.equal(root.memory.workingSetBytes, 3750);
});

test("more inactive files than usage is a working set of nothing, not less", () => {
  assert.equal(usageOf(1, { cpu: "1", usage: "100", stat: stat1 }).memory.workingSetBytes, 0);
});

test("a group is read where its controllers are mounted; one that is gone has no usage", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "groups-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const trees = { version: 1 as const, cpuacct: join(folder, "cpuacct"), memory: join(folder, "memory") };
  for (const tree of [trees.cpuacct, trees.memory]) mkdirSync(join(tree, "pod"), { recursive: true });
  writeFileSync(join(trees.cpuacct, "pod", "cpuacct.usage"), "12\n");
  writeFileSync(join(trees.memory, "pod", "memory.usage_in_bytes"), "1000\n");
  writeFileSync(join(trees.memory, "pod", "memory.stat"), stat1);
  assert.equal((await groupUsage(trees, "/pod"))?.cpuNanos, 12);
  assert.equal(await groupUsage(trees, "/gone"), undefined);
  assert.equal(await groupUsage(undefined, "/pod"), undefined);
});
