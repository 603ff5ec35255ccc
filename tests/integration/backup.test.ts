/** A cluster that is backed up while it is written to, lost, and restored: what was acknowledged is there, and no version means two things. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { configmaps, secrets } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { isGone } from "#client/mod.ts";
import { Cluster } from "#cluster/mod.ts";
import { createSqliteStore } from "#store/mod.ts";
import { openBackup, writeBackup } from "../../src/distro/backup/archive.ts";
import type { ClusterConfig } from "../../src/distro/cluster.ts";
import type { Place } from "../../src/distro/place.ts";

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

async function open(place: Place): Promise<Cluster> {
  const store = await createSqliteStore({ file: join(place.state, "store/state.db") });
  return new Cluster({ store, secrets: { encryptionKey } }).open();
}

const namespace = "default";
const note = (name: string, text: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { text } });
const versionOf = ({ metadata }: { metadata: { resourceVersion?: string } }) => metadata.resourceVersion!;

test("a restored cluster has what was acknowledged, tells resumed watches to begin anew, and uses no version twice", {
  timeout: 120_000,
}, async (t) => {
  const [old, young] = [placeFor(t), placeFor(t)];
  mkdirSync(old.pki);
  for (const file of ["ca.key", "ca.crt", "encryption.key", "service-account.key"]) writeFileSync(join(old.pki, file), file);
  const before = await open(old);
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
  await before.close();
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(manifest.revision >= Number(versionOf(kept)) && manifest.revision < Number(versionOf(lost)));

  const backup = await openBackup(young, file);
  assert.deepEqual(backup.cluster, description);
  backup.install();
  backup.discard();
  assert.equal(readFileSync(join(young.pki, "ca.key"), "utf8"), "ca.key");
  assert.equal(statSync(join(young.pki, "ca.key")).mode & 0o777, 0o600);
  const after = await open(young);
  const { items } = await after.client.list(configmaps, { namespace });
  const there = new Set(items.map(({ metadata }) => metadata.name));
  for (let at = 0; at < acknowledged; at++) assert.ok(there.has(`write-${at}`), `write ${at} of ${acknowledged}`);
  assert.ok(!there.has("lost"));
  const again = await after.client.get(configmaps, { namespace, name: "kept" });
  assert.deepEqual([again.data, versionOf(again)], [{ text: "two" }, versionOf(kept)]);
  assert.deepEqual((await after.client.get(secrets, { namespace, name: "s" })).data, { a: "Yg==" });
  for (const resourceVersion of [versionOf(kept), versionOf(lost)])
    await assert.rejects(
      async () => {
        for await (const event of await after.client.watch(configmaps, { namespace, resourceVersion })) assert.fail(JSON.stringify(event));
      },
      (error) => isGone(error),
    );
  const next = await after.client.create(configmaps, note("next", "x"));
  assert.ok(Number(versionOf(next)) > Number(versionOf(lost)) + 1_000_000);
  await after.close();
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
