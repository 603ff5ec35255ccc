import assert from "node:assert/strict";
import { test } from "node:test";
import { deployments, type Pod, type PodDisruptionBudget, poddisruptionbudgets, pods, replicasets } from "#api/mod.ts";
import { controllerReference, type Step } from "#client/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod, nowMs, secondsAgo } from "../situations.ts";
import { planBudget } from "./plan.ts";
import { disruptionBudgets, planMark } from "./see.ts";

const labels = { app: "web" };
const aBudget = (spec: PodDisruptionBudget["spec"], status?: PodDisruptionBudget["status"]): PodDisruptionBudget => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: aMeta("web", { generation: 1 }),
  spec: { selector: { matchLabels: labels }, ...spec },
  ...(status ? { status } : {}),
});
const ready = (count: number): Pod[] => Array.from({ length: count }, (_, at) => aPod({ name: `web-${at}`, labels, readyFor: 60 }));
const statusIn = (steps: readonly Step[]) => {
  const step = steps.find((each) => each.do === "status");
  return step?.do === "status" ? (step.object as PodDisruptionBudget).status : undefined;
};

/** allowed, healthy, desired, expected */
const situations: [name: string, spec: PodDisruptionBudget["spec"], found: Pod[], scale: number | undefined, counts: number[]][] = [
  ["a number that must stay", { minAvailable: 2 }, ready(3), undefined, [1, 3, 2, 3]],
  ["fewer than must stay", { minAvailable: 4 }, ready(3), undefined, [0, 3, 4, 3]],
  ["a percentage of what is wanted, rounded up", { minAvailable: "30%" }, ready(4), 4, [2, 4, 2, 4]],
  ["a number that may be away", { maxUnavailable: 1 }, ready(3), 3, [1, 3, 2, 3]],
  ["a percentage that may be away, rounded up", { maxUnavailable: "10%" }, ready(3), 3, [1, 3, 2, 3]],
  ["what is wanted counts, not what is there", { maxUnavailable: 1 }, ready(1), 3, [0, 1, 2, 3]],
  ["pods that are not ready are away", { maxUnavailable: 1 }, [...ready(2), aPod({ labels })], 3, [0, 2, 2, 3]],
  [
    "pods that are going are away",
    { minAvailable: 1 },
    [...ready(1), aPod({ labels, readyFor: 9, deleting: true })],
    undefined,
    [0, 1, 1, 2],
  ],
  ["no pods, no disruptions", { maxUnavailable: 1 }, [], 0, [0, 0, 0, 0]],
];
for (const [name, spec, found, scale, counts] of situations)
  test(`budget: ${name}`, () => {
    const status = statusIn(planBudget({ budget: aBudget(spec), pods: found, scale }, nowMs));
    assert.deepEqual([status?.disruptionsAllowed, status?.currentHealthy, status?.desiredHealthy, status?.expectedPods], counts);
    const [condition] = status?.conditions ?? [];
    assert.deepEqual([condition?.status, condition?.reason], counts[0]! > 0 ? ["True", "SufficientPods"] : ["False", "InsufficientPods"]);
  });

test("an eviction that was allowed counts until the pod is gone, or two minutes have passed", () => {
  const found = ready(3);
  const at = (seconds: number) =>
    aBudget(
      { minAvailable: 1 },
      { disruptionsAllowed: 2, currentHealthy: 3, desiredHealthy: 1, expectedPods: 3, disruptedPods: { "web-0": secondsAgo(seconds) } },
    );
  const waiting = planBudget({ budget: at(30), pods: found }, nowMs);
  assert.equal(statusIn(waiting)?.disruptionsAllowed, 1);
  assert.deepEqual(waiting.at(-1), { do: "again", ms: 90_000 });
  const overdue = planBudget({ budget: at(121), pods: found }, nowMs);
  assert.deepEqual([statusIn(overdue)?.disruptionsAllowed, statusIn(overdue)?.disruptedPods], [2, undefined]);
  assert.ok(overdue.some((step) => step.do === "event" && step.reason === "NotDeleted"));
});

test("where nothing can be told, nothing may be evicted", () => {
  const steps = planBudget({ budget: aBudget({ maxUnavailable: 1 }), pods: ready(1), scale: { problem: "found no controllers" } }, nowMs);
  const status = statusIn(steps);
  assert.deepEqual([status?.disruptionsAllowed, status?.conditions?.[0]?.reason], [0, "SyncFailed"]);
});

test("pods without a controller are told where the budget asks what is wanted", () => {
  const told = (spec: PodDisruptionBudget["spec"]) =>
    planBudget({ budget: aBudget(spec), pods: ready(1), scale: 0 }, nowMs).flatMap((step) => (step.do === "event" ? [step.message] : []));
  assert.deepEqual(told({ minAvailable: 1 }), []);
  assert.match(told({ maxUnavailable: 1 }).join(), /\(selector: &LabelSelector\{MatchLabels:map\[string\]string\{app: web,\}.*unmanaged/);
});

test("a quiet budget is not written again", () => {
  const budget = aBudget({ minAvailable: 1 });
  const status = statusIn(planBudget({ budget, pods: ready(2) }, nowMs));
  assert.equal(statusIn(planBudget({ budget: { ...budget, status }, pods: ready(2) }, nowMs + 60_000)), undefined);
});

test("the wanted number is the Deployment's, through its ReplicaSets", async () => {
  const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: aMeta("web"), spec: { replicas: 5 } };
  const sets = ["a", "b"].map((name) => ({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: aMeta(name, { ownerReferences: [controllerReference(deployment)] }),
    spec: { replicas: 3 },
  }));
  const of = sets.map((set, at) => [pods, aPod({ name: `p${at}`, labels, owner: set, readyFor: 9 })] as [typeof pods, Pod]);
  const { get, close } = await trial(disruptionBudgets, [
    [deployments, deployment],
    [replicasets, sets[0]!],
    [replicasets, sets[1]!],
    ...of,
    [poddisruptionbudgets, aBudget({ maxUnavailable: 4 })],
  ]);
  const { status } = get(poddisruptionbudgets, "default/web")!;
  assert.deepEqual([status?.expectedPods, status?.desiredHealthy, status?.disruptionsAllowed], [5, 1, 1]);
  await close();
});

test("a mark of disruption goes after two minutes, unless the pod does", () => {
  const marked = (seconds: number, deleting = false): Pod => {
    const pod = aPod({ deleting });
    pod.status!.conditions = [{ type: "DisruptionTarget", status: "True", lastTransitionTime: secondsAgo(seconds) }];
    return pod;
  };
  assert.deepEqual(planMark(marked(20), nowMs), [{ do: "again", ms: 100_000 }]);
  assert.equal(planMark(marked(121), nowMs)[0]?.do, "patch");
  assert.deepEqual(planMark(marked(121, true), nowMs), []);
});
