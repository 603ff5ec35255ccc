import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { plan } from "../cluster.ts";
import { placeOf } from "../place.ts";
import { processesOf } from "../processes.ts";
import { writeHosts } from "./hosts.ts";

test("a registry is there when it is asked for, keeps its port, and goes when it is not wanted", () => {
  const before = plan("two", undefined, {}, new Set());
  assert.equal(before.registry, undefined);
  const on = plan("two", before, { registry: { on: true } }, new Set());
  assert.deepEqual(on.registry, { port: 5000 });
  const moved = plan("two", on, { registry: { port: 5001 } }, new Set());
  assert.deepEqual(moved.registry, { port: 5001 });
  assert.deepEqual(plan("two", moved, {}, new Set()).registry, { port: 5001 });
  assert.equal(plan("two", moved, { registry: { on: false } }, new Set()).registry, undefined);
  assert.throws(() => plan("two", before, { registry: { port: 5001 } }, new Set()), /there is no registry; --registry makes one/);
  assert.throws(() => plan("two", before, { registry: { on: true, port: 70_000 } }, new Set()), /from 1 to 65535/);
  const row = processesOf(placeOf("two"), moved).find(({ name }) => name === "registry");
  assert.deepEqual([row?.answers, row?.after], [{ host: "127.0.0.1", port: 5001 }, "two-node-1-agent"]);
});

test("nodes are told where the registry is; what people wrote themselves stays", () => {
  const state = mkdtempSync(join(tmpdir(), "spoke-hosts-"));
  try {
    const place = placeOf("two", { ...process.env, SPOKE_STATE: state });
    const folder = join(place.state, "registries");
    const on = plan("two", undefined, { registry: { on: true } }, new Set());
    mkdirSync(join(folder, "mine.example"), { recursive: true });
    writeFileSync(join(folder, "mine.example/hosts.toml"), "# mine\n");
    assert.deepEqual(writeHosts(place, on), []);
    assert.match(
      readFileSync(join(folder, "localhost:5000/hosts.toml"), "utf8"),
      /server = "http:\/\/10\.89\.0\.1:5000"\n\[host\."http:\/\/10\.89\.0\.1:5000"\]/,
    );
    assert.ok(readdirSync(folder).includes("registry.kube-system.svc.cluster.local:5000"));
    writeFileSync(join(folder, "localhost:5000/hosts.toml"), "# mine\n");
    assert.deepEqual(writeHosts(place, on), ["localhost:5000"]);
    writeHosts(place, plan("two", on, { registry: { on: false } }, new Set()));
    assert.deepEqual(readdirSync(folder).toSorted(), ["localhost:5000", "mine.example"]);
  } finally {
    rmSync(state, { recursive: true });
  }
});
