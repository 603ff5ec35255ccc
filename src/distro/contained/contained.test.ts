import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { plan } from "../cluster.ts";
import { leaveRootGroup } from "./settle.ts";
import { type Seen, wordsNow } from "./words.ts";

const member = (address: string, server?: string) => ({
  ...plan("spoke", undefined, {}, new Set()),
  machine: { address, ...(server ? { server } : {}) },
});
const seen = (more: Partial<Seen> = {}): Seen => ({
  cluster: undefined,
  isMember: false,
  addresses: ["172.17.0.3"],
  usual: undefined,
  ...more,
});
const joining = ["--server", "https://spoke:6443", "--token", "abcdef.0123456789abcdef", "--node-label=a=b"];

test("the first start says all that it was told", () => {
  assert.deepEqual(wordsNow("agent", joining, seen()), joining);
  assert.deepEqual(wordsNow("server", ["--no-pods"], seen()), ["--no-pods"]);
});

test("a node that is one needs no token, which may have run out", () => {
  const again = seen({ isMember: true, cluster: member("172.17.0.3", "https://spoke:6443") });
  const without = ["--server", "https://spoke:6443", "--node-label=a=b"];
  assert.deepEqual(wordsNow("agent", joining, again), without);
  assert.deepEqual(wordsNow("agent", [...without, "--token=abcdef.0123456789abcdef"], again), without);
  assert.deepEqual(wordsNow("agent", joining, { ...again, isMember: false }), joining);
});

test("a container whose address is another one says the new one, unless it is told one", () => {
  const moved = seen({ cluster: member("172.17.0.2"), usual: "172.17.0.3" });
  assert.deepEqual(wordsNow("server", [], moved), ["--address=172.17.0.3"]);
  assert.deepEqual(wordsNow("server", ["--address", "10.0.0.1"], moved), ["--address", "10.0.0.1"]);
  assert.deepEqual(wordsNow("server", [], { ...moved, cluster: member("172.17.0.3") }), []);
  assert.deepEqual(wordsNow("up", [], { ...moved, cluster: plan("spoke", undefined, {}, new Set()) }), []);
});

test("what means nothing in a container is refused", () => {
  assert.throws(() => wordsNow("server", ["--name", "other"], seen()), /SPOKE_CLUSTER/);
  assert.throws(() => wordsNow("server", ["--boot"], seen()), /--restart=always/);
  assert.throws(() => wordsNow("server", ["--no-boot"], seen()), /--restart=always/);
});

test("processes leave the root of a container's tree of groups, but not the true root of a machine", (t) => {
  const tree = mkdtempSync(join(tmpdir(), "spoke-groups-"));
  t.after(() => rmSync(tree, { recursive: true }));
  writeFileSync(join(tree, "cgroup.procs"), "0\n1\n");
  leaveRootGroup(tree);
  assert.throws(() => readFileSync(join(tree, "init/cgroup.procs")), /ENOENT/, "a machine's own root has no type");
  writeFileSync(join(tree, "cgroup.type"), "domain\n");
  mkdirSync(join(tree, "init"));
  // A folder of files does not move them by itself, as the kernel does: what was asked for last is to be seen.
  leaveRootGroup(tree);
  assert.equal(readFileSync(join(tree, "init/cgroup.procs"), "utf8"), "1");
});
