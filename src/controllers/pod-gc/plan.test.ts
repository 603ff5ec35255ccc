import assert from "node:assert/strict";
import { test } from "node:test";
import { type Node, nodes, type Pod, pods } from "#api/mod.ts";
import type { Step } from "#client/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod, nowMs } from "../situations.ts";
import { planPodGc } from "./plan.ts";
import { podGarbageCollector } from "./see.ts";

const aNode = (name: string, ready: boolean, taint?: string): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { ...aMeta(name), namespace: undefined },
  ...(taint ? { spec: { taints: [{ key: taint, effect: "NoExecute" }] } } : {}),
  status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
const out = "node.kubernetes.io/out-of-service";

/** `name: patch status, delete` of every pod that goes. */
function goes(all: Pod[], known: Node[] = [], gone: string[] = []): string[] {
  const of = new Map(known.map((node) => [node.metadata.name!, node]));
  const [step] = planPodGc({ pods: all, nodes: of, gone: new Set(gone) }, nowMs);
  if (!step) return [];
  assert.equal(step.do, "lanes");
  return (step as { lanes: readonly (readonly Step[])[] }).lanes.map((lane) => {
    const ref = (lane.at(-1) as { ref: { name: string } }).ref;
    return `${ref.name}: ${lane.map((each) => each.do).join(", ")}`;
  });
}

const rows: { name: string; pods: Pod[]; nodes?: Node[]; gone?: string[]; goes: string[] }[] = [
  { name: "pods of nodes that are there stay", pods: [aPod({ node: "n" })], nodes: [aNode("n", false)], goes: [] },
  { name: "a pod of a node that is gone fails and goes", pods: [aPod({ name: "a", node: "n" })], gone: ["n"], goes: ["a: patch, delete"] },
  { name: "a finished one only goes", pods: [aPod({ name: "a", node: "n", phase: "Succeeded" })], gone: ["n"], goes: ["a: delete"] },
  { name: "a pod without a node that is leaving goes", pods: [aPod({ name: "a", deleting: true })], goes: ["a: patch, delete"] },
  { name: "a pod without a node that stays is nobody's business", pods: [aPod({ name: "a" })], goes: [] },
  {
    name: "a bound pod that is leaving is its kubelet's",
    pods: [aPod({ node: "n", deleting: true })],
    nodes: [aNode("n", false)],
    goes: [],
  },
  {
    name: "out of service: what is leaving goes, what stays stays",
    pods: [aPod({ name: "a", node: "n", deleting: true }), aPod({ name: "b", node: "n" })],
    nodes: [aNode("n", false, out)],
    goes: ["a: patch, delete"],
  },
  { name: "out of service, but ready", pods: [aPod({ node: "n", deleting: true })], nodes: [aNode("n", true, out)], goes: [] },
];
for (const { name, pods: all, nodes: known, gone, goes: wanted } of rows)
  test(`pod garbage: ${name}`, () => assert.deepEqual(goes(all, known, gone), wanted));

test("pod garbage: beyond 12,500 finished pods, evicted ones go first, then the oldest", () => {
  const finished = Array.from({ length: 12_500 }, (_, at) => aPod({ name: `p${at}`, phase: "Succeeded", ageSeconds: 100 }));
  assert.deepEqual(goes(finished), []);
  const evicted = aPod({ name: "evicted", phase: "Failed", ageSeconds: 1 });
  evicted.status!.reason = "Evicted";
  const old = aPod({ name: "old", phase: "Failed", ageSeconds: 1000 });
  assert.deepEqual(goes([...finished, old, evicted]), ["evicted: delete", "old: delete"]);
});

test("pods of a missing node wait out the quarantine, and the API has the last word", async () => {
  const { api, clock, get, put, settled, close } = await trial(podGarbageCollector(), [[pods, aPod({ name: "a", node: "lost" })]]);
  await clock.advance(20_000);
  await settled();
  assert.equal(get(pods, "default/a")?.status?.phase, "Running", "the quarantine begins with the first look");
  api.pause();
  put(nodes, aNode("lost", true)); // the copy does not know it yet
  await clock.advance(40_000);
  await settled();
  assert.equal(get(pods, "default/a")?.status?.phase, "Running");
  api.resume();
  api.remove("nodes/lost");
  await settled();
  await clock.advance(20_000);
  await settled();
  await clock.advance(40_000);
  await settled();
  assert.equal(get(pods, "default/a"), undefined);
  await close();
});

test("pod garbage: how many finished pods stay can be said, and 0 is all of them", () => {
  const all = ["a", "b", "c"].map((name, at) => aPod({ name, phase: "Succeeded", ageSeconds: 100 - at }));
  const removed = (kept: number) => planPodGc({ pods: [...all], nodes: new Map(), gone: new Set(), kept }, nowMs).length > 0;
  assert.deepEqual([removed(2), removed(3), removed(0)], [true, false, false]);
});
