import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigMap, configmaps, type OwnerReference } from "#api/mod.ts";
import type { Step } from "#client/mod.ts";
import { type Trial, trial } from "#client/reconcile/trial.ts";
import { aMeta, secondsAgo } from "../situations.ts";
import { type Owners, planGarbage, type SeenOwned } from "./plan.ts";
import { garbageCollector } from "./see.ts";

const ref = (name: string, more: OwnerReference = {}): OwnerReference => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  name,
  uid: `uid-of-${name}`,
  ...more,
});
const aMap = (name: string, owners: OwnerReference[] = [], meta: ConfigMap["metadata"] = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: aMeta(name, { ...(owners.length > 0 ? { ownerReferences: owners } : {}), ...meta }),
});

const owned = (owners: Partial<Owners>, more: Partial<SeenOwned> = {}, meta: ConfigMap["metadata"] = {}): SeenOwned => {
  const full = { solid: [], dangling: [], waiting: [], ...owners };
  const all = [...full.solid, ...full.dangling, ...full.waiting];
  const object = aMap("x", all, { resourceVersion: "7", ...meta });
  return { is: "owned", resource: configmaps, object, owners: full, hasDependents: false, inCircle: false, ...more };
};
const short = (steps: readonly Step[]) =>
  steps.map((step) => {
    if (step.do === "delete") return `delete ${step.policy}${step.version ? ` at ${step.version}` : ""}`;
    const { metadata } = (step as { patch: { metadata: { ownerReferences?: OwnerReference[] | null; finalizers?: string[] | null } } })
      .patch;
    if ("finalizers" in metadata) return `finalizers ${metadata.finalizers?.join() ?? "none"}`;
    return `owners ${metadata.ownerReferences?.map(({ name, blockOwnerDeletion }) => `${name}${blockOwnerDeletion === false ? " unblocked" : ""}`).join() ?? "none"}`;
  });

const [a, b] = [ref("a"), ref("b")];
const rows: { name: string; seen: SeenOwned; wanted: string[] }[] = [
  { name: "all owners are there", seen: owned({ solid: [a] }), wanted: [] },
  { name: "all are gone", seen: owned({ dangling: [a, b] }), wanted: ["delete Background at 7"] },
  { name: "one is gone, one is there", seen: owned({ solid: [a], dangling: [b] }), wanted: ["owners a"] },
  { name: "one waits, one is there", seen: owned({ solid: [a], waiting: [b] }), wanted: ["owners a"] },
  { name: "the owner waits", seen: owned({ waiting: [a] }), wanted: ["delete Background at 7"] },
  {
    name: "the owner waits, and there are dependents",
    seen: owned({ waiting: [a] }, { hasDependents: true }),
    wanted: ["delete Foreground at 7"],
  },
  {
    name: "a circle is broken",
    seen: owned({ waiting: [ref("a", { blockOwnerDeletion: true })] }, { hasDependents: true, inCircle: true }),
    wanted: ["owners a unblocked", "delete Foreground"],
  },
  { name: "it asked to be orphaned from", seen: owned({ dangling: [a] }, {}, { finalizers: ["orphan"] }), wanted: ["delete Orphan at 7"] },
  {
    name: "it asked for the foreground",
    seen: owned({ dangling: [a] }, {}, { finalizers: ["foregroundDeletion"] }),
    wanted: ["delete Foreground at 7"],
  },
  { name: "it is going already", seen: owned({ dangling: [a] }, {}, { deletionTimestamp: secondsAgo(1) }), wanted: [] },
];
for (const { name, seen, wanted } of rows) test(`garbage: ${name}`, () => assert.deepEqual(short(planGarbage(seen)), wanted));

test("garbage: nothing blocks an owner that waits, and it may go", () => {
  const object = aMap("x", [], { finalizers: ["foregroundDeletion", "other"] });
  assert.deepEqual(short(planGarbage({ is: "unblocked", resource: configmaps, object })), ["finalizers other"]);
});

async function collecting(...maps: ConfigMap[]): Promise<Trial> {
  const verbs = ["get", "list", "watch", "delete"];
  const objects = maps.map((map): [typeof configmaps, ConfigMap] => [configmaps, map]);
  const run = await trial(garbageCollector(), objects, {
    "/apis": { groups: [] },
    "/api/v1": { resources: [{ name: "configmaps", kind: "ConfigMap", namespaced: true, verbs }] },
  });
  await run.settled();
  return run;
}
const names = async ({ all }: Trial) => (await all<ConfigMap>(configmaps)).map(({ metadata }) => metadata.name).sort();

test("dependents go with their owner, and theirs with them", async () => {
  const run = await collecting(aMap("a"), aMap("b", [ref("a")]), aMap("c", [ref("b")]), aMap("free"));
  run.api.remove("configmaps/default/a");
  await run.settled();
  assert.deepEqual(await names(run), ["free"]);
  await run.close();
});

test("an object that names an owner which never was goes; one of a kind that nobody serves stays", async () => {
  const run = await collecting(aMap("x", [ref("never")]), aMap("y", [ref("z", { kind: "Widget", apiVersion: "example.org/v1" })]));
  assert.deepEqual(await names(run), ["y"]);
  await run.close();
});

test("an owner of the same name with another uid is another", async () => {
  const run = await collecting(aMap("a"), aMap("x", [ref("a", { uid: "earlier" })]));
  assert.deepEqual(await names(run), ["a"]);
  await run.close();
});

test("an owner in another namespace is told once, and does not count", async () => {
  const far = aMap("a");
  const run = await collecting(
    { ...far, metadata: { ...far.metadata, namespace: "far" } },
    aMap("x", [ref("a"), ref("solid")], { finalizers: ["test/hold"] }),
    aMap("solid"),
  );
  const uid = ref("a").uid;
  assert.deepEqual(await run.told(), [
    `Warning OwnerRefInvalidNamespace ownerRef [v1/ConfigMap, namespace: default, name: a, uid: ${uid}] does not exist in namespace "default"`,
  ]);
  assert.deepEqual(
    run.get(configmaps, "default/x")?.metadata.ownerReferences?.map(({ name }) => name),
    ["solid"],
  );
  await run.close();
});

test("in the foreground the owner waits for those that block it", async () => {
  const run = await collecting(
    aMap("a", [], { finalizers: ["foregroundDeletion"] }),
    aMap("b", [ref("a", { blockOwnerDeletion: true })], { finalizers: ["test/hold"] }),
  );
  const going = run.get(configmaps, "default/a")!;
  run.put(configmaps, { ...going, metadata: { ...going.metadata, deletionTimestamp: secondsAgo(1) } });
  await run.settled();
  assert.deepEqual(await names(run), ["a", "b"]);
  const held = run.get(configmaps, "default/b")!;
  assert.ok(held.metadata.deletionTimestamp);
  run.put(configmaps, { ...held, metadata: { ...held.metadata, finalizers: [] } });
  await run.settled();
  assert.deepEqual(await names(run), []);
  await run.close();
});

test("an owner that orphans sets its dependents free before it goes", async () => {
  const run = await collecting(aMap("a", [], { finalizers: ["orphan"] }), aMap("b", [ref("a"), ref("free")]), aMap("free"));
  const going = run.get(configmaps, "default/a")!;
  run.put(configmaps, { ...going, metadata: { ...going.metadata, deletionTimestamp: secondsAgo(1) } });
  await run.settled();
  assert.deepEqual(await names(run), ["b", "free"]);
  assert.deepEqual(
    run.get(configmaps, "default/b")?.metadata.ownerReferences?.map(({ name }) => name),
    ["free"],
  );
  await run.close();
});

test("kinds that come are followed within half a minute, and kinds that go are let go", async () => {
  const run = await collecting(aMap("a"));
  const verbs = ["get", "list", "watch", "delete"];
  const widget = { apiVersion: "example.org/v1", kind: "Widget", metadata: aMeta("w", { ownerReferences: [ref("a")] }) };
  run.api.answers.set("/apis", { groups: [{ preferredVersion: { groupVersion: "example.org/v1" } }] });
  run.api.answers.set("/apis/example.org/v1", { resources: [{ name: "widgets", kind: "Widget", namespaced: true, verbs }] });
  run.api.put("widgets", widget);
  await run.clock.advance(30_000);
  run.api.remove("configmaps/default/a");
  await run.settled();
  assert.equal(run.api.get("widgets/default/w"), undefined);
  run.api.answers.set("/apis", { groups: [] });
  await run.clock.advance(30_000);
  await run.settled();
  await run.close();
});
