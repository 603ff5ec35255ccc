/** People of a cluster: each has a namespace of his own, and may not look into another's. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { clusterrolebindings, configmaps, namespaces, resourcequotas, rolebindings, serviceaccounts } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { isForbidden, isNotFound } from "#client/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { endOfToken, ensureAccount, isTokenGood, newToken, removeAccount } from "../../src/distro/users/account.ts";
import { endOf, newCertificate, stillGood } from "../../src/distro/users/certificate.ts";
import { ensureQuota, readQuota } from "../../src/distro/users/quota.ts";
import {
  bindingName,
  checkRole,
  ensureBinding,
  ensureNamespace,
  listUsers,
  removeNamespaces,
  removeRights,
} from "../../src/distro/users/rights.ts";
import { readWishes, type UserWords } from "../../src/distro/users/wishes.ts";
import { eventually, startCluster } from "./cluster.ts";
import { authority } from "./requests.ts";

let cluster: Cluster;
let ca: Awaited<ReturnType<typeof authority>>;
before(async () => {
  ca = await authority(systemClock.now());
  cluster = await startCluster({ nodes: 0, secrets: { clientCa: ca.cert, clientCaKey: ca.key } });
});
after(() => cluster.close());

const expires = "2030-01-01T00:00:00Z";
const add = async (words: UserWords) => {
  const wishes = readWishes(words);
  await checkRole(cluster.client, wishes);
  return [...(await ensureNamespace(cluster.client, wishes)), ...(await ensureBinding(cluster.client, wishes, expires))];
};
const refused = (attempt: Promise<unknown>) => assert.rejects(attempt, isForbidden);
const note = (namespace: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "note", namespace } });

test("a user works in his namespace and sees no other's; said again, nothing changes", async () => {
  assert.deepEqual(await add({ user: "anna" }), ["namespace anna made", "anna has the role edit in anna"]);
  assert.deepEqual(await add({ user: "ben", role: "view", groups: "devs" }), ["namespace ben made", "ben has the role view in ben"]);
  const bound = await cluster.client.get(rolebindings, { namespace: "anna", name: bindingName("anna") });
  assert.deepEqual(await add({ user: "anna" }), []);
  const again = await cluster.client.get(rolebindings, { namespace: "anna", name: bindingName("anna") });
  assert.equal(again.metadata.resourceVersion, bound.metadata.resourceVersion);

  const [anna, ben] = [cluster.as("anna"), cluster.as("ben", "devs")];
  await anna.create(configmaps, note("anna"));
  await refused(anna.list(configmaps, { namespace: "ben" }));
  await refused(anna.list(configmaps));
  await refused(anna.create(rolebindings, { ...bound, metadata: { name: "more", namespace: "anna" } }));
  await ben.list(configmaps, { namespace: "ben" });
  await refused(ben.create(configmaps, note("ben")));
  await refused(ben.list(configmaps, { namespace: "anna" }));
  assert.deepEqual(await listUsers(cluster.client), [
    { user: "anna", namespace: "anna", role: "edit", groups: [], expires, by: "certificate" },
    { user: "ben", namespace: "ben", role: "view", groups: ["devs"], expires, by: "certificate" },
  ]);
});

test("another role takes the place of the one before, also of the whole cluster", async () => {
  assert.deepEqual(await add({ user: "carl" }), ["namespace carl made", "carl has the role edit in carl"]);
  assert.deepEqual(await add({ user: "carl", role: "view" }), ["carl has the role view in carl"]);
  await refused(cluster.as("carl").create(configmaps, note("carl")));
  assert.deepEqual(await add({ user: "carl", role: "cluster-admin" }), ["carl has the role cluster-admin in the whole cluster"]);
  await cluster.as("carl").list(configmaps);
  assert.deepEqual(await add({ user: "carl", role: "view" }), ["carl has the role view in carl"]);
  await refused(cluster.as("carl").list(configmaps));
  await cluster.as("carl").list(configmaps, { namespace: "carl" });
});

test("a role that is not there is refused before anything is made, and bindings of others are left alone", async () => {
  await assert.rejects(add({ user: "dora", role: "nobody" }), /neither the namespace dora nor the cluster has such a role/);
  await assert.rejects(cluster.client.get(namespaces, { name: "dora" }), isNotFound);
  const foreign = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: bindingName("dora") },
    subjects: [],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
  };
  await cluster.client.create(clusterrolebindings, foreign);
  await assert.rejects(add({ user: "dora", role: "cluster-admin" }), /was not made by spoke user add/);
  assert.deepEqual(await add({ user: "dora" }), ["dora has the role edit in dora"], "made by the attempt before");
  await cluster.client.get(clusterrolebindings, { name: bindingName("dora") });
});

test("the cluster signs the user's certificate, which is kept while it is what is asked for", async () => {
  const asked = { user: "anna", groups: ["devs", "ops"], seconds: 86_400 };
  const { cert, key } = await newCertificate(cluster.client, asked, systemClock);
  const made = new X509Certificate(cert);
  assert.deepEqual(made.subject.split("\n").toSorted(), ["CN=anna", "O=devs", "O=ops"]);
  assert.match(key, /BEGIN PRIVATE KEY/);
  assert.equal(Date.parse(endOf(cert)), made.validToDate.getTime());
  const now = systemClock.now();
  assert.ok(stillGood(cert, ca.cert, asked, now));
  assert.ok(!stillGood(cert, ca.cert, asked, now + 13 * 3_600_000), "half of its life is over");
  assert.ok(!stillGood(cert, ca.cert, { ...asked, groups: ["devs"] }, now));
  assert.ok(!stillGood(cert, ca.cert, { ...asked, user: "ben" }, now));
  assert.ok(!stillGood(cert, ca.cert, { ...asked, seconds: 3600 }, now), "longer than asked for");
  assert.ok(!stillGood(cert, (await authority(now)).cert, asked, now), "another cluster's");
  assert.ok(!stillGood("nothing", ca.cert, asked, now));
});

test("a user by token has the role that he was given, and loses it with his account", async () => {
  const words = { user: "gina", token: true, expires: "1h" };
  const wishes = readWishes(words);
  await add(words);
  const uid = await ensureAccount(cluster.client, wishes);
  assert.equal(await ensureAccount(cluster.client, wishes), uid);
  const token = await newToken(cluster.client, wishes);
  const now = systemClock.now();
  assert.ok(
    isTokenGood(token, uid, 3600, now) && !isTokenGood(token, uid, 3600, now + 1_900_000) && !isTokenGood(token, "another", 3600, now),
  );
  assert.ok(Math.abs(Date.parse(endOfToken(token)) - now - 3_600_000) < 60_000);
  const gina = cluster.as(
    "system:serviceaccount:gina:gina",
    "system:serviceaccounts",
    "system:serviceaccounts:gina",
    "system:authenticated",
  );
  await gina.create(configmaps, note("gina"));
  await refused(gina.list(configmaps, { namespace: "anna" }));
  const [row] = (await listUsers(cluster.client)).filter(({ user }) => user === "gina");
  assert.deepEqual([row!.by, row!.account], ["token", "gina"]);
  assert.ok(await removeAccount(cluster.client, wishes));
  assert.ok(!(await removeAccount(cluster.client, wishes)));
  await cluster.client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "gina", namespace: "gina" } });
  await assert.rejects(ensureAccount(cluster.client, wishes), /was not made by spoke user add/);
});

test("a quota holds in the user's namespace: of a size, of a file, and not any more", async (t) => {
  const wishes = readWishes({ user: "hugo" });
  await add({ user: "hugo" });
  const quota = (text: string) => ensureQuota(cluster.client, wishes, readQuota(text));
  const made = ["ResourceQuota user holds in hugo", "LimitRange user holds in hugo"];
  assert.deepEqual(await quota("small"), made);
  assert.deepEqual(await quota("small"), []);
  const { spec } = await cluster.client.get(resourcequotas, { namespace: "hugo", name: "user" });
  assert.deepEqual([spec!.hard!.pods, spec!.hard!["limits.memory"]], ["20", "4Gi"]);
  const folder = mkdtempSync(join(tmpdir(), "spoke-quota-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "quota.yaml");
  writeFileSync(file, 'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: one}\nspec: {hard: {configmaps: "3"}}\n---\n');
  const taken = ["ResourceQuota user is taken away from hugo", "LimitRange user is taken away from hugo"];
  assert.deepEqual(await quota(file), ["ResourceQuota one holds in hugo", ...taken]);
  await eventually(async () => {
    const { status } = await cluster.client.get(resourcequotas, { namespace: "hugo", name: "one" });
    assert.equal(status?.hard?.configmaps, "3");
  });
  // The namespace has the authorities' ConfigMap already.
  const hugo = cluster.as("hugo");
  await assert.rejects(async () => {
    for (const name of ["a", "b", "c"]) await hugo.create(configmaps, { ...note("hugo"), metadata: { name, namespace: "hugo" } });
  }, /exceeded quota: one/);
  assert.deepEqual(await quota("none"), ["ResourceQuota one is taken away from hugo"]);
  for (const [text, message] of [
    ["kind: Pod\napiVersion: v1\nmetadata: {name: x}", /Pod: ResourceQuotas and LimitRanges of v1 are needed/],
    ["kind: ResourceQuota\napiVersion: v1\nmetadata: {name: x, namespace: y}", /must not name one/],
    ["# nothing", /there is nothing in it/],
  ] as const) {
    writeFileSync(file, text);
    assert.throws(() => readQuota(file), message);
  }
  assert.throws(() => readQuota("huge"), /--quota huge: small, medium, large, none, or a file is needed/);
});

test("a user who is removed may do nothing more; the namespace goes when that is said and nobody else works there", async () => {
  await add({ user: "eve" });
  await add({ user: "finn", namespace: "eve" });
  assert.deepEqual(
    (await removeRights(cluster.client, "eve")).map(({ namespace, role }) => [namespace, role]),
    [["eve", "edit"]],
  );
  await refused(cluster.as("eve").list(configmaps, { namespace: "eve" }));
  assert.deepEqual(await removeNamespaces(cluster.client, "eve"), ["namespace eve stays: finn works there too"]);
  await removeRights(cluster.client, "finn");
  assert.deepEqual(await removeNamespaces(cluster.client, "finn"), [], "it was not made for him");
  assert.deepEqual(await removeNamespaces(cluster.client, "eve"), ["namespace eve is being deleted, and all that is in it"]);
  assert.deepEqual(await removeRights(cluster.client, "eve"), []);
});
