/** Our store behind etcd's API: what API servers ask of etcd, ours and upstream's. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { systemClock, systemRandom } from "#base/mod.ts";
import { grpcClient } from "#net/mod.ts";
import { testAuthority } from "#serve/test-certificates.ts";
import { createEtcdStore, createSqliteStore, type Store, serveEtcd, under } from "#store/mod.ts";
import { messages } from "../../src/store/etcd-server/messages.ts";
import { eventually } from "./cluster.ts";
import { freePort, lacksPeer, startPeerApiServer } from "./peer.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind
type Any = any;

const spoke = join(import.meta.dirname, "..", "..", "spoke");

describe("our store behind etcd's API", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-etcd-server-"));
  let store: Store;
  let server: { close(): Promise<void> };
  let endpoint: string;
  let client: ReturnType<typeof grpcClient>;
  const ask = (method: string, name: string, value: object): Promise<Any> => {
    const response = method.endsWith("Compact") ? "CompactionResponse" : `${name.replace(/Request$/, "")}Response`;
    return client.unary(`/etcdserverpb.${method}`, [name, value], response);
  };
  before(async () => {
    store = await createSqliteStore({ file: join(folder, "state.db"), unsafe: true });
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    const clientUrls = [endpoint];
    const common = { clock: systemClock, random: systemRandom, name: "default", clientUrls, size: () => 1 };
    server = await serveEtcd({ ...common, store, host: "127.0.0.1", port });
    client = grpcClient({ address: `127.0.0.1:${port}` }, messages);
  });
  after(async () => {
    client.close();
    await server.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test("versions, leases and transactions are etcd's", { timeout: 30_000 }, async () => {
    const put = (value: string, more = {}) => ask("KV/Put", "PutRequest", { key: "k", value, ...more });
    const first = await put("1");
    await put("2");
    const { kvs } = await ask("KV/Range", "RangeRequest", { key: "k" });
    const { createRevision, version, value } = kvs[0];
    assert.deepEqual([createRevision, version, String(Buffer.from(value))], [first.header.revision, 2, "2"]);
    const compare = [{ target: 0, key: "k", version: 2 }];
    const failure = [{ requestRange: { key: "k" } }];
    const txn = () => ask("KV/Txn", "TxnRequest", { compare, success: [{ requestPut: { key: "k", value: "3" } }], failure });
    assert.equal((await txn()).succeeded, true);
    const lost = await txn();
    assert.deepEqual([lost.succeeded, lost.responses[0].responseRange.kvs[0].version], [false, 3]);
    const { id } = await ask("Lease/LeaseGrant", "LeaseGrantRequest", { ttl: 60 });
    await put("4", { lease: id });
    const left = await ask("Lease/LeaseTimeToLive", "LeaseTimeToLiveRequest", { id, keys: true });
    assert.deepEqual([left.grantedTtl, String(Buffer.from(left.keys[0]))], [60, "k"]);
    await ask("Lease/LeaseRevoke", "LeaseRevokeRequest", { id });
    assert.equal((await ask("KV/Range", "RangeRequest", { key: "k" })).count, 0);
    await assert.rejects(put("5", { lease: id }), { code: 5, message: "etcdserver: requested lease not found" });
    const two = [{ requestPut: { key: "a", value: "" } }, { requestPut: { key: "b", value: "" } }];
    await assert.rejects(ask("KV/Txn", "TxnRequest", { success: two }), { code: 12 });
    await assert.rejects(ask("KV/Range", "RangeRequest", { key: "k", revision: 1e9 }), { code: 11 });
  });

  test("it answers health on the same port, and our own API server's questions", { timeout: 30_000 }, async () => {
    const health = await fetch(`${endpoint}/health`);
    assert.deepEqual([health.status, await health.json()], [200, { health: "true", reason: "" }]);
    const seen = await createEtcdStore({ endpoints: [endpoint] });
    const start = await seen.current();
    const made = await seen.commit("/own/a", "absent", Buffer.from("x"));
    assert.ok(made.ok);
    const gone = await seen.commit("/own/a", made.revision, "delete");
    assert.ok(gone.ok);
    const stop = new AbortController();
    const events: string[] = [];
    for await (const batch of seen.watch(under("/own/"), start, stop.signal)) {
      events.push(...batch.events.map(({ type, key, value, created }) => `${type} ${key} ${value} ${created}`));
      if (batch.seen >= gone.revision) break;
    }
    assert.deepEqual(events, ["put /own/a x true", "delete /own/a x false"]);
    await seen.compact(made.revision);
    await assert.rejects(seen.list(under("/own/"), start));
    await seen.close();
  });

  test("where an authority is given, only those with its certificate are answered", { timeout: 30_000 }, async () => {
    const authority = await testAuthority();
    const stranger = await testAuthority();
    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const tls = { ...authority.server, ca: authority.ca };
    const common = { clock: systemClock, random: systemRandom, name: "default", clientUrls: [url], size: () => 1 };
    const secure = await serveEtcd({ ...common, store, host: "127.0.0.1", port, tls });
    const ask = async (own: { cert?: string; key?: string }) => {
      const seen = await createEtcdStore({ endpoints: [url], tls: { ca: authority.ca, ...own } });
      return seen.close();
    };
    await ask(await authority.client("one"));
    await assert.rejects(ask({}));
    await assert.rejects(ask(await stranger.client("one")));
    await secure.close();
  });

  test("flags that it would not obey are refused, with the reason", () => {
    for (const [flag, message] of [
      ["--nothing", "unknown flag: --nothing"],
      ["--initial-cluster=default=http://a:1,b=http://b:1", "--initial-cluster: this server is one member, which has no peers"],
      ["--initial-cluster=b=http://b:1", '--initial-cluster: couldn\'t find local name "default" in the initial cluster configuration'],
      ["--listen-peer-urls=x", "--listen-peer-urls=x: this is no http or https URL"],
      ["--log-level=loud", "--log-level=loud: there are debug, info, warn, error"],
    ]) {
      const { status, stderr } = spawnSync(spoke, ["etcd", `--data-dir=${join(folder, "refused")}`, flag!], {
        encoding: "utf8",
        timeout: 60_000,
      });
      assert.deepEqual([status, stderr.trim()], [1, `spoke etcd: ${message}`]);
    }
  });

  test("upstream's API server runs over it", { skip: lacksPeer("kube-apiserver"), timeout: 120_000 }, async () => {
    const theirs = await startPeerApiServer(endpoint, ["--disable-admission-plugins=ServiceAccount"]);
    try {
      const maps = "/api/v1/namespaces/default/configmaps";
      const made = await theirs.ask("POST", maps, { metadata: { name: "a" }, data: { a: "1" } });
      assert.equal(made.status, 201, made.message);
      assert.equal((await theirs.ask("PATCH", `${maps}/a`, { data: { a: "2" } })).object.data.a, "2");
      assert.equal((await theirs.ask("GET", maps)).object.items.length >= 1, true);
      assert.equal((await theirs.ask("DELETE", `${maps}/a`)).status, 200);
      await eventually(async () => assert.equal((await theirs.ask("GET", `${maps}/a`)).status, 404));
    } finally {
      await theirs.stop();
    }
  });
});
