import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfigFile, wordsOf } from "../../src/distro/roles/config-file.ts";
import { control } from "./deb.ts";
import { dependsLine } from "./dependencies.ts";
import { shrinkwrap } from "./npm.ts";
import { manifest, root } from "./program.ts";

test("a package of Debian depends on all that nodes need, by names of Debian 12 and 13", () => {
  const line = dependsLine();
  for (const name of ["containerd | containerd.io", "nftables", "iptables", "conntrack", "catatonit", "libc6 (>= 2.28)", "libatomic1"])
    assert.ok(line.split(", ").includes(name), name);
});

test("its description is one that dpkg reads", () => {
  const text = control({ version: "0.1.0+git1", architecture: "arm64", kilobytes: 10 });
  for (const line of text.trimEnd().split("\n")) assert.match(line, /^( \S|[A-Z][A-Za-z-]+: \S)/);
  assert.match(text, /\n$/);
});

test("what it runs before and after is a script of the shell that Debian has", () => {
  for (const name of ["postinst", "prerm", "postrm"]) {
    const { status, stderr } = spawnSync("sh", ["-n", join(import.meta.dirname, "debian", name)], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  }
});

test("the file that it brings for the machine says nothing yet, and what it suggests is understood", (t) => {
  const file = join(import.meta.dirname, "debian/config.yaml");
  assert.deepEqual(wordsOf(readConfigFile(file), "up", new Set()), ["--name", "spoke"]);
  const text = readFileSync(file, "utf8");
  for (const key of text.match(/^#([a-z-]+):/gm) ?? []) assert.match(key, /^#(role|name|port|uplink|node-label|server|token):$/);
  t.diagnostic("each key is an option of up, server or agent");
});

test("npm is told the versions of the lock file, and nothing of what only a checkout needs", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const { packages } = shrinkwrap(lock, "1.2.3");
  assert.equal(packages[""]!.version, "1.2.3");
  for (const [name, version] of Object.entries(manifest.dependencies)) assert.equal(packages[`node_modules/${name}`]!.version, version);
  for (const name of Object.keys(manifest.optionalDependencies)) assert.ok(packages[`node_modules/${name}`]);
  assert.ok(!("node_modules/typescript" in packages));
  assert.ok(existsSync(join(root, "spoke")));
});
