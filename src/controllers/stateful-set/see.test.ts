import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerrevisions, type Pod, pods, type StatefulSet, statefulsets } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod, secondsAgo } from "../situations.ts";
import { statefulSets } from "./see.ts";

const labels = { app: "db" };
const aSet: StatefulSet = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: aMeta("web", { generation: 1 }),
  spec: {
    replicas: 2,
    serviceName: "svc",
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [] } },
  },
};

test("pods come one after another, each when the one before is ready", async () => {
  const { all, get, put, settled, told, close } = await trial(statefulSets, [[statefulsets, aSet]]);
  const names = async () => (await all<Pod>(pods)).map((pod) => pod.metadata.name);
  assert.deepEqual(await names(), ["web-0"]);
  const first = get(pods, "default/web-0")!;
  put(pods, { ...first, status: { phase: "Running", conditions: [{ type: "Ready", status: "True", lastTransitionTime: secondsAgo(5) }] } });
  await settled();
  assert.deepEqual(await names(), ["web-0", "web-1"]);
  assert.equal((await all(controllerrevisions)).length, 1);
  assert.equal(get(statefulsets, "default/web")?.status?.readyReplicas, 1);
  assert.deepEqual(await told(), [
    "Normal SuccessfulCreate Create Pod web-0 in StatefulSet web successful",
    "Normal SuccessfulCreate Create Pod web-1 in StatefulSet web successful",
  ]);
  await close();
});

test("an orphan is adopted only when its name is one of the set's", async () => {
  const { get, close } = await trial(statefulSets, [
    [statefulsets, aSet],
    [pods, aPod({ name: "web-0", labels })],
    [pods, aPod({ name: "other", labels })],
  ]);
  assert.equal(get(pods, "default/web-0")?.metadata.ownerReferences?.[0]?.name, "web");
  assert.equal(get(pods, "default/other")?.metadata.ownerReferences, undefined);
  await close();
});
