/** What stands in the store: sealed as a file says, by keys or by a plugin; changed keys, and what is written anew. */
import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { type ConfigMap, configmaps, type Secret, secrets } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { Cluster } from "#cluster/mod.ts";
import { writeYaml } from "#codec/mod.ts";
import { describeMessages } from "#net/mod.ts";
import { createMemoryStore, only, type Store } from "#store/mod.ts";
import { eventually } from "./cluster.ts";

const options = { timeout: 60_000 };
const folder = mkdtempSync(join(tmpdir(), "spoke-encryption-"));
const opened: { close(): Promise<void> | void }[] = [];
after(async () => {
  for (const one of opened.toReversed()) await one.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, ...resources: object[]): string {
  const path = join(folder, name);
  writeFileSync(path, writeYaml({ apiVersion: "apiserver.config.k8s.io/v1", kind: "EncryptionConfiguration", resources }));
  return path;
}
const secret = (fill: number, bytes = 32) => Buffer.alloc(bytes, fill).toString("base64");
const keyed = (way: string, ...keys: [name: string, secret: string][]) => ({
  [way]: { keys: keys.map(([name, own]) => ({ name, secret: own })) },
});
const identity = { identity: {} };
const rule = (resources: string[], ...providers: object[]) => ({ resources, providers });
const ownKey = Buffer.alloc(32, 9);

/** A server over the store; closing it leaves the store open for the next one. */
async function serverOver(store: Store, ...apiserverFlags: string[]): Promise<Cluster> {
  const kept: Store = {
    local: store.local,
    current: () => store.current(),
    list: (...about) => store.list(...about),
    commit: (...about) => store.commit(...about),
    watch: (...about) => store.watch(...about),
    compact: (through) => store.compact(through),
    problem: () => store.problem(),
    close: async () => {},
  };
  const cluster = new Cluster({ store: kept, apiserverFlags, secrets: { encryptionKey: ownKey } });
  opened.push(cluster);
  return cluster.open();
}
async function newStore(): Promise<Store> {
  const store = await createMemoryStore({ clock: systemClock });
  opened.unshift(store);
  return store;
}
const flag = (path: string) => `encryption-provider-config=${path}`;
const aSecret = (name: string, value = "hidden"): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "default" },
  data: { k: Buffer.from(value).toString("base64") },
});
const aMap = (name: string): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { k: "v" },
});
const raw = async (store: Store, key: string): Promise<string> =>
  (await store.list(only(`/registry/${key}`))).entries[0]!.value.toString("latin1");
const read = async (cluster: Cluster, name: string) => (await cluster.client.get(secrets, { namespace: "default", name })).data!.k;
/** `kubectl get secrets -o json | kubectl replace -f -` */
const replace = async (cluster: Cluster, name: string) =>
  cluster.client.update(secrets, await cluster.client.get(secrets, { namespace: "default", name }));

test("resources are sealed as the first rule that names them says, and Secrets by the server's own key without one", options, async () => {
  const store = await newStore();
  const plain = await serverOver(store);
  await plain.client.create(secrets, aSecret("own"));
  await plain.client.create(configmaps, aMap("plain"));
  assert.match(await raw(store, "secrets/default/own"), /^spoke:enc:1:/);
  assert.match(await raw(store, "configmaps/default/plain"), /^\{/);
  await plain.close();

  const others = [
    rule(["deployments.apps", "widgets.example.org"], keyed("aesgcm", ["g", secret(2, 16)]), identity),
    rule(["*."], keyed("secretbox", ["s", secret(3)]), identity),
    rule(["*.*"], identity),
  ];
  const path = file("rules.yaml", rule(["secrets"], keyed("aescbc", ["key1", secret(1)]), identity), ...others);
  const cluster = await serverOver(store, flag(path));
  const { client } = cluster;
  await client.create(secrets, aSecret("a"));
  await client.create(configmaps, aMap("a"));
  const deployment = {
    metadata: { name: "d" },
    spec: {
      selector: { matchLabels: { a: "b" } },
      template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  };
  await client.transport.request({ method: "POST", path: "/apis/apps/v1/namespaces/default/deployments", body: deployment });
  await client.transport.request({
    method: "POST",
    path: "/apis/batch/v1/namespaces/default/jobs",
    body: { metadata: { name: "j" }, spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } } } },
  });
  const table: [string, RegExp][] = [
    ["secrets/default/a", /^k8s:enc:aescbc:v1:key1:/],
    ["configmaps/default/a", /^k8s:enc:secretbox:v1:s:/],
    ["deployments/default/d", /^k8s:enc:aesgcm:v1:g:/],
    ["jobs/default/j", /^\{/],
  ];
  for (const [key, mark] of table) assert.match(await raw(store, key), mark);
  // What was there before is read, and sealed when it is written, though nothing else changes.
  assert.equal(await read(cluster, "own"), aSecret("own").data!.k);
  const { metadata } = await replace(cluster, "own");
  assert.match(await raw(store, "secrets/default/own"), /^k8s:enc:aescbc:v1:key1:/);
  assert.equal((await replace(cluster, "own")).metadata.resourceVersion, metadata.resourceVersion, "once is enough");
  await cluster.close();

  const next = file("next.yaml", rule(["secrets"], keyed("aescbc", ["key2", secret(4)], ["key1", secret(1)])), ...others);
  const rotated = await serverOver(store, flag(next));
  assert.equal(await read(rotated, "a"), aSecret("a").data!.k);
  await replace(rotated, "a");
  assert.match(await raw(store, "secrets/default/a"), /^k8s:enc:aescbc:v1:key2:/);
  await rotated.close();
  await assert.rejects(serverOver(store), { message: "/registry/configmaps/default/a: identity transformer tried to read encrypted data" });
});

test("a changed file is taken up where that is wanted", options, async () => {
  const store = await newStore();
  const path = file("changing.yaml", rule(["secrets"], keyed("aesgcm", ["one", secret(1)])));
  const cluster = await serverOver(store, flag(path), "encryption-provider-config-automatic-reload=true");
  await cluster.client.create(secrets, aSecret("a"));
  file("changing.yaml", rule(["secrets"], keyed("aesgcm", ["two", secret(2)], ["one", secret(1)])));
  await eventually(async () => {
    await replace(cluster, "a");
    assert.match(await raw(store, "secrets/default/a"), /^k8s:enc:aesgcm:v1:two:/);
  });
  const { object, status } = await cluster.client.transport.request({ method: "GET", path: "/readyz/kms-providers" });
  assert.deepEqual([status, object], [200, undefined]);
});

const messages = describeMessages(`
StatusRequest
StatusResponse
 1 version string
 2 healthz string
 3 key_id string
EncryptRequest
 1 plaintext bytes
 2 uid string
EncryptResponse
 1 ciphertext bytes
 2 key_id string
 3 annotations map<string,bytes>
DecryptRequest
 1 ciphertext bytes
 2 uid string
 3 key_id string
 4 annotations map<string,bytes>
DecryptResponse
 1 plaintext bytes
`);

/** A KMS plugin: each of its keys is AES with a name, and it remembers what it was asked. */
async function kmsPlugin(name: string) {
  const socket = join(folder, `${name}.sock`);
  const state = { keyId: "k1", healthz: "ok", asked: [] as string[] };
  const keyOf = (id: string) => Buffer.alloc(32, id);
  type Any = Record<string, never> & { plaintext: Uint8Array; ciphertext: Uint8Array; keyId: string };
  const answers: Record<string, (request: Any) => object> = {
    Status: () => ({ version: "v2", healthz: state.healthz, keyId: state.keyId }),
    Encrypt({ plaintext }) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", keyOf(state.keyId), nonce);
      const ciphertext = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      return { ciphertext, keyId: state.keyId, annotations: { "kms.example.org": Buffer.from(state.keyId) } };
    },
    Decrypt({ ciphertext, keyId }) {
      const sealed = Buffer.from(ciphertext);
      const decipher = createDecipheriv("aes-256-gcm", keyOf(keyId), sealed.subarray(0, 12));
      decipher.setAuthTag(sealed.subarray(-16));
      return { plaintext: Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]) };
    },
  };
  const server = new Server();
  const methods = Object.keys(answers).map((method) => [
    method,
    {
      path: `/v2.KeyManagementService/${method}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (value: object) => messages.encode(`${method}Request`, value as never),
      requestDeserialize: (bytes: Buffer) => messages.decode<object>(`${method}Request`, bytes),
      responseSerialize: (value: object) => messages.encode(`${method}Response`, value as never),
      responseDeserialize: (bytes: Buffer) => messages.decode<object>(`${method}Response`, bytes),
    },
  ]);
  const handlers = Object.entries(answers).map(([method, answer]) => [
    method,
    ({ request }: { request: Any }, done: (error: null, value: object) => void) => {
      state.asked.push(method);
      done(null, answer(request));
    },
  ]);
  server.addService(Object.fromEntries(methods), Object.fromEntries(handlers));
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve())),
  );
  opened.unshift({ close: () => server.forceShutdown() });
  return { endpoint: `unix://${socket}`, state };
}

test("a plugin keeps the key: values carry their sealed seed, and outlive the server", options, async () => {
  const { endpoint, state } = await kmsPlugin("one");
  const store = await newStore();
  const path = file("kms.yaml", rule(["secrets"], { kms: { apiVersion: "v2", name: "vault", endpoint, timeout: "2s" } }, identity));
  const cluster = await serverOver(store, flag(path));
  for (const name of ["a", "b"]) await cluster.client.create(secrets, aSecret(name, name));
  assert.match(await raw(store, "secrets/default/a"), /^k8s:enc:kms:v2:vault:/);
  assert.deepEqual(state.asked, ["Status", "Encrypt"], "one seed for all");
  const health = await cluster.client.transport.request({ method: "GET", path: "/healthz/kms-providers" });
  assert.equal(health.status, 200);
  await cluster.close();

  state.asked = [];
  state.keyId = "k2";
  const later = await serverOver(store, flag(path));
  assert.equal(await read(later, "b"), Buffer.from("b").toString("base64"));
  assert.deepEqual(state.asked, ["Status", "Encrypt", "Decrypt"], "the seed of before is asked for once");
  const before = await raw(store, "secrets/default/a");
  assert.ok(before.includes("k1") && !before.includes("k2"));
  await replace(later, "a");
  assert.ok((await raw(store, "secrets/default/a")).includes("k2"), "another key, so it is written anew");
  await later.close();
});

test("a server starts without its plugin, says so, and writes nothing in the clear meanwhile", options, async () => {
  const store = await newStore();
  const endpoint = `unix://${join(folder, "late.sock")}`;
  const path = file("late.yaml", rule(["secrets"], { kms: { apiVersion: "v2", name: "late", endpoint, timeout: "1s" } }, identity));
  const cluster = await serverOver(store, flag(path));
  await assert.rejects(cluster.client.create(secrets, aSecret("a")), /KMS provider late cannot seal/);
  const { status, bytes } = await cluster.client.transport.request({ method: "GET", path: "/healthz/kms-providers" });
  assert.deepEqual(
    [status, Buffer.from(bytes()).toString().slice(0, 60)],
    [500, "internal server error: kms-provider-0: failed to perform sta"],
  );
  await cluster.client.create(configmaps, aMap("a"));
});

test("what cannot be used is refused at the start", options, async () => {
  const kms = (more: object) => rule(["secrets"], { kms: { apiVersion: "v2", name: "k", endpoint: "unix:///x.sock", ...more } });
  const table: [object[], string][] = [
    [[], "resources: Required value: at least one resources is required"],
    [[rule(["secrets"])], "resources[0].providers: Required value: at least one resources[0].providers is required"],
    [
      [rule(["secrets"], keyed("aescbc", ["k", secret(1, 15)]))],
      'resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 15, expected one of [16 24 32]',
    ],
    [
      [rule(["secrets"], keyed("secretbox", ["k", "no base64"]))],
      'resources[0].providers[0].secretbox.keys[0].secret: Invalid value: "REDACTED": secrets must be base64 encoded',
    ],
    [
      [rule(["secrets", "*."], identity)],
      `resources[0].resources: Invalid value: ["secrets","*."]: using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked`,
    ],
    [
      [rule(["*"], identity)],
      `resources[0].resources[0]: Invalid value: "*": use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources`,
    ],
    [[rule(["*.apps"], identity), rule(["deployments.apps"], identity)], 'resource "deployments.apps" is masked by earlier rule "*.apps"'],
    [
      [kms({ name: "a:b" })],
      `resources[0].providers[0].kms.name: Invalid value: "a:b": invalid KMS provider name a:b, must not contain ':'`,
    ],
    [
      [kms({ endpoint: "tcp://x" })],
      'resources[0].providers[0].kms.endpoint: Invalid value: "tcp://x": unsupported scheme "tcp" for KMS provider, only unix is supported',
    ],
    [
      [kms({ apiVersion: "v1" })],
      'resources[0].providers[0].kms.apiVersion: Invalid value: "v1": KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.',
    ],
  ];
  for (const [rules, words] of table) {
    const path = file("bad.yaml", ...rules);
    const message = `error while parsing encryption provider configuration file "${path}": ${words}`;
    await assert.rejects(serverOver(await newStore(), flag(path)), { message });
  }
});
