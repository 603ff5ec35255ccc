import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { plan } from "../cluster.ts";
import { placeOf } from "../place.ts";
import { processesOf } from "../processes.ts";
import { readMirrors } from "./config.ts";
import { checkCredentials, credentialsIn } from "./credentials.ts";
import { hostsFiles, writeHosts } from "./hosts.ts";

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

test("copies of other registries are kept where that is said, with credentials of docker's file", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-mirrors-"));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.deepEqual(readMirrors(["docker.io", "reg.example:5000", "team.example=http://10.0.0.5:5000/"]), [
    { host: "docker.io", url: "https://registry-1.docker.io" },
    { host: "reg.example:5000", url: "https://reg.example:5000" },
    { host: "team.example", url: "http://10.0.0.5:5000" },
  ]);
  for (const wrong of ["busybox", "a.b=ftp://x", "a.b=https://x/path", "localhost:5000", "A.b", "a.b=https://u:p@x"])
    assert.throws(() => readMirrors([wrong]), /^Error: --registry-mirror /, wrong);
  assert.throws(() => readMirrors(["a.b", "a.b=http://c"]), /it is there twice/);
  const mirrors = readMirrors(["docker.io"])!;
  const on = plan("two", undefined, { registry: { on: true, mirrors, credentials: "/c" } }, new Set());
  assert.deepEqual(on.registry, { port: 5000, mirrors, credentials: "/c" });
  assert.deepEqual(plan("two", on, { registry: {} }, new Set()).registry, on.registry);
  assert.deepEqual(plan("two", on, { registry: { mirrors: [], credentials: "" } }, new Set()).registry, { port: 5000 });
  assert.throws(() => plan("two", undefined, { registry: { mirrors } }, new Set()), /--registry-mirror: there is no registry/);
  assert.match(hostsFiles(on).get("docker.io")!, /server = "https:\/\/registry-1\.docker\.io"\n\[host\."http:\/\/10\.89\.0\.1:5000"\]/);

  const file = join(folder, "config.json");
  const auth = Buffer.from("ann:se:cret").toString("base64");
  writeFileSync(
    file,
    JSON.stringify({ auths: { "https://index.docker.io/v1/": { auth }, "team.example": { username: "b", password: "p" } } }),
  );
  assert.throws(() => checkCredentials(file), /others of this machine may read it: chmod 600/);
  chmodSync(file, 0o600);
  checkCredentials(file);
  assert.deepEqual(credentialsIn(file, "docker.io"), { username: "ann", password: "se:cret" });
  assert.deepEqual(credentialsIn(file, "team.example"), { username: "b", password: "p" });
  assert.equal(credentialsIn(file, "other.example"), undefined);
  writeFileSync(file, '{"auths":{},"credsStore":"pass"}');
  assert.throws(() => checkCredentials(file), /programs that keep the passwords/);
  writeFileSync(file, "{");
  assert.throws(() => checkCredentials(file), /--registry-credentials/);
  assert.equal(credentialsIn(file, "docker.io"), undefined);
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
