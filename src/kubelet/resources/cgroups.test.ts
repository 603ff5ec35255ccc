import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { aPod } from "../testing/fake-api.ts";
import { removePodCgroup } from "./cgroups.ts";

test("a pod's group goes in every tree, and its class with the last pod, but never what is above", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cgroups-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const trees = ["memory", "cpu,cpuacct", "systemd"].map((name) => join(folder, name));
  const root = "/spoke/c/node-1";
  for (const tree of trees)
    for (const uid of ["a", "b"]) mkdirSync(join(tree, root, `kubepods/burstable/pod${uid}/main`), { recursive: true });
  mkdirSync(join(trees[0]!, "spoke/other/node-1/kubepods/podx"), { recursive: true });
  await removePodCgroup(trees, root, aPod({ metadata: { uid: "a" } }), { clock: new VirtualClock(), alone: false });
  for (const tree of trees) {
    assert.ok(!existsSync(join(tree, root, "kubepods/burstable/poda")));
    assert.ok(existsSync(join(tree, root, "kubepods/burstable/podb/main")));
  }
  await removePodCgroup(trees, root, aPod({ metadata: { uid: "b" } }), { clock: new VirtualClock(), alone: true });
  for (const tree of trees) {
    assert.ok(!existsSync(join(tree, root, "kubepods")));
    assert.ok(existsSync(join(tree, root)));
  }
  assert.ok(existsSync(join(trees[0]!, "spoke/other/node-1/kubepods/podx")));
});
