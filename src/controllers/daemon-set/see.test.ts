import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerrevisions, type DaemonSet, daemonsets, type Node, nodes, type Pod, pods } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta } from "../situations.ts";
import { nodeOf } from "./placement.ts";
import { daemonSets } from "./see.ts";

const labels = { app: "log" };
const aSet = (image = "log:1"): DaemonSet => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: aMeta("log", { generation: 1 }),
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "c", image }] } },
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
  },
});
const aNode = (name: string, more: Node["spec"] = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: {} },
  spec: more,
});
const placesOf = (all: Pod[]) => all.map((pod) => nodeOf(pod)).sort();

test("a set keeps its history and one pod a node, also on nodes that come later", async () => {
  const { all, get, put, told, settled, close } = await trial(daemonSets(), [
    [daemonsets, aSet()],
    [nodes, aNode("a")],
  ]);
  const [revision] = await all(controllerrevisions);
  assert.equal(revision?.revision, 1);
  assert.deepEqual((revision!.data as { spec: { template: object } }).spec.template, { ...aSet().spec!.template, $patch: "replace" });
  assert.deepEqual(placesOf(await all(pods)), ["a"]);
  assert.equal(
    (await all(pods))[0]?.metadata.labels?.["controller-revision-hash"],
    revision?.metadata.labels?.["controller-revision-hash"],
  );
  put(nodes, aNode("b"));
  await settled();
  assert.deepEqual(placesOf(await all(pods)), ["a", "b"]);
  assert.equal(get(daemonsets, "default/log")?.status?.desiredNumberScheduled, 2);
  assert.equal((await told()).filter((line) => line.startsWith("Normal SuccessfulCreate Created pod: log-")).length, 2);
  await close();
});

test("a taint that is not tolerated drives the pod out, and its end brings it back", async () => {
  const { api, all, put, get, settled, close } = await trial(daemonSets(), [
    [daemonsets, aSet()],
    [nodes, aNode("a")],
  ]);
  const [first] = await all<Pod>(pods);
  put(nodes, { ...get(nodes, "a")!, spec: { taints: [{ key: "k", effect: "NoExecute" }] } });
  await settled();
  assert.equal((await all<Pod>(pods)).filter((pod) => !pod.metadata.deletionTimestamp).length, 0);
  api.remove(`pods/default/${first?.metadata.name}`);
  put(nodes, { ...get(nodes, "a")!, spec: {} });
  await settled();
  assert.equal((await all<Pod>(pods)).filter((pod) => !pod.metadata.deletionTimestamp).length, 1);
  await close();
});

test("a template that comes back gets its old revision with a new number", async () => {
  const { all, put, get, settled, close } = await trial(daemonSets(), [[daemonsets, aSet()]]);
  for (const image of ["log:2", "log:1"]) {
    put(daemonsets, { ...get(daemonsets, "default/log")!, spec: aSet(image).spec });
    await settled();
  }
  const numbers = (await all(controllerrevisions)).map((revision) => revision.revision);
  assert.deepEqual(numbers.sort(), [2, 3]);
  await close();
});
