/** Two members of an etcd as control planes run them, each a process here: the first is lost for good, and the second becomes the cluster. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { systemClock as clock, systemRandom as random } from "#base/mod.ts";
import { stopProcess } from "#linux/mod.ts";
import { CompactedError, createEtcdStore, type Store, under } from "#store/mod.ts";
import { ensureCertificates } from "../../src/distro/certificates.ts";
import { type ClusterConfig, readCluster, writeCluster } from "../../src/distro/cluster.ts";
import { etcdOptionsOf } from "../../src/distro/etcd/given.ts";
import { firstEtcd, urlsOf } from "../../src/distro/etcd/member.ts";
import { enterMembers, withMembers } from "../../src/distro/etcd/membership.ts";
import { resetMembers } from "../../src/distro/etcd/reset.ts";
import { type Place, placeOf } from "../../src/distro/place.ts";
import { ensureProcess, processesOf } from "../../src/distro/processes.ts";
import type { Progress } from "../../src/distro/progress.ts";
import { findEtcd } from "../../src/store/etcd-under-test.ts";

const found = findEtcd();
if ("path" in found) process.env.PATH = `${dirname(found.path)}${delimiter}${process.env.PATH}`;

const machine = { address: "127.0.0.1" };
const progress = { say() {}, during: (_: string, work: (at: () => void) => Promise<unknown>) => work(() => {}) } as Progress;

/** Of another slot each: so they have other ports of one address. */
const planned = (name: string, slot: number): ClusterConfig => ({
  name: "members",
  slot,
  port: 6443 + slot,
  nodes: [{ name, index: 1 }],
  simulatedNodes: 0,
  uplink: false,
  machine,
});

const etcdOf = (place: Place, cluster: ClusterConfig) => processesOf(place, cluster).find(({ name }) => name === "etcd")!;

async function opened(place: Place, cluster: ClusterConfig): Promise<Store> {
  for (let tries = 1; ; tries++) {
    try {
      return await createEtcdStore(etcdOptionsOf(place, cluster));
    } catch (error) {
      if (tries > 600) throw error;
      await clock.sleep(100);
    }
  }
}

test("what is left of etcd becomes a cluster again, with every object, and no version is used twice", {
  skip: "missing" in found && found.missing,
  timeout: 240_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-members-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const places = ["one", "two"].map((name) => placeOf("members", { SPOKE_STATE: join(folder, name) })) as [Place, Place];
  for (const place of places) t.after(() => stopProcess(clock, join(place.run, "etcd.pid")));
  const [here, there] = places;
  const one = { ...planned("one", 13), etcd: firstEtcd("one", urlsOf(13, machine)) };
  await ensureCertificates(here, one, clock);
  writeCluster(here, one);
  await ensureProcess(etcdOf(here, one), clock);
  await (await opened(here, one)).close();

  const joins = {
    ...planned("two", 14),
    etcd: { servers: one.etcd.servers, member: { name: "two", initial: "", state: "existing" as const } },
  };
  writeCluster(there, joins);
  for (const file of readdirSync(here.pki)) {
    if (!/^(etcd-(peer-)?ca|etcd-client|ca)\./.test(file)) continue;
    if (!existsSync(there.pki)) await ensureCertificates(there, joins, clock);
    copyFileSync(join(here.pki, file), join(there.pki, file));
  }
  for (const file of ["etcd-server.crt", "etcd-peer.crt"]) rmSync(join(there.pki, file));
  await ensureCertificates(there, joins, clock);
  const two = await enterMembers({ place: there, cluster: joins, clock, progress });
  const both = await opened(there, two);
  const made = await both.commit("/registry/a", "absent", Buffer.from("kept"));
  assert.ok(made.ok);
  const lived = await both.commit("/registry/b", "absent", Buffer.from("with an end"), { lifeSeconds: 1000 });
  assert.ok(lived.ok);
  await both.close();
  await assert.rejects(resetMembers({ place: there, cluster: two, clock, random }), /another member of etcd answers, at https:.*:2405/);

  await stopProcess(clock, etcdOf(here, one).pidFile);
  await assert.rejects(createEtcdStore(etcdOptionsOf(there, two)));
  const reset = await resetMembers({ place: there, cluster: two, clock, random });
  assert.deepEqual(readCluster(there), reset);
  assert.deepEqual(
    readdirSync(there.state).filter((name) => /etcd\.|part/.test(name)),
    [],
  );
  await ensureProcess(etcdOf(there, reset), clock);
  const left = await opened(there, reset);
  const { entries } = await left.list(under("/registry/"));
  assert.deepEqual(
    entries.map(({ key, value, modRevision }) => [key, value.toString(), modRevision]),
    [
      ["/registry/a", "kept", made.revision],
      ["/registry/b", "with an end", lived.revision],
    ],
  );
  await assert.rejects(async () => {
    for await (const { events } of left.watch(under("/registry/"), lived.revision, new AbortController().signal))
      assert.deepEqual(events, []);
  }, CompactedError);
  const next = await left.commit("/registry/c", "absent", Buffer.from("new"));
  assert.ok(next.ok && next.revision > lived.revision + 1_000_000);
  await left.close();
  const members = await withMembers(there, reset, (etcd) => etcd.list());
  assert.deepEqual(
    members.map(({ name }) => name),
    ["two"],
  );
  await assert.rejects(resetMembers({ place: there, cluster: reset, clock, random }), /is the only one: there is nothing to reset/);

  // The lost one comes back with what it had: it is another cluster's member, and without a leader.
  await ensureProcess(etcdOf(here, one), clock);
  await assert.rejects(createEtcdStore(etcdOptionsOf(here, one)));
  assert.equal((await withMembers(there, reset, (etcd) => etcd.list())).length, 1);
});
