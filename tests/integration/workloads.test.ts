/** Deployments, Services, ownership and namespaces through the real API server, controllers and scheduler, on simulated nodes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  configmaps,
  type Deployment,
  deployments,
  endpointslices,
  events,
  namespaces,
  type Pod,
  pods,
  replicasets,
  serviceaccounts,
  services,
} from "#api/mod.ts";
import { ApiError, isNotFound } from "#client/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, refused, startCluster } from "./cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ nodes: 3 });
});
after(() => cluster.close());

const namespace = "default";

function aDeployment(name: string, replicas: number, image = "example.org/app:1"): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image, ports: [{ containerPort: 8080 }] }] } },
    },
  };
}

const podsOf = async (app: string): Promise<Pod[]> => (await cluster.client.list(pods, { namespace, labelSelector: `app=${app}` })).items;
const isReady = (pod: Pod) => pod.status?.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;

async function ready(app: string, count: number): Promise<Pod[]> {
  return eventually(async () => {
    const all = await podsOf(app);
    assert.equal(all.filter((pod) => isReady(pod) && !pod.metadata.deletionTimestamp).length, count);
    assert.equal(all.length, count);
    return all;
  });
}

test("a Deployment makes Pods, spreads them, heals and scales", async () => {
  await cluster.client.create(deployments, aDeployment("web", 3));
  const first = await ready("web", 3);
  assert.equal(new Set(first.map((pod) => pod.spec?.nodeName)).size, 3, "one on each node");
  await cluster.client.delete(pods, { namespace, name: first[0]!.metadata.name! });
  await eventually(async () => assert.ok(!(await podsOf("web")).some((pod) => pod.metadata.uid === first[0]!.metadata.uid)));
  await ready("web", 3);
  await cluster.client.patch(deployments, { namespace, name: "web" }, "merge", { spec: { replicas: 5 } }, { subresource: "scale" });
  await ready("web", 5);
  await cluster.client.patch(deployments, { namespace, name: "web" }, "merge", { spec: { replicas: 0 } });
  await ready("web", 0);
});

test("a rollout replaces every Pod, keeps the old ReplicaSet at zero, and never goes below what may be missing", async () => {
  await cluster.client.create(deployments, aDeployment("roll", 4));
  await ready("roll", 4);
  let fewest = 4;
  const watch = await cluster.client.watch(pods, { namespace, labelSelector: "app=roll" });
  const seen = new Map((await podsOf("roll")).map((pod) => [pod.metadata.uid!, pod]));
  const following = (async () => {
    for await (const batch of watch)
      for (const { type, object } of batch) {
        if (type === "DELETED") seen.delete(object.metadata.uid!);
        else seen.set(object.metadata.uid!, object);
        fewest = Math.min(fewest, [...seen.values()].filter((pod) => isReady(pod) && !pod.metadata.deletionTimestamp).length);
      }
  })();
  const template = { spec: { containers: [{ name: "c", image: "example.org/app:2" }] } };
  await cluster.client.patch(deployments, { namespace, name: "roll" }, "strategic", { spec: { template } });
  await eventually(async () => {
    const { status, metadata } = await cluster.client.get(deployments, { namespace, name: "roll" });
    assert.deepEqual(
      [status?.updatedReplicas, status?.replicas, status?.availableReplicas, status?.observedGeneration],
      [4, 4, 4, metadata.generation],
    );
  });
  watch.close();
  await following;
  assert.ok((await podsOf("roll")).every((pod) => pod.spec?.containers?.[0]?.image === "example.org/app:2"));
  assert.ok(fewest >= 3, `${fewest} of 4 were ready at the lowest`);
  const sets = (await cluster.client.list(replicasets, { namespace, labelSelector: "app=roll" })).items;
  assert.deepEqual(sets.map((set) => set.spec?.replicas).sort(), [0, 4]);
  assert.deepEqual(sets.map((set) => set.metadata.annotations?.["deployment.kubernetes.io/revision"]).sort(), ["1", "2"]);
});

test("endpoints follow readiness, and a Service of type LoadBalancer gets its address", async () => {
  await cluster.client.create(deployments, aDeployment("shop", 2));
  const spec = { type: "LoadBalancer", selector: { app: "shop" }, ports: [{ port: 80, targetPort: 8080 }] };
  const made = await cluster.client.create(services, { apiVersion: "v1", kind: "Service", metadata: { name: "shop", namespace }, spec });
  assert.match(made.spec?.clusterIP ?? "", /^10\.96\./);
  assert.ok((made.spec?.ports?.[0]?.nodePort ?? 0) >= 30000);
  const all = await ready("shop", 2);
  await eventually(async () => {
    const slices = (await cluster.client.list(endpointslices, { namespace, labelSelector: "kubernetes.io/service-name=shop" })).items;
    const addresses = slices
      .flatMap((slice) => slice.endpoints ?? [])
      .filter((endpoint) => endpoint.conditions?.ready)
      .flatMap((endpoint) => endpoint.addresses ?? []);
    assert.deepEqual(addresses.sort(), all.map((pod) => pod.status?.podIP).sort());
  });
  await eventually(async () => {
    const { status } = await cluster.client.get(services, { namespace, name: "shop" });
    assert.match(status?.loadBalancer?.ingress?.[0]?.ip ?? "", /^10\.88\.0\./);
  });
});

test("what fits nowhere stays Pending, and says why as upstream does", async () => {
  const deployment = aDeployment("huge", 1);
  deployment.spec!.template!.spec!.containers![0]!.resources = { requests: { cpu: "4000" } };
  await cluster.client.create(deployments, deployment);
  const message = await eventually(async () => {
    const [pod] = await podsOf("huge");
    const condition = pod?.status?.conditions?.find((each) => each.type === "PodScheduled");
    assert.equal(condition?.reason, "Unschedulable");
    return condition.message;
  });
  assert.equal(
    message,
    "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  );
  await eventually(async () => {
    const told = (await cluster.client.list(events, { namespace })).items.filter((event) => event.reason === "FailedScheduling");
    assert.ok(told.some((event) => event.message === message));
  });
});

test("dependents go with their owner in the background and the foreground, and stay when they are orphaned", async () => {
  for (const [name, propagationPolicy] of [
    ["back", "Background"],
    ["fore", "Foreground"],
    ["free", "Orphan"],
  ] as const) {
    await cluster.client.create(deployments, aDeployment(name, 1));
    await ready(name, 1);
    await cluster.client.delete(deployments, { namespace, name }, { propagationPolicy });
    await eventually(() => assert.rejects(cluster.client.get(deployments, { namespace, name }), isNotFound));
    if (propagationPolicy !== "Orphan") await eventually(async () => assert.equal((await podsOf(name)).length, 0));
    else {
      const [set] = (await cluster.client.list(replicasets, { namespace, labelSelector: `app=${name}` })).items;
      assert.equal(set?.metadata.ownerReferences?.length ?? 0, 0);
      assert.equal((await podsOf(name)).length, 1);
    }
  }
});

test("a namespace gets its account and CA, and takes everything along when it goes", async () => {
  await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "short" } });
  await eventually(() => cluster.client.get(serviceaccounts, { namespace: "short", name: "default" }));
  const ca = await eventually(() => cluster.client.get(configmaps, { namespace: "short", name: "kube-root-ca.crt" }));
  assert.equal(ca.data?.["ca.crt"], "test CA");
  await cluster.client.create(configmaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "x", namespace: "short", finalizers: ["example.org/hold"] },
  });
  await cluster.client.delete(namespaces, { name: "short" });
  const refused = cluster.client.create(configmaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "late", namespace: "short" },
  });
  await assert.rejects(
    refused,
    (error: unknown) => error instanceof ApiError && error.code === 403 && /because it is being terminated/.test(error.message),
  );
  await eventually(async () =>
    assert.ok((await cluster.client.get(configmaps, { namespace: "short", name: "x" })).metadata.deletionTimestamp),
  );
  await cluster.client.patch(configmaps, { namespace: "short", name: "x" }, "merge", { metadata: { finalizers: null } });
  await eventually(() => assert.rejects(cluster.client.get(namespaces, { name: "short" }), isNotFound));
});

test("nobody does what their roles do not say", async () => {
  const nobody = cluster.as("eve");
  await assert.rejects(nobody.list(pods, { namespace }), {
    message: 'pods is forbidden: User "eve" cannot list resource "pods" in API group "" in the namespace "default"',
  });
});

test("a circle of owners that is deleted in the foreground goes, and nothing spins", async () => {
  const names = ["ring-1", "ring-2", "ring-3"];
  const made = [];
  for (const name of names)
    made.push(await cluster.client.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } }));
  for (const [index, name] of names.entries()) {
    const owner = made[(index + 2) % 3]!;
    const ownerReferences = [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        name: owner.metadata.name,
        uid: owner.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ];
    await cluster.client.patch(configmaps, { namespace, name }, "merge", { metadata: { ownerReferences } });
  }
  await cluster.client.delete(configmaps, { namespace, name: "ring-1" }, { propagationPolicy: "Foreground" });
  for (const name of names) await eventually(() => assert.rejects(cluster.client.get(configmaps, { namespace, name }), isNotFound));
});

test("no controller asked for more than its own role gives", () => assert.deepEqual([...refused], []));
