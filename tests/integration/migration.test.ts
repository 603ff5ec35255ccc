/** A cluster's objects move from the embedded store to etcd and back while it is stopped: all of them, with their versions. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { type ConfigMap, configmaps, events, secrets } from "#api/mod.ts";
import { systemClock as clock, systemRandom as random } from "#base/mod.ts";
import { isGone } from "#client/mod.ts";
import { Cluster } from "#cluster/mod.ts";
import { stopProcess } from "#linux/mod.ts";
import { createEtcdStore, createSqliteStore, type Store } from "#store/mod.ts";
import { ensureCertificates, readCa } from "../../src/distro/certificates.ts";
import { type ClusterConfig, readCluster, writeCluster } from "../../src/distro/cluster.ts";
import { etcdOptionsOf } from "../../src/distro/etcd/given.ts";
import { withMembers } from "../../src/distro/etcd/membership.ts";
import { moveToEmbedded, moveToGiven, moveToMember } from "../../src/distro/migration/moving.ts";
import { type Place, placeOf } from "../../src/distro/place.ts";
import { ensureProcess, processesOf } from "../../src/distro/processes.ts";
import { findEtcd, startEtcd } from "../../src/store/etcd-under-test.ts";

const found = findEtcd();
const needsEtcd = { skip: "missing" in found && found.missing, timeout: 180_000 };
if ("path" in found) process.env.PATH = `${dirname(found.path)}${delimiter}${process.env.PATH}`;

const namespace = "default";
const encryptionKey = Buffer.alloc(32, 7);
const versionOf = ({ metadata }: { metadata: { resourceVersion?: string } }) => metadata.resourceVersion!;
const note = (name: string, text: string): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
  data: { text },
});

/** Another slot, and so other ports, than those of other tests (`etcd-members.test.ts`). */
const description: ClusterConfig = {
  name: "moved",
  slot: 12,
  port: 6455,
  nodes: [{ name: "one", index: 1 }],
  simulatedNodes: 0,
  uplink: false,
  machine: { address: "127.0.0.1" },
};

async function stopped(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "spoke-migration-"));
  const place = placeOf("moved", { SPOKE_STATE: folder });
  mkdirSync(join(place.state, "store"), { recursive: true });
  writeCluster(place, description);
  await ensureCertificates(place, description, clock);
  t.after(async () => {
    await stopProcess(clock, join(place.run, "etcd.pid"));
    rmSync(folder, { recursive: true, force: true });
  });
  return { place, moving: { place, clock, random } };
}

const embedded = (place: Place) => createSqliteStore({ file: join(place.state, "store/state.db") });

async function whileOpen(store: Store, work: (cluster: Cluster) => Promise<void>): Promise<void> {
  const cluster = await new Cluster({ store, secrets: { encryptionKey } }).open();
  await work(cluster).finally(() => cluster.close());
}

async function whileEtcdRuns(place: Place, cluster: ClusterConfig, work: () => Promise<void>): Promise<void> {
  const spec = processesOf(place, cluster).find(({ name }) => name === "etcd")!;
  await ensureProcess(spec, clock);
  await work().finally(() => stopProcess(clock, spec.pidFile));
}

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

/** What is there in the first store. */
async function fill({ client }: Cluster, place: Place) {
  const info = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "cluster-info", namespace: "kube-public" } };
  await client.create(configmaps, { ...info, data: { kubeconfig: Buffer.from(readCa(place)).toString("base64") } });
  await client.create(configmaps, note("kept", "one"));
  const kept = await client.update(configmaps, note("kept", "two"));
  await client.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace }, data: { a: "Yg==" } });
  const involvedObject = { kind: "ConfigMap", name: "kept", namespace };
  const event = { apiVersion: "v1", kind: "Event", metadata: { name: "e", namespace }, involvedObject, reason: "Moved", type: "Normal" };
  await client.create(events, event);
  const gone = await client.create(configmaps, note("gone", "x"));
  await client.delete(configmaps, { namespace, name: "gone" });
  return { kept: versionOf(kept), gone: versionOf(gone) };
}

test("to a member of etcd and back: every version is kept, watches go on from the last, and the counter too", needsEtcd, async (t) => {
  const { place, moving } = await stopped(t);
  let was = { kept: "", gone: "" };
  let last = "";
  await whileOpen(await embedded(place), async (cluster) => {
    was = await fill(cluster, place);
    last = versionOf(await cluster.client.create(configmaps, note("last", "x")));
  });
  const moved = await moveToMember({ ...moving, cluster: description });
  assert.deepEqual(readCluster(place), moved);
  assert.ok(!existsSync(join(place.state, "store")));
  await whileEtcdRuns(place, moved, async () =>
    whileOpen(await opened(place, moved), async ({ client }) => {
      const kept = await client.get(configmaps, { namespace, name: "kept" });
      assert.deepEqual([kept.data, versionOf(kept)], [{ text: "two" }, was.kept]);
      assert.deepEqual((await client.get(secrets, { namespace, name: "s" })).data, { a: "Yg==" });
      assert.equal((await client.get(events, { namespace, name: "e" })).reason, "Moved");
      const watch = async (resourceVersion: string) => {
        for await (const [event] of await client.watch(configmaps, { namespace, resourceVersion })) return event?.object.metadata.name;
        return undefined;
      };
      await assert.rejects(watch(was.gone), (error) => isGone(error));
      const next = watch(last);
      const made = await client.create(configmaps, note("next", "x"));
      assert.equal(await next, "next");
      assert.ok(Number(versionOf(made)) > Number(last) && Number(versionOf(made)) < Number(last) + 1000);
      last = versionOf(made);
    }),
  );
  const back = await moveToEmbedded({ ...moving, cluster: moved });
  assert.deepEqual([back, readCluster(place)], [description, description]);
  assert.ok(!existsSync(join(place.state, "etcd")) && !readdirSync(place.pki).some((name) => name.startsWith("etcd-")));
  await whileOpen(await embedded(place), async ({ client }) => {
    assert.equal(versionOf(await client.get(configmaps, { namespace, name: "kept" })), was.kept);
    assert.equal(versionOf(await client.get(configmaps, { namespace, name: "next" })), last);
    assert.equal((await client.get(events, { namespace, name: "e" })).reason, "Moved");
    assert.ok(Number(versionOf(await client.create(configmaps, note("again", "x")))) > Number(last));
  });
});

test("where others are members of etcd, nothing moves back", needsEtcd, async (t) => {
  const { place, moving } = await stopped(t);
  await whileOpen(await embedded(place), async (cluster) => void (await fill(cluster, place)));
  const moved = await moveToMember({ ...moving, cluster: description });
  await whileEtcdRuns(place, moved, async () => {
    await (await opened(place, moved)).close();
    await withMembers(place, moved, (etcd) => etcd.addLearner("https://127.0.0.1:1"));
  });
  await assert.rejects(
    moveToEmbedded({ ...moving, cluster: moved }),
    /other control planes are members of etcd, too .*spoke destroy there/,
  );
  assert.deepEqual(readCluster(place), moved);
});

test(
  "to an etcd that was given: its versions go on above the store's, and one that holds another cluster is left alone",
  needsEtcd,
  async (t) => {
    const { place, moving } = await stopped(t);
    let last = "";
    await whileOpen(await embedded(place), async (cluster) => {
      await fill(cluster, place);
      last = versionOf(await cluster.client.create(configmaps, note("last", "x")));
    });
    const etcd = await startEtcd((found as { path: string }).path);
    t.after(() => etcd.stop());
    const endpoints = [etcd.endpoint] as [string];
    const given = { servers: endpoints, pem: {} };
    const other = await createEtcdStore({ endpoints });
    const taken = await other.commit("/registry/namespaces/theirs", "absent", Buffer.from("x"));
    assert.ok(taken.ok);
    await assert.rejects(moveToGiven({ ...moving, cluster: description }, given, { endpoints }), /holds another cluster than "moved"/);
    await other.commit("/registry/namespaces/theirs", taken.revision, "delete");
    await other.commit("/registry/spoke.dev/moving", "absent", Buffer.from(readCa(place)));
    const moved = await moveToGiven({ ...moving, cluster: description }, given, { endpoints });
    assert.deepEqual([moved.etcd, readCluster(place)], [{ servers: endpoints }, moved]);
    const { entries } = await other.list({ from: "/registry/spoke.dev/", to: "/registry/spoke.dev0" });
    assert.deepEqual(entries, []);
    await other.close();
    await whileOpen(await createEtcdStore({ endpoints }), async ({ client }) => {
      assert.deepEqual((await client.get(secrets, { namespace, name: "s" })).data, { a: "Yg==" });
      const kept = await client.get(configmaps, { namespace, name: "kept" });
      assert.ok(Number(versionOf(kept)) > Number(last));
      await assert.rejects(
        async () => {
          for await (const event of await client.watch(configmaps, { namespace, resourceVersion: last }))
            assert.fail(JSON.stringify(event));
        },
        (error) => isGone(error),
      );
    });
  },
);
