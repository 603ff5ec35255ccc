import assert from "node:assert/strict";
import { test } from "node:test";
import { configmaps, type KubeObject, type Namespace, namespaces, pods } from "#api/mod.ts";
import type { Step } from "#client/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import type { Discovered } from "../discovery.ts";
import { aPod, nowMs, secondsAgo } from "../situations.ts";
import { concludeNamespace, planNamespace, type SeenNamespace } from "./plan.ts";
import { namespaceContent } from "./see.ts";

const kind = (resource: string, more: Partial<Discovered> = {}): Discovered => ({
  group: "",
  version: "v1",
  apiVersion: "v1",
  resource,
  kind: resource,
  namespaced: true,
  verbs: ["list", "delete", "deletecollection"],
  ...more,
});
const aNamespace = (goingFor = 1): Namespace => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "short", uid: "short", deletionTimestamp: secondsAgo(goingFor) },
  spec: { finalizers: ["kubernetes", "example.org/mine"] },
  status: { phase: "Terminating" },
});
const object = (name: string, going = false, finalizers: string[] = []): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name,
    namespace: "short",
    uid: name,
    ...(going ? { deletionTimestamp: secondsAgo(1) } : {}),
    ...(finalizers.length > 0 ? { finalizers } : {}),
  },
});
const seenOf = (more: Partial<SeenNamespace> = {}): SeenNamespace => ({
  namespace: aNamespace(),
  content: [],
  undiscovered: [],
  unlisted: [],
  ...more,
});
const plan = (more: Partial<SeenNamespace>) => planNamespace(seenOf(more), nowMs);
const conditions = (steps: readonly Step[]) => {
  const step = steps.find((each) => each.do === "status") as { object: Namespace } | undefined;
  return Object.fromEntries(
    (step?.object.status?.conditions ?? []).map(({ type, status, reason, message }) => [type, [status, reason, message]]),
  );
};

test("what is there is asked to go, whole kinds at once or one by one, and looked at again", () => {
  const [all, again] = plan({
    content: [
      { kind: kind("configmaps"), objects: [object("a"), object("b")] },
      { kind: kind("oddities", { verbs: ["list", "delete"] }), objects: [object("c"), object("d", true)] },
      { kind: kind("secrets"), objects: [object("e", true)] },
    ],
  });
  const lanes = all?.do === "lanes" ? all.lanes : [];
  assert.deepEqual(
    lanes.map((lane) => lane.map((step) => [step.do, "resource" in step && step.resource.resource, "ref" in step && step.ref.name])),
    [[["clear", "configmaps", false]], [["delete", "oddities", "c"]]],
  );
  assert.deepEqual(again, { do: "again", ms: 0 });
});

test("what was asked and stays is told, with those who hold it", () => {
  const steps = plan({
    content: [
      { kind: kind("configmaps"), objects: [object("a", true, ["example.org/hold"]), object("b", true, ["example.org/hold"])] },
      { kind: kind("deployments", { group: "apps" }), objects: [object("c", true)] },
    ],
  });
  assert.deepEqual(conditions(steps), {
    NamespaceDeletionDiscoveryFailure: ["False", "ResourcesDiscovered", "All resources successfully discovered"],
    NamespaceDeletionGroupVersionParsingFailure: ["False", "ParsedGroupVersions", "All legacy kube types successfully parsed"],
    NamespaceDeletionContentFailure: ["False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"],
    NamespaceContentRemaining: [
      "True",
      "SomeResourcesRemain",
      "Some resources are remaining: configmaps. has 2 resource instances, deployments.apps has 1 resource instances",
    ],
    NamespaceFinalizersRemaining: [
      "True",
      "SomeFinalizersRemain",
      "Some content in the namespace has finalizers remaining: example.org/hold in 2 resource instances",
    ],
  });
});

test("what is held for long is looked at ever more rarely", () => {
  const content = [{ kind: kind("configmaps"), objects: [object("a", true)] }];
  const wait = (goingFor: number) =>
    planNamespace(seenOf({ namespace: aNamespace(goingFor), content }), nowMs).find((step) => step.do === "again");
  assert.deepEqual(
    [wait(0), wait(10), wait(3600)].map((step) => (step as { ms: number }).ms),
    [300, 2500, 15_000],
  );
});

test("an empty namespace is let go, with other finalizers left as they are", () => {
  const steps = plan({});
  const last = steps.at(-1) as { do: string; subresource: string; object: Namespace };
  assert.deepEqual([last.do, last.subresource, last.object.spec?.finalizers], ["update", "finalize", ["example.org/mine"]]);
  assert.equal(last.object.metadata.resourceVersion, undefined);
});

test("nothing is let go while a group does not answer or a kind cannot be listed", () => {
  const lost = plan({ undiscovered: ["metrics.k8s.io/v1beta1: the server answered 503"] });
  assert.ok(!lost.some((step) => step.do === "update"));
  assert.deepEqual(conditions(lost).NamespaceDeletionDiscoveryFailure, [
    "True",
    "DiscoveryFailed",
    "Discovery failed for some groups, 1 failing: metrics.k8s.io/v1beta1: the server answered 503",
  ]);
  const unlisted = plan({ unlisted: ["widgets: the server answered 500"] });
  assert.ok(!unlisted.some((step) => step.do === "update"));
  assert.equal(conditions(unlisted).NamespaceDeletionContentFailure?.[1], "ContentDeletionFailed");
});

test("a refusal is told", () => {
  const outcome = { wrote: [], failures: [{ step: { do: "again", ms: 0 } as const, error: new Error("webhook says no") }] };
  assert.deepEqual(conditions(concludeNamespace(seenOf(), outcome, nowMs)).NamespaceDeletionContentFailure, [
    "True",
    "ContentDeletionFailed",
    "Failed to delete all resource types, 1 remaining: webhook says no",
  ]);
  assert.deepEqual(concludeNamespace(seenOf(), { wrote: [], failures: [] }, nowMs), []);
});

test("pods go first and alone, then the rest, then the namespace", async () => {
  const { api, clock, get, put, settled, close } = await trial(namespaceContent);
  api.answers.set("/apis", { groups: [] });
  const verbs = ["list", "delete", "deletecollection"];
  api.answers.set("/api/v1", {
    resources: [
      { name: "pods", kind: "Pod", namespaced: true, verbs },
      { name: "pods/status", kind: "Pod", namespaced: true, verbs: ["get"] },
      { name: "configmaps", kind: "ConfigMap", namespaced: true, verbs },
      { name: "nodes", kind: "Node", namespaced: false, verbs },
    ],
  });
  put(pods, aPod({ name: "p", namespace: "short" }));
  put(configmaps, object("m") as never);
  put(namespaces, { ...aNamespace(), metadata: { ...aNamespace().metadata, finalizers: ["test/stays"] } });
  await settled();
  assert.ok(get(pods, "short/p")?.metadata.deletionTimestamp);
  assert.ok(get(configmaps, "short/m"), "its pods may still need it");
  api.remove("pods/short/p");
  await clock.advance(20_000);
  await settled();
  assert.equal(get(configmaps, "short/m"), undefined);
  assert.deepEqual(get(namespaces, "short")?.spec?.finalizers, ["example.org/mine"]);
  await close();
});
