import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pod, pods, type ReplicaSet, type ReplicationController, replicasets, replicationcontrollers } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod } from "../situations.ts";
import { replicaSets, replicationControllers } from "./see.ts";

const labels = { app: "web" };
const aSet = (replicas: number): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: aMeta("web"),
  spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels } } },
});

test("a set makes its pods once, tells of them and writes its status", async () => {
  const { all, get, told, close } = await trial(replicaSets, [[replicasets, aSet(3)]]);
  const made = await all(pods);
  assert.equal(made.length, 3);
  assert.equal(get(replicasets, "default/web")?.status?.replicas, 3);
  assert.deepEqual((await told()).sort(), made.map(({ metadata }) => `Normal SuccessfulCreate Created pod: ${metadata.name}`).sort());
  await close();
});

test("a pod that disappears is replaced, and one too many goes", async () => {
  const { api, all, put, get, settled, close } = await trial(replicaSets, [[replicasets, aSet(2)]]);
  const [first] = await all(pods);
  api.remove(`pods/default/${first!.metadata.name}`);
  await settled();
  assert.equal((await all(pods)).length, 2);
  const set = get(replicasets, "default/web")!;
  put(replicasets, { ...set, spec: { ...set.spec, replicas: 1 } });
  await settled();
  assert.equal((await all(pods)).filter((pod) => !pod.metadata.deletionTimestamp).length, 1);
  await close();
});

test("an orphan that matches is adopted instead of making one, as soon as its labels match", async () => {
  const { all, put, settled, close } = await trial(replicaSets, [
    [replicasets, aSet(1)],
    [pods, aPod({ name: "free", labels })],
  ]);
  const [own] = await all<Pod>(pods);
  assert.equal(own?.metadata.ownerReferences?.[0]?.uid, "uid-of-web");
  assert.equal((await all(pods)).length, 1);
  const later = put(pods, aPod({ name: "late", labels: { app: "other" } }));
  await settled();
  put(pods, { ...later, metadata: { ...later.metadata, labels } });
  await settled();
  const late = (await all<Pod>(pods)).find((pod) => pod.metadata.name === "late");
  assert.equal(late?.metadata.ownerReferences?.[0]?.uid, "uid-of-web");
  await close();
});

test("a refused creation is told in status and events, and tried again later", async () => {
  const { api, clock, put, get, told, settled, close } = await trial(replicaSets);
  api.refuse("POST", "pods", 403, "Forbidden", 2); // the status that was written wakes it once at once
  put(replicasets, aSet(2));
  await settled();
  assert.deepEqual(
    get(replicasets, "default/web")?.status?.conditions?.map(({ type, reason, message }) => [type, reason, message]),
    [["ReplicaFailure", "FailedCreate", "Forbidden"]],
  );
  assert.deepEqual(await told(), ["Warning FailedCreate Error creating: Forbidden"]);
  await clock.advance(50);
  await settled();
  assert.equal(get(replicasets, "default/web")?.status?.replicas, 2);
  assert.equal(get(replicasets, "default/web")?.status?.conditions, undefined);
  await close();
});

test("a ReplicationController does the same by its plain selector", async () => {
  const rc: ReplicationController = {
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: aMeta("web"),
    spec: { replicas: 1, selector: labels, template: { metadata: { labels } } },
  };
  const { all, get, close } = await trial(replicationControllers, [[replicationcontrollers, rc]]);
  const [own] = await all<Pod>(pods);
  assert.equal(own?.metadata.ownerReferences?.[0]?.kind, "ReplicationController");
  assert.deepEqual(get(replicationcontrollers, "default/web")?.status?.replicas, 1);
  await close();
});
