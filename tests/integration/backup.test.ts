/** A cluster that is backed up while it is written to, lost, and restored, wherever its objects are: what was acknowledged is there, and no version means two things. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { configmaps, secrets } from "#api/mod.ts";
import { systemClock, systemRandom } from "#base/mod.ts";
import { isGone } from "#client/mod.ts";
import { Cluster } from "#cluster/mod.ts";
import { createEtcdStore, createSqliteStore, type Store } from "#store/mod.ts";
import { openBackup, writeBackup } from "../../src/distro/backup/archive.ts";
import { putBack, writeSnapshot } from "../../src/distro/backup/put-back.ts";
import type { ClusterConfig } from "../../src/distro/cluster.ts";
import type { Place } from "../../src/distro/place.ts";
import { findEtcd, type RunningEtcd, startEtcd } from "../../src/store/etcd-under-test.ts";

const description: ClusterConfig = { name: "lost", slot: 0, port: 6443, nodes: [], simulatedNodes: 0, uplink: false };
const encryptionKey = Buffer.alloc(32, 7);

function placeFor(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "spoke-backup-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const state = join(folder, "lost");
  const place = { cluster: "lost", state, run: join(state, "run"), logs: join(state, "logs"), pki: join(state, "pki"), cache: folder };
  mkdirSync(join(state, "store"), { recursive: true });
  return place;
}

const open = async (store: Promise<Store>): Promise<Cluster> => new Cluster({ store: await store, secrets: { encryptionKey } }).open();
const embedded = (place: Place) => createSqliteStore({ file: join(place.state, "store/state.db") });
const overEtcd = ({ endpoint }: RunningEtcd) => createEtcdStore({ endpoints: [endpoint as string] });

const found = findEtcd();
const needsEtcd = { skip: "missing" in found && found.missing, timeout: 120_000 };

async function startedEtcd(t: TestContext, folder?: string): Promise<RunningEtcd> {
  const etcd = await startEtcd((found as { path: string }).path, folder);
  t.after(() => etcd.stop());
  return etcd;
}

/** What `spoke restore` does between its questions. */
async function restore(place: Place, file: string, cluster: ClusterConfig): Promise<ClusterConfig> {
  const backup = await openBackup(place, file);
  const folder = mkdtempSync(join(place.cache, "put-"));
  try {
    const given = { ...backup, cluster };
    const { put, cluster: next } = await putBack({ backup: given, folder, file, clock: systemClock, random: systemRandom });
    backup.install(put);
    return next;
  } finally {
    backup.discard();
  }
}

const namespace = "default";
const note = (name: string, text: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { text } });
const versionOf = ({ metadata }: { metadata: { resourceVersion?: string } }) => metadata.resourceVersion!;

/** Writes, is backed up meanwhile, and writes on. */
async function used(old: Place, description: ClusterConfig, before: Cluster) {
  mkdirSync(old.pki);
  for (const file of ["ca.key", "ca.crt", "encryption.key", "service-account.key"]) writeFileSync(join(old.pki, file), file);
  const clusterInfo = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "cluster-info", namespace: "kube-public" } };
  // By its authority an etcd is known as this cluster's.
  await before.client.create(configmaps, { ...clusterInfo, data: { kubeconfig: Buffer.from("ca.crt").toString("base64") } });
  await before.client.create(configmaps, note("kept", "one"));
  const kept = await before.client.update(configmaps, note("kept", "two"));
  await before.client.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace }, data: { a: "Yg==" } });
  let writes = 0;
  let writing = true;
  const writer = (async () => {
    while (writing) {
      await before.client.create(configmaps, note(`write-${writes}`, "x"));
      writes++;
    }
  })();
  while (writes < 5) await systemClock.sleep(5);
  const acknowledged = writes;
  const file = join(old.cache, "backup.tar.gz");
  const manifest = await writeBackup(old, description, file, systemClock);
  writing = false;
  await writer;
  const lost = await before.client.create(configmaps, note("lost", "x"));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(manifest.revision >= Number(versionOf(kept)) && manifest.revision < Number(versionOf(lost)));
  return { file, acknowledged, kept: versionOf(kept), lost: versionOf(lost) };
}

type Used = Awaited<ReturnType<typeof used>>;

async function isRestored(after: Cluster, { acknowledged, kept, lost }: Used): Promise<{ kept: string; next: number }> {
  const { items } = await after.client.list(configmaps, { namespace });
  const there = new Set(items.map(({ metadata }) => metadata.name));
  for (let at = 0; at < acknowledged; at++) assert.ok(there.has(`write-${at}`), `write ${at} of ${acknowledged}`);
  assert.ok(!there.has("lost"));
  const again = await after.client.get(configmaps, { namespace, name: "kept" });
  assert.deepEqual(again.data, { text: "two" });
  assert.deepEqual((await after.client.get(secrets, { namespace, name: "s" })).data, { a: "Yg==" });
  for (const resourceVersion of [kept, lost])
    await assert.rejects(
      async () => {
        for await (const event of await after.client.watch(configmaps, { namespace, resourceVersion })) assert.fail(JSON.stringify(event));
      },
      (error) => isGone(error),
    );
  const next = await after.client.create(configmaps, note("next", "x"));
  assert.ok(Number(versionOf(next)) > Number(lost));
  return { kept: versionOf(again), next: Number(versionOf(next)) };
}

test("a restored cluster has what was acknowledged, tells resumed watches to begin anew, and uses no version twice", {
  timeout: 120_000,
}, async (t) => {
  const [old, young] = [placeFor(t), placeFor(t)];
  const before = await open(embedded(old));
  const was = await used(old, description, before);
  await before.close();
  assert.deepEqual(await restore(young, was.file, description), description);
  assert.equal(readFileSync(join(young.pki, "ca.key"), "utf8"), "ca.key");
  assert.equal(statSync(join(young.pki, "ca.key")).mode & 0o777, 0o600);
  const after = await open(embedded(young));
  const { kept, next } = await isRestored(after, was);
  assert.equal(kept, was.kept);
  assert.ok(next > Number(was.lost) + 1_000_000);
  await after.close();
});

test("a cluster with a member of etcd begins again as the only one, and members of the lost one do not know it", needsEtcd, async (t) => {
  const [old, young] = [placeFor(t), placeFor(t)];
  const lost = await startedEtcd(t);
  const before = await open(overEtcd(lost));
  const etcd = { servers: [lost.endpoint] as [string] };
  const was = await used(old, { ...description, etcd }, before);
  const machine = { address: "192.0.2.1" };
  const member = { name: "two", initial: "one=https://192.0.2.9:2380,two=https://192.0.2.1:2380", state: "existing" as const };
  const described = { ...description, machine, etcd: { servers: ["https://192.0.2.9:2379"] as [string], member } };
  await assert.rejects(restore(young, was.file, described), /runs on: its member of etcd at http:.* answers\. Stop all/);
  await before.close();
  await lost.stop();
  const { etcd: begun } = await restore(young, was.file, described);
  assert.deepEqual(begun!.servers, ["https://192.0.2.1:2379"]);
  const { token, ...first } = begun!.member!;
  assert.deepEqual(first, { name: "two", initial: "two=https://192.0.2.1:2380", state: "new" });
  assert.match(token!, /^[0-9a-f-]{36}$/);
  const after = await open(overEtcd(await startedEtcd(t, join(young.state, "etcd"))));
  const { kept, next } = await isRestored(after, was);
  assert.equal(kept, was.kept);
  assert.ok(next > Number(was.lost) + 1_000_000);
  await after.close();
});

test("an etcd that was given gets back what was saved from it; another one only what was begun from a snapshot", needsEtcd, async (t) => {
  const [old, young] = [placeFor(t), placeFor(t)];
  const given = await startedEtcd(t);
  const before = await open(overEtcd(given));
  const at = ({ endpoint }: RunningEtcd): ClusterConfig => ({ ...description, etcd: { servers: [endpoint] } });
  const was = await used(old, at(given), before);
  await before.close();
  await restore(young, was.file, at(given));
  const after = await open(overEtcd(given));
  await isRestored(after, was);
  await after.close();

  const backup = await openBackup(young, was.file);
  t.after(() => backup.discard());
  const elsewhere = { ...backup, manifest: { ...backup.manifest, etcd: { id: "1", servers: [given.endpoint] as [string] } } };
  const putting = (etcd: RunningEtcd) => {
    const folder = mkdtempSync(join(young.cache, "put-"));
    const manifest = { ...elsewhere.manifest, etcd: { ...elsewhere.manifest.etcd, servers: [etcd.endpoint] as [string] } };
    const asked = { ...elsewhere, manifest, cluster: at(etcd) };
    return putBack({ backup: asked, folder, file: was.file, clock: systemClock, random: systemRandom });
  };
  await assert.rejects(putting(given), /is not the one that .* was taken from, so versions would be used twice: write a snapshot/);
  const [snapshot, data] = [join(young.cache, "snapshot.db"), join(young.cache, "data")];
  await writeSnapshot(backup, snapshot, systemClock);
  mkdirSync(join(data, "member/snap"), { recursive: true });
  copyFileSync(snapshot, join(data, "member/snap/db"));
  const other = await startedEtcd(t, data);
  assert.equal((await putting(other)).put, "given");
  const moved = await open(overEtcd(other));
  assert.equal((await isRestored(moved, was)).kept, was.kept);
  await moved.close();
  await assert.rejects(putting(other), /was begun from a backup, and has changed since/);
});

test("what is not all of a backup is refused, and nothing is touched", { timeout: 60_000 }, async (t) => {
  const place = placeFor(t);
  writeFileSync(join(place.state, "store/state.db"), "mine");
  const file = join(place.cache, "half.tar.gz");
  await assert.rejects(openBackup(place, file), /there is no file/);
  writeFileSync(file, "half of something");
  await assert.rejects(openBackup(place, file), /is no backup, or not all of one/);
  assert.equal(readFileSync(join(place.state, "store/state.db"), "utf8"), "mine");
});
