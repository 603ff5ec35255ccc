import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Secret } from "#api/mod.ts";
import { fakeApi } from "#client/fake-api.ts";
import type { Place } from "../place.ts";
import { bundleOf, newBundleKey, offerBundle, readBundle, seal, unseal } from "./bundle.ts";
import { readToken, writeToken } from "./token.ts";

const files = ["ca", "front-proxy-ca", "ingress-ca"].flatMap((name) => [`${name}.crt`, `${name}.key`]);
const all = [...files, "service-account.key", "service-account.pub", "encryption.key", "etcd-ca.crt"];

function bundled(): string {
  const pki = mkdtempSync(join(tmpdir(), "spoke-pki-"));
  mkdirSync(pki, { recursive: true });
  for (const name of [...all, "admin.key", "node-a.key"]) writeFileSync(join(pki, name), `the text of ${name}`);
  const text = bundleOf({ pki } as Place, {
    name: "x",
    slot: 2,
    port: 6445,
    nodes: [],
    simulatedNodes: 0,
    uplink: false,
    machine: { address: "10.0.0.1", backend: "vxlan" },
    etcd: { servers: ["https://10.0.0.9:2379"] },
  });
  rmSync(pki, { recursive: true });
  return text;
}

test("what is sealed for a token opens with its key and id only", () => {
  const [key, other] = [newBundleKey(), newBundleKey()];
  const sealed = seal(bundled(), key, "abcdef");
  const { files: handed, facts, port, etcd } = unseal(sealed, key, "abcdef");
  assert.deepEqual(Object.keys(handed).toSorted(), all.toSorted(), "authorities and keys, and nobody's identity");
  assert.equal(handed["ca.key"], "the text of ca.key");
  assert.deepEqual([facts, port, etcd], [{ slot: 2, backend: "vxlan" }, 6445, { servers: ["https://10.0.0.9:2379"] }]);
  const flipped = Buffer.from(sealed);
  flipped[40]! ^= 1;
  for (const attempt of [() => unseal(sealed, other, "abcdef"), () => unseal(sealed, key, "abcdeg"), () => unseal(flipped, key, "abcdef")])
    assert.throws(attempt, /were not sealed for this token/);
});

test("names that are no keys of a cluster become no files", () => {
  const key = newBundleKey();
  const bundle = JSON.parse(bundled());
  bundle.files["../../etc/passwd"] = "x";
  assert.deepEqual(Object.keys(unseal(seal(JSON.stringify(bundle), key, "abcdef"), key, "abcdef").files).toSorted(), all.toSorted());
  delete bundle.files["ca.key"];
  assert.throws(() => unseal(seal(JSON.stringify(bundle), key, "abcdef"), key, "abcdef"), /use the same version/);
});

test("only the user of that token may read it, the key is nowhere in the cluster, and all of it goes with the token", async () => {
  const api = fakeApi();
  const token = { id: "abcdef", secret: "0123456789abcdef", key: newBundleKey() };
  const owner = { apiVersion: "v1", kind: "Secret", metadata: { name: "bootstrap-token-abcdef", uid: "u" } } as Secret;
  await offerBundle(api.client, token, owner, bundled());
  const at = "kube-system/spoke-control-plane-abcdef";
  // biome-ignore lint/suspicious/noExplicitAny: objects as they were written; a wrong path fails the test
  const [secret, role, binding] = ["secrets", "roles", "rolebindings"].map((kind) => api.get(`${kind}/${at}`) as any);
  assert.deepEqual(binding.subjects, [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "system:bootstrap:abcdef" }]);
  assert.deepEqual(role.rules, [
    { apiGroups: [""], resources: ["secrets"], resourceNames: ["spoke-control-plane-abcdef"], verbs: ["get"] },
  ]);
  for (const { metadata } of [secret, role, binding]) assert.equal(metadata.ownerReferences[0].uid, "u");
  assert.ok(!JSON.stringify([secret, role, binding]).includes(token.key));
  assert.equal((await readBundle(api.client, token)).files["ca.key"], "the text of ca.key");
  await assert.rejects(readBundle(api.client, { ...token, id: "ghijkl" }), /no keys for the holder of the token ghijkl.*--control-plane/);
});

test("a control plane's token carries its key as it is written", () => {
  const token = { id: "abcdef", secret: "0123456789abcdef", caHash: `sha256:${"0".repeat(64)}`, key: newBundleKey() };
  assert.deepEqual(readToken(writeToken(token)), token);
  assert.throws(() => readToken(`${writeToken(token)}x`), /--token/);
});
