import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOf } from "./views.ts";

const overlay = (...layers: string[]) => ({ type: "overlay", source: "overlay", options: ["index=off", `lowerdir=${layers.join(":")}`] });

const rows: { name: string; mount: Parameters<typeof wordsOf>[0]; wanted: ReturnType<typeof wordsOf> }[] = [
  {
    name: "one layer is bound, only to be read",
    mount: { type: "bind", source: "/s/1/fs", options: ["ro", "rbind"] },
    wanted: { source: "/s/1/fs", type: "", flags: ["bind", "ro"] },
  },
  {
    name: "several are told relative to the folder of them all",
    mount: overlay("/s/snapshots/12/fs", "/s/snapshots/1/fs"),
    wanted: { source: "overlay", type: "overlay", flags: ["index=off", "ro", "lowerdir=12/fs:1/fs"], cwd: "/s/snapshots" },
  },
  {
    name: "layers of two disks have the root in common",
    mount: overlay("/a/fs", "/b/fs"),
    wanted: { source: "overlay", type: "overlay", flags: ["index=off", "ro", "lowerdir=a/fs:b/fs"], cwd: "/" },
  },
  {
    name: "a folder whose name begins like another's is not that one",
    mount: overlay("/s/1/fs", "/s/12/fs"),
    wanted: { source: "overlay", type: "overlay", flags: ["index=off", "ro", "lowerdir=1/fs:12/fs"], cwd: "/s" },
  },
];

for (const { name, mount, wanted } of rows) test(`views: ${name}`, () => assert.deepEqual(wordsOf(mount), wanted));

test("views: a hundred layers stay within one page of options", () => {
  const layers = Array.from(
    { length: 100 },
    (_, at) => `/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/${at + 1000}/fs`,
  );
  assert.ok(wordsOf(overlay(...layers)).flags.join(",").length < 4096);
});
