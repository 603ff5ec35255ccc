/** The key that signs tokens of service accounts is replaced while the cluster runs: tokens of before are believed until the second step. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Secret, secrets, serviceaccounts, tokenreviews } from "#api/mod.ts";
import { silentLog, systemClock, VirtualClock } from "#base/mod.ts";
import { Cluster } from "#cluster/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { ensureCertificates } from "../../src/distro/certificates.ts";
import { beginRotation, finishRotation } from "../../src/distro/certs/account-key.ts";
import { rowsOf } from "../../src/distro/certs/list.ts";
import { plan } from "../../src/distro/cluster.ts";
import { placeOf } from "../../src/distro/place.ts";
import { followAccountKeys } from "../../src/distro/renewal/account-keys.ts";
import { eventually } from "./cluster.ts";

test("tokens are signed by a new key, and those of before end with the second step", { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-certs-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const place = placeOf("keys", { SPOKE_STATE: folder });
  await ensureCertificates(place, plan("keys", undefined, { nodes: 1 }, new Set()), systemClock);
  const looks = new VirtualClock();
  const { keys, close } = followAccountKeys({ place, clock: looks, log: silentLog });
  t.after(close);
  const cluster = await new Cluster({ store: await createMemoryStore(), secrets: { serviceAccountKey: keys } }).start();
  t.after(() => cluster.close());
  const { client } = cluster;
  const named = { namespace: "default", name: "robot" };
  await client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: named });
  const made = async (): Promise<string> => {
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
    return ((await client.createSub(serviceaccounts, named, "token", request as never)) as never as { status: { token: string } }).status
      .token;
  };
  const believed = async (token: string): Promise<boolean> => {
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", metadata: {}, spec: { token } };
    return (await client.create(tokenreviews, review)).status?.authenticated === true;
  };
  const keyOf = (token: string): string => JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString()).kid;
  const annotations = { "kubernetes.io/service-account.name": "robot" };
  const metadata = { ...named, name: "robot-token", annotations };
  await client.create(secrets, { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/service-account-token" } as Secret);
  const filled = async () => (await client.get(secrets, { ...named, name: "robot-token" })).data?.token;
  await eventually(async () => assert.ok(await filled()));

  const old = await made();
  const finishing = { place, client, clock: systemClock, now: true };
  await assert.rejects(finishRotation(finishing), /no key of service account tokens is being replaced/);
  await beginRotation(place);
  await looks.advance(5000);
  await assert.rejects(beginRotation(place), /is being replaced already/);
  const next = await made();
  assert.notEqual(keyOf(next), keyOf(old));
  assert.deepEqual([await believed(old), await believed(next)], [true, true]);
  await assert.rejects(finishRotation({ ...finishing, now: false }), /pods have fetched new tokens in 24 hours at the latest/);
  await assert.rejects(
    finishRotation(finishing),
    /Secrets hold tokens by the key of before: default\/robot-token\. They are signed anew when/,
  );
  await client.patch(secrets, { ...named, name: "robot-token" }, "json", [{ op: "remove", path: "/data/token" }]);
  await eventually(async () => assert.equal(keyOf(Buffer.from((await filled()) ?? "", "base64").toString() || old), keyOf(next)));
  assert.ok(rowsOf(place).some(({ name }) => name === "service-account-before"));
  await finishRotation(finishing);
  await looks.advance(5000);
  assert.equal(await believed(next), true);
  await eventually(async () => assert.equal(await believed(old), false));
  assert.equal(keyOf(await made()), keyOf(next));
});

test("the list knows of each file its kind, its end and who uses it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-certs-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const place = placeOf("keys", { SPOKE_STATE: folder });
  assert.deepEqual(rowsOf(place), []);
  const planned = plan("keys", undefined, { nodes: 1 }, new Set());
  const member = { name: "one", initial: "", state: "new" as const };
  await ensureCertificates(
    place,
    { ...planned, machine: { address: "127.0.0.1" }, etcd: { servers: ["https://127.0.0.1:2379"], member } },
    systemClock,
  );
  const rows = rowsOf(place);
  const of = (wanted: string) => rows.filter(({ kind }) => kind === wanted).map(({ name }) => name);
  assert.deepEqual(of("authority"), ["ca", "etcd-ca", "etcd-peer-ca", "front-proxy-ca", "ingress-ca"]);
  assert.deepEqual(of("server"), ["apiserver", "kubelet-keys-node-1"]);
  assert.deepEqual(of("both"), ["etcd-peer", "etcd-server"]);
  assert.deepEqual(of("key"), ["encryption", "service-account"]);
  assert.ok(of("client").includes("node-keys-node-1") && of("client").includes("admin"));
  assert.deepEqual(
    rows.filter(({ use }) => use === "").map(({ name }) => name),
    [],
  );
  const [apiserver] = rows.filter(({ name }) => name === "apiserver");
  assert.deepEqual([apiserver!.who, apiserver!.by, apiserver!.renewed], ["kube-apiserver", "keys-ca", "by itself"]);
  const days = (Date.parse(apiserver!.ends!) - systemClock.now()) / 86_400_000;
  assert.ok(days > 364 && days < 366);
});
