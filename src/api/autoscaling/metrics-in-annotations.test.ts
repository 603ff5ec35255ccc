/** What v1 shows of an autoscaler, and what v2 knows of one that came as v1: the annotations are those that upstream writes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withMetrics, withPercentage } from "./metrics-in-annotations.ts";

const metrics = [
  { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } } },
  { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: "100Mi" } } },
  {
    type: "ContainerResource",
    containerResource: { name: "cpu", container: "web", target: { type: "Utilization", averageUtilization: 50 } },
  },
  {
    type: "Pods",
    pods: { metric: { name: "rps", selector: { matchLabels: { a: "b" } } }, target: { type: "AverageValue", averageValue: "10" } },
  },
  {
    type: "Object",
    object: {
      describedObject: { kind: "Service", name: "web", apiVersion: "v1" },
      metric: { name: "hits" },
      target: { type: "Value", value: "5" },
    },
  },
  { type: "External", external: { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: "3" } } },
];
const behavior = {
  scaleDown: { stabilizationWindowSeconds: 60, selectPolicy: "Max", policies: [{ type: "Pods", value: 1, periodSeconds: 15 }] },
};
const conditions = [{ type: "AbleToScale", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z", reason: "ReadyForNewScale" }];
const currentMetrics = [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: 55, averageValue: "110m" } } }];
const v2 = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "web", annotations: { own: "kept" } },
  spec: { scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" }, minReplicas: 1, maxReplicas: 3, metrics, behavior },
  status: { currentReplicas: 2, desiredReplicas: 2, currentMetrics, conditions },
};
const of = (name: string) => `autoscaling.alpha.kubernetes.io/${name}`;

test("v2 as v1: one percentage, the rest in annotations, in their early form", () => {
  const { spec, status, metadata } = withPercentage(v2);
  assert.equal(spec.targetCPUUtilizationPercentage, 60);
  assert.equal("metrics" in spec || "behavior" in spec, false);
  assert.deepEqual(status, { currentReplicas: 2, desiredReplicas: 2, currentCPUUtilizationPercentage: 55 });
  assert.deepEqual(JSON.parse(metadata.annotations[of("metrics")]), [
    { type: "Resource", resource: { name: "memory", targetAverageValue: "100Mi" } },
    { type: "ContainerResource", containerResource: { name: "cpu", targetAverageUtilization: 50, container: "web" } },
    { type: "Pods", pods: { metricName: "rps", targetAverageValue: "10", selector: { matchLabels: { a: "b" } } } },
    {
      type: "Object",
      object: { target: { kind: "Service", name: "web", apiVersion: "v1" }, metricName: "hits", targetValue: "5" },
    },
    { type: "External", external: { metricName: "queue", targetAverageValue: "3" } },
  ]);
  assert.equal(
    metadata.annotations[of("behavior")],
    '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":15}],"Tolerance":null}}',
  );
  assert.equal(metadata.annotations.own, "kept");
});

test("and back again nothing is lost; cpu comes last", () => {
  const back = withMetrics(withPercentage(v2));
  assert.deepEqual(back.spec.metrics, [...metrics.slice(1), metrics[0]]);
  assert.deepEqual(back.spec.behavior, behavior);
  assert.deepEqual(back.status, v2.status);
  assert.deepEqual(back.metadata, v2.metadata);
});

test("an annotation that is no JSON, or of the wrong kind, counts as not there; then cpu is followed", () => {
  for (const text of ["{", '{"type":"Pods"}', '[{"type":5}]', '[{"type":"Pods","pods":{"targetAverageValue":"many"}}]', "null"]) {
    const v1 = { metadata: { name: "web", annotations: { [of("metrics")]: text, [of("behavior")]: '{"ScaleUp":"fast"}' } }, spec: {} };
    const { spec } = withMetrics(v1);
    assert.deepEqual(spec, {
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }],
    });
  }
});
