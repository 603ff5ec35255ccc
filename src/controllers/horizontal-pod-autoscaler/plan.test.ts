import assert from "node:assert/strict";
import { test } from "node:test";
import type { HorizontalPodAutoscalerStatus, KubeObject, MetricSpec } from "#api/mod.ts";
import { namespace, nowMs } from "../situations.ts";
import { concluded, decide, stepsOf } from "./plan.ts";
import { cpuShare, podMetrics, type Situation, seenOf } from "./situations.ts";

const load = (milli: number, count: number) => Array.from({ length: count }, () => ({ milli }));
const now = "2026-01-01T00:00:00Z";
const conditions = ({ conditions = [] }: HorizontalPodAutoscalerStatus) =>
  conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);

interface Row {
  name: string;
  seen: Situation;
  to?: number;
  why?: string;
  conditions: string[];
  events?: string[];
}

const missing: MetricSpec = { type: "Pods", pods: { metric: { name: "qps" }, target: { type: "AverageValue", averageValue: "1" } } };
const refused = { of: "pods" as const, pods: { error: "nothing there" } };

const rows: Row[] = [
  {
    name: "load above the target",
    seen: { replicas: 2, loads: load(1000, 2) },
    to: 4,
    why: "cpu resource utilization (percentage of request) above target",
    conditions: ["AbleToScale=True ReadyForNewScale", "ScalingActive=True ValidMetricFound", "ScalingLimited=False DesiredWithinRange"],
  },
  {
    name: "load below the target",
    seen: { replicas: 4, loads: load(200, 4) },
    to: 2,
    why: "All metrics below target",
    conditions: ["AbleToScale=True ReadyForNewScale", "ScalingActive=True ValidMetricFound", "ScalingLimited=False DesiredWithinRange"],
  },
  {
    name: "below, but not long enough",
    seen: { replicas: 4, loads: load(200, 4), memory: { recommendations: [{ replicas: 4, atMs: nowMs - 60_000 }], ups: [], downs: [] } },
    conditions: ["AbleToScale=True ScaleDownStabilized", "ScalingActive=True ValidMetricFound", "ScalingLimited=False DesiredWithinRange"],
  },
  {
    name: "above, and within what the process takes for the target",
    seen: { replicas: 2, loads: load(700, 2), pace: { tolerance: 0.5 } },
    conditions: ["AbleToScale=True ReadyForNewScale", "ScalingActive=True ValidMetricFound", "ScalingLimited=False DesiredWithinRange"],
  },
  {
    name: "below, and long enough for the process",
    seen: {
      ...{ replicas: 4, loads: load(200, 4), pace: { downWindowMs: 30_000 } },
      memory: { recommendations: [{ replicas: 4, atMs: nowMs - 60_000 }], ups: [], downs: [] },
    },
    to: 2,
    why: "All metrics below target",
    conditions: ["AbleToScale=True ReadyForNewScale", "ScalingActive=True ValidMetricFound", "ScalingLimited=False DesiredWithinRange"],
  },
  {
    name: "more than it may have",
    seen: { replicas: 12 },
    to: 10,
    why: "Current number of replicas above Spec.MaxReplicas",
    conditions: ["AbleToScale=True SucceededGetScale"],
  },
  {
    name: "fewer than it must have",
    seen: { replicas: 1, min: 3 },
    to: 3,
    why: "Current number of replicas below Spec.MinReplicas",
    conditions: ["AbleToScale=True SucceededGetScale"],
  },
  {
    name: "switched off by hand",
    seen: { replicas: 0 },
    conditions: ["AbleToScale=True SucceededGetScale", "ScalingActive=False ScalingDisabled"],
  },
  {
    name: "one metric is missing and the other asks for less: nothing is taken away",
    seen: { replicas: 4, loads: load(100, 4), metrics: [missing, cpuShare(50)], measures: [refused, podMetrics(load(100, 4))] },
    conditions: ["AbleToScale=True SucceededGetScale", "ScalingActive=False FailedGetPodsMetric"],
    events: [
      "FailedGetPodsMetric unable to get metric qps: nothing there",
      "FailedComputeMetricsReplicas invalid metrics (1 invalid out of 2), first error is: failed to get pods metric value: unable to get metric qps: nothing there",
    ],
  },
  {
    name: "one metric is missing and the other asks for more: more there will be",
    seen: { replicas: 2, loads: load(1000, 2), metrics: [missing, cpuShare(50)], measures: [refused, podMetrics(load(1000, 2))] },
    to: 4,
    why: "cpu resource utilization (percentage of request) above target",
    conditions: ["AbleToScale=True ReadyForNewScale", "ScalingActive=True ValidMetricFound", "ScalingLimited=False DesiredWithinRange"],
    events: ["FailedGetPodsMetric unable to get metric qps: nothing there"],
  },
  {
    name: "of two metrics the one that asks for most",
    seen: {
      replicas: 2,
      loads: load(500, 2),
      metrics: [cpuShare(50), cpuShare(25)],
      measures: [podMetrics(load(500, 2)), podMetrics(load(500, 2))],
    },
    to: 4,
    why: "cpu resource utilization (percentage of request) above target",
    conditions: ["AbleToScale=True ReadyForNewScale", "ScalingActive=True ValidMetricFound", "ScalingLimited=False DesiredWithinRange"],
  },
];

// Without other recommendations than the present one nothing is held back.
const free = { recommendations: [{ replicas: 0, atMs: nowMs - 10_000 }], ups: [], downs: [] };

for (const row of rows)
  test(`plan: ${row.name}`, () => {
    const decision = decide(seenOf({ memory: free, ...row.seen }), nowMs);
    assert.deepEqual([decision.rescale?.to, decision.rescale?.reason], [row.to, row.why]);
    assert.deepEqual(conditions(decision.status), row.conditions);
    assert.deepEqual(
      decision.events.map(({ reason, message }) => `${reason} ${message}`),
      row.events ?? [],
    );
    const { currentReplicas, desiredReplicas } = decision.status;
    assert.equal(currentReplicas, row.seen.replicas);
    if (!row.events?.length || row.to) assert.equal(desiredReplicas, row.to ?? row.seen.replicas);
  });

test("a target that is not there is told, and what was known stays", () => {
  const error = 'deployments.apps "web" not found';
  const status = { desiredReplicas: 3, currentReplicas: 3 };
  const decision = decide({ ...seenOf({ replicas: 1, status }), target: { error } }, nowMs);
  assert.deepEqual(decision.status, {
    ...status,
    conditions: [
      {
        type: "AbleToScale",
        status: "False",
        reason: "FailedGetScale",
        message: `the HPA controller was unable to get the target's current scale: ${error}`,
        lastTransitionTime: now,
      },
    ],
  });
  assert.deepEqual(
    stepsOf(decision).map((step) => step.do === "event" && `${step.reason} ${step.message}`),
    [`FailedGetScale ${error}`],
  );
});

test("pods that two autoscalers lead to are scaled by neither", () => {
  const rivals = [
    { name: "hpa", namespace },
    { name: "other", namespace },
  ];
  const decision = decide({ ...seenOf({ replicas: 2, loads: load(1000, 2) }), rivals }, nowMs);
  assert.equal(decision.rescale, undefined);
  assert.deepEqual(conditions(decision.status), ["AbleToScale=True SucceededGetScale", "ScalingActive=False AmbiguousSelector"]);
  const message = "pods by selector app=web are controlled by multiple HPAs: [{hpa default} {other default}]";
  assert.equal(decision.events[0]?.message, message);
});

test("when the scale is written the status says so; when it is not, it says why and asks for nothing", () => {
  const behavior = { scaleUp: { policies: [{ type: "Pods", value: 9, periodSeconds: 60 }] } };
  const decision = decide(seenOf({ replicas: 2, loads: load(1000, 2), behavior }), nowMs);
  const [write] = stepsOf(decision);
  assert.ok(write?.do === "update" && write.subresource === "scale");
  assert.equal((write.object as KubeObject & { spec: { replicas: number } }).spec.replicas, 4);
  const scale = write.object;
  const good = concluded(decision, { wrote: [scale], failures: [] }, nowMs);
  const told = good.steps.map((step) => (step.do === "event" ? `${step.reason} ${step.message}` : step.do));
  assert.deepEqual(told, [
    "SuccessfulRescale New size: 4; reason: cpu resource utilization (percentage of request) above target",
    "status",
  ]);
  const written = good.steps[1]?.do === "status" && (good.steps[1].object as { status?: HorizontalPodAutoscalerStatus }).status;
  assert.ok(written);
  assert.deepEqual([written.lastScaleTime, written.desiredReplicas, conditions(written)[0]], [now, 4, "AbleToScale=True SucceededRescale"]);
  assert.deepEqual(good.memory.ups, [{ change: 2, atMs: nowMs }]);
  const bad = concluded(decision, { wrote: [], failures: [{ step: write, error: new Error("no") }] }, nowMs);
  const [event, status] = bad.steps;
  assert.ok(event?.do === "event" && status?.do === "status");
  assert.match(event.message, /^New size: 4; reason: .*; error: no$/);
  const after = (status.object as { status?: HorizontalPodAutoscalerStatus }).status!;
  assert.deepEqual([after.desiredReplicas, conditions(after)[0]], [0, "AbleToScale=False FailedUpdateScale"]);
  assert.deepEqual(bad.memory.ups, []);
});

test("a status that says all of it already is not written", () => {
  const first = decide(seenOf({ replicas: 2, loads: load(500, 2), memory: free }), nowMs);
  const again = decide(seenOf({ replicas: 2, loads: load(500, 2), memory: free, status: first.status }), nowMs + 15_000);
  assert.deepEqual(concluded(again, { wrote: [], failures: [] }, nowMs).steps, []);
});
