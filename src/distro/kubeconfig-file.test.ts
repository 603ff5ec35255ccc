import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseYaml } from "#codec/mod.ts";
import { addContext, removeContext } from "./kubeconfig-file.ts";

const credentials = { server: "https://127.0.0.1:6443", ca: "ca", cert: "cert", key: "key" };

// biome-ignore lint/suspicious/noExplicitAny: a kubeconfig as it lies in the file
const read = (file: string) => parseYaml(readFileSync(file, "utf8")).documents[0].value as any;

test("a context is added beside others, made current, and taken out without a trace", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-kubeconfig-"));
  const file = join(folder, "sub", "config");
  addContext(file, "other", credentials);
  const before = read(file);
  addContext(file, "spoke", credentials);
  addContext(file, "spoke", { ...credentials, server: "https://127.0.0.1:7000" });
  const both = read(file);
  assert.deepEqual(
    both.contexts.map((context: { name: string }) => context.name),
    ["other", "spoke"],
  );
  assert.equal(both["current-context"], "spoke");
  assert.equal(both.clusters[1].cluster.server, "https://127.0.0.1:7000");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  removeContext(file, "spoke");
  assert.deepEqual(read(file), { ...before, "current-context": "" });
  rmSync(folder, { recursive: true });
});

test("a broken kubeconfig is left as it is and named", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-kubeconfig-"));
  const file = join(folder, "config");
  writeFileSync(file, "a: [1");
  assert.throws(() => addContext(file, "spoke", credentials), /nothing was added/);
  assert.equal(readFileSync(file, "utf8"), "a: [1");
  rmSync(folder, { recursive: true });
});
