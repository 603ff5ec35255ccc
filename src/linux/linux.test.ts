import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { detectCgroups, identify, isAlive, parseMounts, readPidFile, routeLine, run, startDetached, stopProcess, tryRun } from "./mod.ts";
import { isShared } from "./mounts.ts";

test("cgroup hierarchies are told apart", () => {
  const v1 = "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\ncgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n";
  const v2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n";
  assert.equal(detectCgroups(parseMounts(v2)).mode, "v2");
  assert.equal(detectCgroups(parseMounts(v1)).mode, "v1");
  const hybrid = detectCgroups(parseMounts(`${v1}cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n`));
  assert.equal(hybrid.mode, "hybrid");
  assert.equal(hybrid.controllers.cpuacct, "/sys/fs/cgroup/cpu,cpuacct");
  assert.equal(detectCgroups([]).mode, "none");
});

test("spaces in mount paths are read back", () => {
  assert.equal(parseMounts("none /a\\040b tmpfs rw 0 0")[0].target, "/a b");
});

test("a path is shared if the last mount that holds it is", () => {
  const line = (at: string, fields: string) => `27 1 254:0 / ${at} rw,relatime ${fields}- ext4 /dev/vda rw`;
  const all = [line("/", ""), line("/a\\040b", "shared:1 master:2 "), line("/c", "shared:3 "), line("/c/d", "master:3 "), ""].join("\n");
  assert.deepEqual(
    ["/x", "/a b", "/a b/x", "/a bc", "/c/x", "/c/d/x"].map((path) => isShared(path, all)),
    [false, true, true, false, true, false],
  );
  assert.throws(() => isShared("/x", ""), { message: 'cannot find mount point for "/x"' });
});

test("a route has one gateway, several, or none", () => {
  assert.equal(routeLine("10.0.0.0/8", []), "route replace unreachable 10.0.0.0/8");
  assert.equal(routeLine("10.0.0.0/8", ["1.1.1.1"]), "route replace 10.0.0.0/8 via 1.1.1.1");
  assert.equal(routeLine("10.0.0.0/8", ["1.1.1.1", "1.1.1.2"]), "route replace 10.0.0.0/8 nexthop via 1.1.1.1 nexthop via 1.1.1.2");
});

test("a command that fails is named with its words", async () => {
  await assert.rejects(run(["sh", "-c", "echo no such thing >&2; exit 3"]), /failed \(exit 3\): no such thing/);
  await assert.rejects(tryRun(["no-such-command-here"]), /not found: is its package installed/);
  assert.equal(await run(["cat"], { input: "through" }), "through");
});

test("a detached process is known by its pid file and stopped by it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-linux-"));
  const pidFile = join(folder, "pid");
  const { id } = startDetached({ argv: ["sleep", "30"], logFile: join(folder, "log"), pidFile });
  assert.deepEqual(readPidFile(pidFile), id);
  assert.equal(isAlive({ ...id, startTick: id.startTick + 1 }), false);
  assert.equal(await stopProcess(systemClock, pidFile), true);
  assert.equal(identify(id.pid), undefined);
  assert.equal(readPidFile(pidFile), undefined);
  rmSync(folder, { recursive: true });
});

test("whoever watches a process may start the next one before who stops it has seen the end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-linux-"));
  const options = { argv: ["sleep", "30"], logFile: join(folder, "log"), pidFile: join(folder, "pid") };
  const first = startDetached(options);
  const next = first.exited.then(() => startDetached(options).id);
  const late = { ...systemClock, monotonic: () => 0, sleep: async () => void (await next) };
  assert.equal(await stopProcess(late, options.pidFile), true);
  const id = await next;
  assert.deepEqual(readPidFile(options.pidFile), id);
  assert.equal(await stopProcess(systemClock, options.pidFile), true);
  assert.equal(await stopProcess(systemClock, options.pidFile), false, "a file that is left tells of nobody");
  rmSync(folder, { recursive: true });
});
