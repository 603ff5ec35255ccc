import assert from "node:assert/strict";
import { test } from "node:test";
import { type Node, nodes, type Pod, pods, type Taint, type Toleration } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod, nowMs, secondsAgo } from "../situations.ts";
import { evictionTime } from "./plan.ts";
import { taintEviction } from "./see.ts";

const taint = (key: string, effect = "NoExecute", value?: string): Taint => ({
  key,
  effect,
  timeAdded: secondsAgo(10),
  ...(value ? { value } : {}),
});
const tolerating = (...tolerations: Toleration[]) => aPod({ name: "a", node: "n", spec: { tolerations } });

/** Seconds from now; undefined: it may stay. */
const rows: { name: string; pod: Pod; taints: Taint[]; in: number | undefined }[] = [
  { name: "no taint", pod: tolerating(), taints: [], in: undefined },
  { name: "a taint that only keeps others away", pod: tolerating(), taints: [taint("k", "NoSchedule")], in: undefined },
  { name: "not tolerated", pod: tolerating(), taints: [taint("k")], in: 0 },
  { name: "tolerated for ever", pod: tolerating({ key: "k", operator: "Exists" }), taints: [taint("k")], in: undefined },
  { name: "everything is tolerated", pod: tolerating({ operator: "Exists" }), taints: [taint("k")], in: undefined },
  { name: "another value", pod: tolerating({ key: "k", operator: "Equal", value: "x" }), taints: [taint("k", "NoExecute", "y")], in: 0 },
  {
    name: "tolerated for a while, counted from when the taint came",
    pod: tolerating({ key: "k", operator: "Exists", tolerationSeconds: 300 }),
    taints: [taint("k")],
    in: 290,
  },
  {
    name: "a negative time is none",
    pod: tolerating({ key: "k", operator: "Exists", tolerationSeconds: -5 }),
    taints: [taint("k")],
    in: -10,
  },
  {
    name: "the first toleration that fits counts",
    pod: tolerating({ key: "k", operator: "Exists" }, { key: "k", operator: "Exists", tolerationSeconds: 5 }),
    taints: [taint("k")],
    in: undefined,
  },
  {
    name: "of several taints the shortest time",
    pod: tolerating({ key: "a", operator: "Exists", tolerationSeconds: 100 }, { key: "b", operator: "Exists", tolerationSeconds: 50 }),
    taints: [taint("a"), taint("b")],
    in: 40,
  },
  {
    name: "one taint that is not tolerated is enough",
    pod: tolerating({ key: "a", operator: "Exists" }),
    taints: [taint("a"), taint("b")],
    in: 0,
  },
  { name: "a pod that is leaving leaves", pod: aPod({ node: "n", deleting: true }), taints: [taint("k")], in: undefined },
];
for (const { name, pod, taints, in: seconds } of rows)
  test(`eviction: ${name}`, () => {
    const at = evictionTime(pod, taints, nowMs);
    assert.equal(at === undefined ? undefined : (at - nowMs) / 1000, seconds);
  });

const aNode = (...taints: Taint[]): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { ...aMeta("n"), namespace: undefined },
  spec: { taints },
});

test("a pod goes when its time is up, and says why", async () => {
  const pod = tolerating({ key: "k", operator: "Exists", tolerationSeconds: 60 });
  const { clock, get, put, told, settled, close } = await trial(taintEviction(), [
    [pods, pod],
    [nodes, aNode()],
  ]);
  put(nodes, { ...aNode({ ...taint("k"), timeAdded: new Date(clock.now()).toISOString() }) });
  await settled();
  await clock.advance(59_000);
  await settled();
  assert.equal(get(pods, "default/a")?.metadata.deletionTimestamp, undefined);
  await clock.advance(2000);
  await settled();
  const gone = get(pods, "default/a");
  assert.ok(gone?.metadata.deletionTimestamp);
  assert.deepEqual(
    gone?.status?.conditions?.map(({ type, reason, message }) => [type, reason, message]),
    [["DisruptionTarget", "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"]],
  );
  assert.deepEqual(await told(), ["Normal TaintManagerEviction Marking for deletion Pod default/a"]);
  await close();
});

test("a taint that goes in time takes the threat along", async () => {
  const pod = tolerating({ key: "k", operator: "Exists", tolerationSeconds: 60 });
  const { clock, get, put, told, settled, close } = await trial(taintEviction(), [
    [pods, pod],
    [nodes, aNode(taint("k"))],
  ]);
  put(nodes, aNode());
  await settled();
  await clock.advance(120_000);
  await settled();
  assert.equal(get(pods, "default/a")?.metadata.deletionTimestamp, undefined);
  assert.deepEqual(await told(), ["Normal TaintManagerEviction Cancelling deletion of Pod default/a"]);
  await close();
});
