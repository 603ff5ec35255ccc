/** Autoscalers through the real API server: targets by their scale subresource, as an account that may do nothing else. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Deployment, deployments, events, type HorizontalPodAutoscaler, horizontalpodautoscalers, replicasets } from "#api/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, refused, startCluster } from "./cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ nodes: 1 });
});
after(() => cluster.close());

const namespace = "default";

const aDeployment = (name: string, replicas: number): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "example.org/app:1" }] } },
  },
});

const anHpa = (name: string, kind: string, target = name): HorizontalPodAutoscaler => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name, namespace },
  spec: { scaleTargetRef: { apiVersion: "apps/v1", kind, name: target }, minReplicas: 2, maxReplicas: 3 },
});

const conditions = async (name: string) => {
  const { status } = await cluster.client.get(horizontalpodautoscalers, { namespace, name });
  return (status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
};
const told = async (name: string) => {
  const { items } = await cluster.client.list(events, { namespace, fieldSelector: `involvedObject.name=${name}` });
  return items.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
};

test("what is out of its bounds is brought into them; without metrics it stays there, and says why", async () => {
  await cluster.client.create(deployments, aDeployment("web", 5));
  await cluster.client.create(horizontalpodautoscalers, anHpa("web", "Deployment"));
  await eventually(async () => {
    assert.equal((await cluster.client.get(deployments, { namespace, name: "web" })).spec?.replicas, 3);
    assert.deepEqual(await conditions("web"), ["AbleToScale=True SucceededRescale"]);
    assert.ok(
      (await told("web")).includes("Normal SuccessfulRescale New size: 3; reason: Current number of replicas above Spec.MaxReplicas"),
    );
  });
  const hpa = await cluster.client.get(horizontalpodautoscalers, { namespace, name: "web" });
  assert.deepEqual([hpa.status?.currentReplicas, hpa.status?.desiredReplicas], [5, 3]);
  // A change of the spec is looked at at once: now metrics are asked for, and there are none of simulated nodes.
  await cluster.client.patch(horizontalpodautoscalers, { namespace, name: "web" }, "merge", { spec: { maxReplicas: 4 } });
  await eventually(async () => {
    assert.deepEqual(await conditions("web"), ["AbleToScale=True SucceededGetScale", "ScalingActive=False FailedGetResourceMetric"]);
    const why = "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API";
    assert.ok((await told("web")).includes(`Warning FailedGetResourceMetric ${why}`));
  });
});

test("any kind with a scale is a target; what has none, or is not there, is told in upstream's words", async () => {
  const set = aDeployment("set", 1);
  await cluster.client.create(replicasets, { ...set, kind: "ReplicaSet" } as never);
  for (const [name, kind] of [
    ["set", "ReplicaSet"],
    ["gone", "Deployment"],
    ["odd", "Unknown"],
  ] as const)
    await cluster.client.create(horizontalpodautoscalers, anHpa(name, kind));
  await eventually(async () => assert.equal((await cluster.client.get(replicasets, { namespace, name: "set" })).spec?.replicas, 2));
  await eventually(async () => {
    assert.deepEqual(await told("gone"), ['Warning FailedGetScale deployments.apps "gone" not found']);
    assert.deepEqual(await told("odd"), ['Warning FailedGetScale no matches for kind "Unknown" in group "apps"']);
    assert.deepEqual(await conditions("odd"), ["AbleToScale=False FailedGetScale"]);
  });
});

test("the controller was never refused", () => assert.deepEqual([...refused], []));
