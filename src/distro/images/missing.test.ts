import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeArchive } from "./archive.ts";
import { fullName } from "./load.ts";
import { neededOf } from "./missing.ts";

test("what a node has is left out of an archive, and the rest is a whole one", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-missing-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const archive = join(folder, "image.tar");
  const layers = ["a", "bb", "ccc"].map((text) => [{ path: "file", text: text.repeat(5000) }]);
  writeArchive(archive, { names: ["docker.io/library/x:1"], layers, annotations: {} });
  const unpack = (file: string, name: string) => {
    mkdirSync(join(folder, name));
    execFileSync("tar", ["-xf", file, "-C", join(folder, name)]);
    return readdirSync(join(folder, name, "blobs/sha256")).toSorted();
  };
  const all = unpack(archive, "whole");
  const nothing = neededOf(archive, () => false)!;
  assert.deepEqual([nothing.sent, nothing.all, nothing.parts.length], [5, 5, 1]);
  const there = new Set([`sha256:${all[1]}`, `sha256:${all[3]}`]);
  const { parts, sent } = neededOf(archive, (digest) => there.has(digest))!;
  assert.equal(sent, 3);
  const bytes = readFileSync(archive);
  const rest = join(folder, "rest.tar");
  writeFileSync(rest, Buffer.concat(parts.map(({ from, to }) => bytes.subarray(from, to))));
  assert.deepEqual(
    unpack(rest, "some"),
    all.filter((digest) => !there.has(`sha256:${digest}`)),
  );
  assert.deepEqual(readdirSync(join(folder, "some")).toSorted(), ["blobs", "index.json", "manifest.json", "oci-layout"]);
});

test("what is no OCI layout is sent as it is", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-missing-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "manifest.json"), "[]");
  execFileSync("tar", ["-cf", join(folder, "docker.tar"), "-C", folder, "manifest.json"]);
  assert.equal(
    neededOf(join(folder, "docker.tar"), () => true),
    undefined,
  );
  writeFileSync(join(folder, "text"), "this is no archive".repeat(100));
  assert.equal(
    neededOf(join(folder, "text"), () => true),
    undefined,
  );
});

test("names of images are written as containerd has them", () => {
  for (const [given, full] of [
    ["nginx", "docker.io/library/nginx:latest"],
    ["busybox:1.36", "docker.io/library/busybox:1.36"],
    ["team/app:1", "docker.io/team/app:1"],
    ["localhost:5000/app", "localhost:5000/app:latest"],
    ["registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"],
    ["localhost/spoke", "localhost/spoke:latest"],
  ])
    assert.equal(fullName(given!), full);
});
