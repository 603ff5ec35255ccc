import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { etcdCluster, memberStatus } from "../etcd-cluster.ts";
import { findEtcd, startEtcd } from "../etcd-under-test.ts";
import { CompactedError, createEtcdStore, createSqliteStore, type Store, under } from "../mod.ts";
import { copyEtcd } from "./etcd-copy.ts";
import { sealEtcdData, writeEtcdData } from "./etcd-data.ts";
import { copyStore, forgetHistory, reviveCopy } from "./store-copy.ts";

const found = findEtcd();
const path = "path" in found ? found.path : "";
const needsEtcd = { skip: "missing" in found && found.missing, timeout: 120_000 };
const clock = systemClock;

interface After {
  after(end: () => unknown): void;
}

const folderFor = (t: After): string => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-etcd-data-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

async function put(store: Store, key: string, value: string | Buffer, lifeSeconds?: number): Promise<number> {
  const [before] = (await store.list(under(key, { limit: 1 }))).entries.filter((entry) => entry.key === key);
  const options = lifeSeconds === undefined ? {} : { lifeSeconds };
  const result = await store.commit(key, before?.modRevision ?? "absent", Buffer.from(value), options);
  assert.ok(result.ok);
  return result.revision;
}

const everything = async (store: Store) => {
  const { entries } = await store.list(under("/registry/"));
  return entries.map(({ key, value, modRevision, createRevision }) => ({
    key,
    value: value.toString("latin1"),
    modRevision,
    createRevision,
  }));
};

const resumed = async (store: Store, after: number) => {
  for await (const { events } of store.watch(under("/registry/"), after, new AbortController().signal)) return events;
  return undefined;
};

/** Of every length that a page may end at, and some that need several pages. */
async function filled(file: string): Promise<Store> {
  const store = await createSqliteStore({ file, unsafe: true });
  const writes = Array.from({ length: 3000 }, (_, at) =>
    put(store, `/registry/k/${(at * 7919) % 3000}`, Buffer.alloc(at % 97 === 0 ? at * 9 : at % 61, at)),
  );
  await Promise.all(writes);
  for (let at = 0; at < 300; at++) await put(store, `/registry/k/${at}`, `changed ${at}`);
  const gone = await put(store, "/registry/gone", "x");
  assert.ok((await store.commit("/registry/gone", gone, "delete")).ok);
  await put(store, "/registry/short", "life", 1000);
  return store;
}

test("an embedded store becomes an etcd with every key, value and version, which goes on where it ended", needsEtcd, async (t) => {
  const folder = folderFor(t);
  const [file, copy, data] = [join(folder, "state.db"), join(folder, "copy.db"), join(folder, "data")];
  const store = await filled(file);
  const [before, last] = [await everything(store), await store.current()];
  copyStore(file, copy);
  forgetHistory(copy);
  mkdirSync(join(data, "member/snap"), { recursive: true });
  assert.deepEqual(writeEtcdData(copy, join(data, "member/snap/db"), clock.now()), { revision: last });
  const etcd = await startEtcd(path, data);
  t.after(() => etcd.stop());
  const moved = await createEtcdStore({ endpoints: [etcd.endpoint] });
  t.after(() => moved.close());
  assert.deepEqual(await everything(moved), before);
  await assert.rejects(resumed(moved, last - 1), CompactedError);
  const next = await put(moved, "/registry/k/1", "after");
  assert.ok(next > last && next < last + 10);

  // And back: what has an end keeps it.
  const back = join(folder, "back.db");
  const facts = await copyEtcd({ endpoints: [etcd.endpoint], prefix: "/registry/", to: back, clock });
  assert.deepEqual([facts.revision, /^[0-9a-f]+$/.test(facts.clusterId)], [await moved.current(), true]);
  const again = await createSqliteStore({ file: back });
  assert.deepEqual(await everything(again), await everything(moved));
  const goesOn = await put(again, "/registry/k/2", "after");
  assert.equal(goesOn, facts.revision + 1);
  await again.close();
  await store.close();
});

test("what ends has its time left in etcd, and what has ended is not there", needsEtcd, async (t) => {
  const folder = folderFor(t);
  const [file, copy, data] = [join(folder, "state.db"), join(folder, "copy.db"), join(folder, "data")];
  const store = await createSqliteStore({ file });
  await put(store, "/registry/long", "x", 1000);
  await put(store, "/registry/soon", "x", 12);
  await put(store, "/registry/over", "x", 1);
  copyStore(file, copy);
  await store.close();
  forgetHistory(copy);
  mkdirSync(join(data, "member/snap"), { recursive: true });
  writeEtcdData(copy, join(data, "member/snap/db"), clock.now() + 10_000);
  const etcd = await startEtcd(path, data);
  t.after(() => etcd.stop());
  const moved = await createEtcdStore({ endpoints: [etcd.endpoint] });
  t.after(() => moved.close());
  const names = async () => (await everything(moved)).map(({ key }) => key);
  assert.ok(!(await names()).includes("/registry/over"));
  while ((await names()).includes("/registry/soon")) await clock.sleep(100);
  assert.deepEqual(await names(), ["/registry/long"]);
});

test("etcd's own tool takes the file for a snapshot, and what it restores has the versions beyond the lost ones", needsEtcd, async (t) => {
  const folder = folderFor(t);
  const [file, copy, snapshot, data] = ["state.db", "copy.db", "snapshot.db", "data"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  const store = await filled(file);
  const [before, last] = [await everything(store), await store.current()];
  copyStore(file, copy);
  await store.close();
  const { revision } = reviveCopy(copy);
  writeEtcdData(copy, snapshot, clock.now());
  await sealEtcdData(snapshot);
  const etcdctl = (...words: string[]) =>
    execFileSync(join(dirname(path), "etcdctl"), words, { env: { ...process.env, ETCDCTL_API: "3" }, encoding: "utf8", stdio: "pipe" });
  // Beside the objects: one lease, and two marks of the counter.
  assert.match(etcdctl("snapshot", "status", snapshot), new RegExp(`, ${before.length + 3}, `));
  etcdctl("snapshot", "restore", snapshot, "--data-dir", data);
  const etcd = await startEtcd(path, data);
  t.after(() => etcd.stop());
  const restored = await createEtcdStore({ endpoints: [etcd.endpoint] });
  t.after(() => restored.close());
  assert.deepEqual(await everything(restored), before);
  for (const after of [before[0]!.modRevision, last, last + 1_000_000]) await assert.rejects(resumed(restored, after), CompactedError);
  assert.ok((await put(restored, "/registry/k/1", "after")) > revision);
  const cluster = etcdCluster({ endpoints: [etcd.endpoint] });
  assert.equal((await cluster.list()).length, 1);
  cluster.close();
  assert.ok((await memberStatus(etcd.endpoint, undefined)).isLeader);
});
