import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#api/mod.ts";
import { settle, silentLog } from "#base/mod.ts";
import { type SecureFixture, secureFixture } from "../fixture.ts";
import { startScraper } from "./scrape.ts";
import { usageKinds } from "./shown.ts";

const base = "/apis/metrics.k8s.io/v1beta1";
const empty = async ({ admin }: SecureFixture) => (await admin("GET", `${base}/pods`)).object;

test("without credentials for kubelets the lists are empty, and what is asked for by name is not found in metrics-server's words", async (t) => {
  const api = await secureFixture();
  t.after(() => api.close());
  assert.deepEqual(await empty(api), { kind: "PodMetricsList", apiVersion: "metrics.k8s.io/v1beta1", metadata: {}, items: [] });
  const pod = await api.admin("GET", `${base}/namespaces/default/pods/web`);
  assert.deepEqual([pod.status, pod.message], [404, 'podmetrics.metrics.k8s.io "default/web" not found']);
  const node = await api.admin("GET", `${base}/nodes/node-1`);
  assert.deepEqual([node.status, node.message], [404, 'nodemetrics.metrics.k8s.io "node-1" not found']);
  const byName = await api.admin("GET", `${base}/namespaces/default/pods?fieldSelector=metadata.name%3Dweb`);
  assert.deepEqual([byName.status, byName.object.items], [200, []]);
  assert.equal((await api.admin("POST", `${base}/nodes`, { metadata: { name: "x" } })).status, 405);
});

test("who may view pods may view what they use; others may not", async (t) => {
  const api = await secureFixture();
  t.after(() => api.close());
  const binding = {
    metadata: { name: "viewers" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
    subjects: [{ kind: "User", name: "eve" }],
  };
  assert.equal((await api.ask("eve", "GET", `${base}/pods`)).status, 403);
  assert.equal((await api.admin("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)).status, 201);
  assert.equal((await api.ask("eve", "GET", `${base}/pods`)).status, 200);
});

const aNode = (name: string, port: number | undefined): KubeObject =>
  ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { disk: "ssd" } },
    status: port ? { daemonEndpoints: { kubeletEndpoint: { Port: port } } } : {},
  }) as KubeObject;
const aPod = (name: string): KubeObject =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: name } },
    spec: {
      nodeName: "node-1",
      containers: [{ name: "main", image: "x", terminationMessagePolicy: "File", imagePullPolicy: "Always" }],
      restartPolicy: "Always",
      dnsPolicy: "Default",
    },
  }) as unknown as KubeObject;

const counted = (cpu: number, ms: number) =>
  `container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} ${cpu} ${ms}
container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 1048576 ${ms}
node_cpu_usage_seconds_total ${cpu * 2} ${ms}
node_memory_working_set_bytes 1000000 ${ms}`;

test("kubelets are asked every ten seconds; simulated nodes are not, and one that fails leaves no usage behind", async (t) => {
  const api = await secureFixture();
  t.after(() => api.close());
  const { clock } = api;
  for (const object of [aNode("node-1", 10250), aNode("sim-1", undefined), aPod("web"), aPod("other")]) await api.put(object);
  const asked: string[] = [];
  let answer: () => string = () => counted(5, clock.now());
  const { storage } = api.server;
  const read = async (node: string) => {
    asked.push(node);
    return answer();
  };
  const scraper = startScraper({ storage, read, clock, log: silentLog });
  t.after(() => scraper.stop());
  const [nodes, pods] = [...usageKinds({ storage, points: scraper.points, clock }).values()];
  const look = async () => {
    await clock.advance(10_000);
    await settle();
  };
  await look();
  assert.deepEqual([nodes!.list(""), pods!.list("")], [[], []]);
  answer = () => counted(7.5, clock.now());
  await look();
  assert.deepEqual(asked, ["node-1", "node-1"]);
  const timestamp = "2026-01-01T00:00:20Z";
  const head = { apiVersion: "metrics.k8s.io/v1beta1", kind: "PodMetrics" };
  const metadata = { name: "web", namespace: "default", creationTimestamp: timestamp, labels: { app: "web" } };
  const containers = [{ name: "main", usage: { cpu: "250m", memory: "1Mi" } }];
  assert.deepEqual(pods!.list("default"), [{ ...head, metadata, timestamp, window: "10s", containers }]);
  assert.deepEqual(pods!.list("elsewhere"), []);
  const node = nodes!.get({ name: "node-1" }) as KubeObject & { usage: object };
  assert.deepEqual(node.usage, { cpu: "500m", memory: "1000000" });
  answer = () => {
    throw new Error("gone");
  };
  await look();
  assert.deepEqual([nodes!.list(""), pods!.list("")], [[], []]);
});
