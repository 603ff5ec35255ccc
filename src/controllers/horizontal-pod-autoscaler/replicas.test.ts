import assert from "node:assert/strict";
import { test } from "node:test";
import type { MetricSpec, MetricStatus } from "#api/mod.ts";
import { nowMs } from "../situations.ts";
import { propose } from "./replicas.ts";
import type { Measure } from "./seen.ts";
import { anHpa, cpuShare, type Load, podMetrics, type Situation, seenOf } from "./situations.ts";

const of = (...milli: (number | undefined)[]): Load[] => milli.map((each) => (each === undefined ? {} : { milli: each }));
const starting: Load = { milli: 900, startedFor: 60, readyFor: -60 };

interface Case extends Partial<Situation> {
  name: string;
  loads: Load[];
  target?: number;
  expect: number | RegExp;
}

const shares: Case[] = [
  { name: "twice the target needs twice the pods", loads: of(1000, 1000), expect: 4 },
  { name: "half of it needs half", loads: of(250, 250, 250, 250), expect: 2 },
  { name: "within a tenth nothing changes", loads: of(545, 545), expect: 2 },
  { name: "just outside it does", loads: of(560, 560), expect: 3 },
  { name: "an own tolerance counts", loads: of(700, 700), behavior: { scaleUp: { tolerance: "500m" } }, expect: 2 },
  { name: "upwards, pods without metrics are idle", loads: of(1000, 1000, undefined), expect: 4 },
  { name: "downwards, they use all that they requested", loads: of(100, 100, 100, undefined), replicas: 4, expect: 3 },
  { name: "downwards with a target above 100 they use the target", loads: of(1000, 1000, undefined), target: 200, expect: 2 },
  { name: "a change that they would turn around is none", loads: of(600, undefined, undefined), expect: 3 },
  { name: "pods that are starting are idle upwards", loads: [...of(1000, 1000), starting], expect: 4 },
  { name: "and do not count downwards", loads: [...of(250, 250), starting], expect: 1 },
  { name: "pending pods likewise", loads: [...of(900, 900), { phase: "Pending" }], expect: 4 },
  {
    name: "failed and deleted pods do not count at all",
    loads: [...of(500), { milli: 9000, phase: "Failed" }, { milli: 9000, deleting: true }],
    replicas: 1,
    expect: 1,
  },
  {
    name: "a sample from before a pod was ready for a window does not count",
    loads: [{ milli: 1000, startedFor: 100, readyFor: 5, windowMs: 10_000 }, ...of(500)],
    replicas: 2,
    expect: 2,
  },
  {
    name: "a pod that was ready and is not any more does count",
    loads: [{ milli: 1000, startedFor: 3600, readyFor: -10 }, ...of(1000)],
    expect: 4,
  },
  {
    name: "one that has never been ready does not, however old",
    loads: [{ milli: 9000, startedFor: 3600, readyFor: -3590 }, ...of(500)],
    replicas: 2,
    expect: 2,
  },
  {
    name: "nothing but unready pods is no basis",
    loads: [starting],
    expect: /^failed to get cpu utilization: did not receive metrics for targeted pods \(pods might be unready\)$/,
  },
  { name: "no pods are none either", loads: [], expect: /no pods returned by selector while calculating replica count$/ },
  { name: "a share needs a request", loads: [{ milli: 5, request: 0 }], expect: /missing request for cpu in container main of Pod web-0$/ },
];

for (const { name, loads, target = 50, expect, ...more } of shares)
  test(`cpu share: ${name}`, () => {
    const metric = cpuShare(target);
    const seen = seenOf({ replicas: loads.length, loads, metrics: [metric], ...more });
    const proposed = propose(metric, podMetrics(loads), seen, nowMs);
    if (expect instanceof RegExp) assert.match("error" in proposed ? proposed.error : "", expect);
    else assert.equal("replicas" in proposed && proposed.replicas, expect);
  });

const averaged = (milli: string, resource = "cpu"): MetricSpec => ({
  type: "Resource",
  resource: { name: resource, target: { type: "AverageValue", averageValue: milli } },
});
const podsMetric: MetricSpec = { type: "Pods", pods: { metric: { name: "qps" }, target: { type: "AverageValue", averageValue: "20" } } };
const about = { apiVersion: "v1", kind: "Service", name: "svc" };
const objectOf = (target: object): MetricSpec =>
  ({ type: "Object", object: { metric: { name: "qps" }, describedObject: about, target } }) as MetricSpec;
const externalOf = (target: object, selector?: object): MetricSpec =>
  ({ type: "External", external: { metric: { name: "depth", ...(selector ? { selector } : {}) }, target } }) as MetricSpec;
const object = (milli: number): Measure => ({ of: "object", milli: { ok: milli } });
const external = (...milli: number[]): Measure => ({ of: "external", milli: { ok: milli } });

interface Other {
  name: string;
  metric: MetricSpec;
  measured: Measure;
  replicas?: number;
  loads?: Load[];
  expect: [replicas: number, metric: string, current: object];
}

const loads = of(100, 300);
const others: Other[] = [
  {
    name: "an average of cpu",
    metric: averaged("100m"),
    measured: podMetrics(loads),
    expect: [4, "cpu resource", { averageValue: "200m" }],
  },
  {
    name: "memory is told in whole bytes of powers of two",
    metric: averaged("1Mi", "memory"),
    measured: podMetrics(of(2_097_152_500, 2_097_152_500)),
    expect: [5, "memory resource", { averageValue: "2097153" }],
  },
  { name: "pods", metric: podsMetric, measured: podMetrics(of(30_000, 50_000)), expect: [4, "pods metric qps", { averageValue: "40" }] },
  {
    name: "an object's value",
    metric: objectOf({ type: "Value", value: "10" }),
    measured: object(25_000),
    expect: [5, "Service metric qps", { value: "25" }],
  },
  {
    name: "an object's value within its tolerance",
    metric: objectOf({ type: "Value", value: "10" }),
    measured: object(10_500),
    expect: [2, "Service metric qps", { value: "10500m" }],
  },
  {
    name: "an object's value for each pod",
    metric: objectOf({ type: "AverageValue", averageValue: "5" }),
    measured: object(25_000),
    expect: [5, "external metric qps(nil)", { averageValue: "12500m" }],
  },
  {
    name: "external values are summed",
    metric: externalOf({ type: "Value", value: "10" }),
    measured: external(10_000, 5000),
    expect: [3, "external metric depth(nil)", { value: "15" }],
  },
  {
    name: "external values for each pod",
    metric: externalOf({ type: "AverageValue", averageValue: "5" }, { matchLabels: { b: "2", a: "1" } }),
    measured: external(7000),
    expect: [
      2,
      "external metric depth(&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{},})",
      { averageValue: "3500m" },
    ],
  },
  {
    name: "a share of one container",
    metric: {
      type: "ContainerResource",
      containerResource: { name: "cpu", container: "main", target: { type: "Utilization", averageUtilization: 10 } },
    },
    measured: podMetrics(loads),
    expect: [4, "cpu container resource utilization (percentage of request)", { averageUtilization: 20, averageValue: "200m" }],
  },
];

const currentOf = (status: MetricStatus) =>
  (status.resource ?? status.containerResource ?? status.pods ?? status.object ?? status.external)?.current;

for (const { name, metric, measured, expect } of others)
  test(`metric: ${name}`, () => {
    const proposed = propose(metric, measured, seenOf({ replicas: 2, loads, metrics: [metric] }), nowMs);
    assert.ok("replicas" in proposed, JSON.stringify(proposed));
    assert.deepEqual([proposed.replicas, proposed.metric, currentOf(proposed.status)], expect);
    assert.equal(proposed.status.type, metric.type);
  });

const refused = { error: "no custom metrics API (custom.metrics.k8s.io) registered" };
const refusals: { metric: MetricSpec; measured: Measure; reason: string; error: string; whole: string }[] = [
  {
    metric: podsMetric,
    measured: { of: "pods", pods: refused },
    reason: "FailedGetPodsMetric",
    error: `unable to get metric qps: ${refused.error}`,
    whole: `failed to get pods metric value: unable to get metric qps: ${refused.error}`,
  },
  {
    metric: objectOf({ type: "Value", value: "1" }),
    measured: { of: "object", milli: refused },
    reason: "FailedGetObjectMetric",
    error: `unable to get metric qps: ${refused.error} on Service default/svc`,
    whole: `failed to get object metric value: unable to get metric qps: ${refused.error} on Service default/svc`,
  },
  {
    metric: externalOf({ type: "AverageValue", averageValue: "1" }),
    measured: { of: "external", milli: refused },
    reason: "FailedGetExternalMetric",
    error: `failed to get depth external metric: unable to get external metric default/depth/nil: ${refused.error}`,
    whole: `failed to get depth external metric value: failed to get depth external metric: unable to get external metric default/depth/nil: ${refused.error}`,
  },
];

test("what cannot be measured is told in upstream's words", () => {
  for (const { metric, measured, ...expect } of refusals)
    assert.deepEqual(propose(metric, measured, seenOf({ replicas: 2, loads, hpa: anHpa({ metrics: [metric] }) }), nowMs), expect);
});

test("a sidecar's request counts, and a pod's own request counts for all of it", () => {
  const seen = seenOf({ replicas: 1, loads: of(500) });
  const [pod] = seen.pods;
  const sidecar = { name: "side", image: "x", restartPolicy: "Always", resources: { requests: { cpu: "1" } } };
  const share = (spec: object) => {
    const proposed = propose(cpuShare(50), podMetrics(of(500)), { ...seen, pods: [{ ...pod!, spec: { ...pod!.spec!, ...spec } }] }, nowMs);
    return "status" in proposed && proposed.status.resource?.current?.averageUtilization;
  };
  assert.equal(share({}), 50);
  assert.equal(share({ initContainers: [sidecar] }), 25);
  assert.equal(share({ initContainers: [sidecar], resources: { requests: { cpu: "5" } } }), 10);
});
