import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pod, pods } from "#api/mod.ts";
import { settle, silentLog, VirtualClock } from "#base/mod.ts";
import { fakeApi } from "./fake-api.ts";
import { index } from "./indexes.ts";
import { informer } from "./informer.ts";

const aPod = (name: string, spec: Pod["spec"] = {}, labels: Record<string, string> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default", labels },
  spec,
});

function following() {
  const api = fakeApi();
  const clock = new VirtualClock();
  return { api, clock, all: informer(api.client, pods, { clock, log: silentLog }) };
}

const names = (found: readonly Pod[]) => found.map((pod) => pod.metadata.name);

test("two indexes that mean different things by the same word do not meet", async () => {
  const { api, all } = following();
  const nodeOf = index(pods, (pod) => [pod.spec?.nodeName ?? ""]);
  const nodeLabel = index(pods, (pod) => [pod.metadata.labels?.node ?? ""]);
  api.put("pods", aPod("a", { nodeName: "n1" }, { node: "x" }));
  await all.synced;
  assert.deepEqual(names(all.by(nodeOf, "n1")), ["a"]);
  assert.deepEqual(names(all.by(nodeLabel, "x")), ["a"]);
  assert.deepEqual(names(all.by(nodeLabel, "n1")), []);
  all.close();
});

test("an index follows updates and deletions from when it is first asked", async () => {
  const { api, all } = following();
  const nodeOf = index(pods, (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []));
  const first = api.put("pods", aPod("a")) as Pod;
  await all.synced;
  assert.deepEqual(all.by(nodeOf, "n1"), []);
  api.put("pods", { ...first, spec: { nodeName: "n1" } } as Pod);
  await settle();
  assert.deepEqual(names(all.by(nodeOf, "n1")), ["a"]);
  api.remove("pods/default/a");
  await settle();
  assert.deepEqual(all.by(nodeOf, "n1"), []);
  all.close();
});

test("until answers when the copy has come so far, and false when it takes too long or the informer ends", async () => {
  const { api, clock, all } = following();
  await all.synced;
  await settle();
  const there = all.until(() => all.get("default/a") !== undefined, 1000);
  const never = all.until(() => false, 1000);
  const cut = all.until(() => false, 100_000);
  api.put("pods", aPod("a"));
  assert.equal(await there, true);
  await clock.advance(1000);
  assert.equal(await never, false);
  all.close();
  assert.equal(await cut, false);
  assert.equal(await all.until(() => false, 1000), false);
});
