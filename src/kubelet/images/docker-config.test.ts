import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Secret } from "#api/mod.ts";
import { nodeKeyring, secretsKeyring } from "./docker-config.ts";

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64");
const secret = (type: string, data: Record<string, string>): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s", namespace: "n", uid: "u" },
  type,
  data,
});
const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") });

test("Secrets of both forms are read, each only under its own type, and tell whose they are", () => {
  const json = encoded({ auths: { "a.example": auth("ann:se:cret"), "b.example": { username: "bob", password: "x" } } });
  const old = encoded({ "a.example": { username: "old", password: "y" } });
  const keyring = secretsKeyring([
    secret("kubernetes.io/dockerconfigjson", { ".dockerconfigjson": json }),
    secret("kubernetes.io/dockercfg", { ".dockercfg": old }),
    secret("Opaque", { ".dockerconfigjson": json }),
  ]);
  const source = { secret: { uid: "u", namespace: "n", name: "s" } };
  assert.deepEqual(keyring.lookup("a.example/i"), [
    { username: "ann", password: "se:cret", source },
    { username: "old", password: "y", source },
  ]);
  assert.deepEqual(keyring.lookup("b.example/i"), [{ username: "bob", password: "x", source }]);
  const broken = secret("kubernetes.io/dockerconfigjson", { ".dockerconfigjson": encoded({ auths: { a: auth("nobody") } }) });
  assert.throws(() => secretsKeyring([broken]), /must be formatted as base64\(username:password\)/);
});

test("the node's own credentials are those of the first file that can be read", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "docker-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, ".dockercfg"), JSON.stringify({ "a.example": { username: "old", password: "" } }));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { "a.example": { username: "new", password: "" } } }));
  assert.deepEqual((await nodeKeyring(folder)).lookup("a.example/i"), [{ username: "new", password: "" }]);
});
