/** Autoscalers by metrics that others bring: `custom.metrics.k8s.io` and `external.metrics.k8s.io`, aggregated into the real API server. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  apiservices,
  type Deployment,
  deployments,
  endpoints,
  events,
  type HorizontalPodAutoscaler,
  horizontalpodautoscalers,
  type MetricSpec,
  pods,
  services,
} from "#api/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, refused, startCluster } from "./cluster.ts";
import { type ExtensionServer, extensionServer } from "./extension-server.ts";

const custom = "custom.metrics.k8s.io";
const external = "external.metrics.k8s.io";
const namespace = "default";

/** What the adapter was asked, with its queries. */
const asked: string[] = [];
const values = { perPod: "30", service: "90", queue: ["20", "25"] };

/** As an adapter answers: what it does not know is 404, in its own words. */
function answer(path: string, query: URLSearchParams): object | undefined {
  const version = (group: string, text: string) => ({ groupVersion: `${group}/${text}`, version: text });
  for (const [group, text] of [
    [custom, "v1beta2"],
    [external, "v1beta1"],
  ] as const) {
    if (path === `/apis/${group}`)
      return { kind: "APIGroup", apiVersion: "v1", name: group, versions: [version(group, text)], preferredVersion: version(group, text) };
    if (path === `/apis/${group}/${text}`)
      return { kind: "APIResourceList", apiVersion: "v1", groupVersion: `${group}/${text}`, resources: [] };
  }
  const [, what] = /^\/apis\/(?:custom|external)\.metrics\.k8s\.io\/v1beta[12]\/namespaces\/default\/(.+)$/.exec(path) ?? [];
  if (what === undefined) return undefined;
  asked.push(`${what}?${query}`);
  const timestamp = new Date(Date.UTC(2026, 0, 1)).toISOString();
  const list = (items: object[]) => ({ kind: "MetricValueList", apiVersion: `${custom}/v1beta2`, metadata: {}, items });
  const value = (kind: string, name: string, text: string, metric: string) => ({
    describedObject: { kind, namespace, name, apiVersion: "v1" },
    metric: { name: metric },
    timestamp,
    value: text,
  });
  switch (what) {
    case "pods/*/requests":
      return list(podNames.map((name) => value("Pod", name, values.perPod, "requests")));
    case "services/front/hits":
      return list([value("Service", "front", values.service, "hits")]);
    case "queue_length":
      return {
        kind: "ExternalMetricValueList",
        apiVersion: `${external}/v1beta1`,
        metadata: {},
        items: values.queue.map((text) => ({ metricName: "queue_length", metricLabels: {}, timestamp, value: text })),
      };
    default:
      return { kind: "Status", apiVersion: "v1", status: "Failure", code: 404, reason: "NotFound", message: `no metric ${what} here` };
  }
}

let podNames: string[] = [];
let cluster: Cluster;
let adapter: ExtensionServer;
before(async () => {
  adapter = await extensionServer("adapter.default.svc", answer);
  cluster = await startCluster({ nodes: 1, secrets: { frontProxyCa: adapter.frontProxyCa, frontProxy: adapter.frontProxy } });
  if (!adapter.host) return;
  const metadata = { namespace, name: "adapter" };
  await cluster.client.create(services, { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ name: "https", port: 443 }] } });
  const subsets = [{ addresses: [{ ip: adapter.host }], ports: [{ name: "https", port: adapter.port }] }];
  await cluster.client.create(endpoints, { apiVersion: "v1", kind: "Endpoints", metadata, subsets });
  for (const [group, version] of [
    [custom, "v1beta2"],
    [external, "v1beta1"],
  ] as const)
    await cluster.client.create(apiservices, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `${version}.${group}` },
      spec: { group, version, service: metadata, caBundle: adapter.caBundle, groupPriorityMinimum: 100, versionPriority: 100 },
    });
  for (const name of [`v1beta2.${custom}`, `v1beta1.${external}`])
    await eventually(async () => {
      const { status } = await cluster.client.get(apiservices, { name });
      assert.equal(status?.conditions?.find(({ type }) => type === "Available")?.status, "True");
    });
  await cluster.client.create(deployments, web);
  await eventually(async () => {
    const { items } = await cluster.client.list(pods, { namespace, labelSelector: "app=web" });
    podNames = items.filter(({ status }) => status?.phase === "Running").map((pod) => pod.metadata.name!);
    assert.equal(podNames.length, 2);
  });
});
after(async () => {
  await cluster.close();
  await adapter.close();
});

const web: Deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "example.org/app:1" }] } },
  },
};
const named = { name: "requests", selector: { matchLabels: { verb: "GET" } } };
const perPod = (averageValue: string): MetricSpec => ({
  type: "Pods",
  pods: { metric: named, target: { type: "AverageValue", averageValue } },
});
const front = { apiVersion: "v1", kind: "Service", name: "front" };
const hits = (target: object, name = "hits"): MetricSpec =>
  ({ type: "Object", object: { metric: { name }, describedObject: front, target } }) as MetricSpec;
const queue = (target: object, name = "queue_length"): MetricSpec =>
  ({ type: "External", external: { metric: { name, selector: { matchLabels: { queue: "work" } } }, target } }) as MetricSpec;

/** Makes an autoscaler of `web` that cannot scale it, looks at it, and takes it away again. */
async function scaled(name: string, metrics: MetricSpec[], look: (hpa: HorizontalPodAutoscaler, told: string[]) => void): Promise<void> {
  await cluster.client.create(horizontalpodautoscalers, {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, minReplicas: 2, maxReplicas: 2, metrics },
  });
  await eventually(async () => {
    const hpa = await cluster.client.get(horizontalpodautoscalers, { namespace, name });
    const { items } = await cluster.client.list(events, { namespace, fieldSelector: `involvedObject.name=${name}` });
    look(
      hpa,
      items.map(({ type, reason, message }) => `${type} ${reason} ${message}`),
    );
  });
  await cluster.client.delete(horizontalpodautoscalers, { namespace, name });
}

const conditionsOf = ({ status }: HorizontalPodAutoscaler) =>
  (status?.conditions ?? []).map(({ type, status: is, reason, message }) => `${type}=${is} ${reason}: ${message}`);

test("values of pods, of an object and from outside are measured, and the greediest wins", async (t) => {
  if (!adapter.host) return t.skip("this machine has no address but its own loopback");
  const metrics = [perPod("20"), hits({ type: "Value", value: "90" }), queue({ type: "AverageValue", averageValue: "10" })];
  await scaled("all", metrics, (hpa, told) => {
    assert.deepEqual(hpa.status?.currentMetrics, [
      { type: "Pods", pods: { metric: named, current: { averageValue: "30" } } },
      { type: "Object", object: { metric: { name: "hits" }, describedObject: front, current: { value: "90" } } },
      {
        type: "External",
        external: { metric: { name: "queue_length", selector: { matchLabels: { queue: "work" } } }, current: { averageValue: "22500m" } },
      },
    ]);
    const won =
      "external metric queue_length(&LabelSelector{MatchLabels:map[string]string{queue: work,},MatchExpressions:[]LabelSelectorRequirement{},})";
    assert.deepEqual(conditionsOf(hpa), [
      "AbleToScale=True ReadyForNewScale: recommended size matches current size",
      `ScalingActive=True ValidMetricFound: the HPA was able to successfully calculate a replica count from ${won}`,
      "ScalingLimited=True TooManyReplicas: the desired replica count is more than the maximum replica count",
    ]);
    assert.deepEqual(told, []);
  });
  assert.ok(asked.includes("pods/*/requests?labelSelector=app%3Dweb&metricLabelSelector=verb%3DGET"), asked.join("\n"));
  assert.ok(asked.includes("services/front/hits?metricLabelSelector="));
  assert.ok(asked.includes("queue_length?labelSelector=queue%3Dwork"));
});

test("an autoscaler follows the values: up to what they ask for, by upstream's event", async (t) => {
  if (!adapter.host) return t.skip("this machine has no address but its own loopback");
  await cluster.client.create(horizontalpodautoscalers, {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "up", namespace },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      maxReplicas: 9,
      metrics: [hits({ type: "Value", value: "45" })],
    },
  });
  await eventually(async () => {
    assert.equal((await cluster.client.get(deployments, { namespace, name: "web" })).spec?.replicas, 4);
    const { items } = await cluster.client.list(events, { namespace, fieldSelector: "involvedObject.name=up" });
    assert.deepEqual(
      items.map(({ reason, message }) => `${reason} ${message}`),
      ["SuccessfulRescale New size: 4; reason: Service metric hits above target"],
    );
  });
  await cluster.client.delete(horizontalpodautoscalers, { namespace, name: "up" });
  await cluster.client.patch(deployments, { namespace, name: "web" }, "merge", { spec: { replicas: 2 } });
});

test("what an adapter does not have is told in its words, by upstream's reasons, and nothing is scaled", async (t) => {
  if (!adapter.host) return t.skip("this machine has no address but its own loopback");
  const missing: [name: string, MetricSpec, reason: string, why: string][] = [
    [
      "object",
      hits({ type: "Value", value: "1" }, "misses"),
      "FailedGetObjectMetric",
      "unable to get metric misses: unable to fetch metrics from custom metrics API: no metric services/front/misses here on Service default/front",
    ],
    [
      "pods",
      { type: "Pods", pods: { metric: { name: "none" }, target: { type: "AverageValue", averageValue: "1" } } },
      "FailedGetPodsMetric",
      "unable to get metric none: unable to fetch metrics from custom metrics API: no metric pods/*/none here",
    ],
    [
      "external",
      { type: "External", external: { metric: { name: "none" }, target: { type: "Value", value: "1" } } },
      "FailedGetExternalMetric",
      "failed to get external metric none: unable to get external metric default/none/nil: unable to fetch metrics from external metrics API: no metric none here",
    ],
  ];
  for (const [name, metric, reason, why] of missing)
    await scaled(name, [metric], (hpa, told) => {
      assert.ok(told.includes(`Warning ${reason} ${why}`), told.join("\n"));
      const first = `invalid metrics (1 invalid out of 1), first error is: failed to get ${name === "external" ? "none external" : name} metric value: ${why}`;
      assert.ok(told.includes(`Warning FailedComputeMetricsReplicas ${first}`), told.join("\n"));
      assert.deepEqual(conditionsOf(hpa).slice(1), [
        `ScalingActive=False ${reason}: the HPA was unable to compute the replica count: ${why}`,
      ]);
    });
  assert.equal((await cluster.client.get(deployments, { namespace, name: "web" })).spec?.replicas, 2);
});

test("the controller was never refused", () => assert.deepEqual([...refused], []));
