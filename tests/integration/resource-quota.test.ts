/** ResourceQuota through the real API server and controllers: admitted exactly, counted exactly, freed soon. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  configmaps,
  namespaces,
  type Pod,
  persistentvolumeclaims,
  pods,
  type ResourceQuota,
  resourcequotas,
  secrets,
  services,
} from "#api/mod.ts";
import { ApiError } from "#client/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, refused, startCluster } from "./cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ nodes: 1 });
});
after(() => cluster.close());

async function aNamespace(name: string): Promise<string> {
  await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await eventually(() => cluster.client.get(configmaps, { namespace: name, name: "kube-root-ca.crt" }));
  return name;
}

/** With its status counted. */
async function aQuota(namespace: string, name: string, spec: NonNullable<ResourceQuota["spec"]>): Promise<void> {
  await cluster.client.create(resourcequotas, { apiVersion: "v1", kind: "ResourceQuota", metadata: { namespace, name }, spec });
  await eventually(async () =>
    assert.deepEqual(Object.keys((await used(namespace, name)) ?? {}).sort(), Object.keys(spec.hard ?? {}).sort()),
  );
}

const used = async (namespace: string, name: string) => (await cluster.client.get(resourcequotas, { namespace, name })).status?.used;
const aMap = (namespace: string, name: string) => ({
  apiVersion: "v1" as const,
  kind: "ConfigMap" as const,
  metadata: { namespace, name },
});
const aPod = (namespace: string, name: string, spec: Partial<NonNullable<Pod["spec"]>> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace, name },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
});
const outcomeOf = (pending: Promise<unknown>): Promise<string> =>
  pending.then(
    () => "let through",
    (error) => (error instanceof ApiError ? error.message : Promise.reject(error)),
  );

test("64 writers at once get exactly what there is, and what failed for another reason is given back", async () => {
  const namespace = await aNamespace("many");
  const most = 101;
  await aQuota(namespace, "maps", { hard: { "count/configmaps": String(most), configmaps: "500" } });
  const first = Number((await used(namespace, "maps"))?.["count/configmaps"]);
  let through = 0;
  const writer = async (id: number) => {
    for (let at = 0; at < 4; at++) {
      const result = await outcomeOf(cluster.client.create(configmaps, aMap(namespace, `m-${id}-${at}`)));
      if (result === "let through") through++;
      else
        assert.match(
          result,
          /^configmaps "m-\d+-\d" is forbidden: exceeded quota: maps, requested: count\/configmaps=1, used: count\/configmaps=101, limited: count\/configmaps=101$/,
        );
      // The name is taken: charged, refused by the store, given back.
      await outcomeOf(cluster.client.create(configmaps, aMap(namespace, "kube-root-ca.crt")));
    }
  };
  await Promise.all(Array.from({ length: 64 }, (_, id) => writer(id)));
  const { items } = await cluster.client.list(configmaps, { namespace });
  assert.ok(items.length <= most, `${items.length} are there`);
  await eventually(async () => assert.equal((await used(namespace, "maps"))?.["count/configmaps"], String(items.length)));
  assert.equal(through, items.length - first);
  for (let at = items.length; at < most; at++) await cluster.client.create(configmaps, aMap(namespace, `rest-${at}`));
  assert.match(await outcomeOf(cluster.client.create(configmaps, aMap(namespace, "over"))), /exceeded quota: maps/);
  assert.equal((await used(namespace, "maps"))?.configmaps, String(most));
});

test("writers who create and delete never have more than is allowed, and the count is right in the end", async () => {
  const namespace = await aNamespace("churn");
  await aQuota(namespace, "q", { hard: { "count/configmaps": "20" } });
  let live = (await cluster.client.list(configmaps, { namespace })).items.length;
  let most = live;
  const watch = await cluster.client.watch(configmaps, { namespace });
  const following = (async () => {
    const names = new Set((await cluster.client.list(configmaps, { namespace })).items.map(({ metadata }) => metadata.name));
    for await (const batch of watch)
      for (const { type, object } of batch) {
        if (type === "DELETED") names.delete(object.metadata.name);
        else names.add(object.metadata.name);
        live = names.size;
        most = Math.max(most, live);
      }
  })();
  const writer = async (id: number) => {
    for (let at = 0; at < 12; at++) {
      const name = `m-${id}-${at}`;
      if ((await outcomeOf(cluster.client.create(configmaps, aMap(namespace, name)))) === "let through" && at % 3 !== 2)
        await cluster.client.delete(configmaps, { namespace, name });
    }
  };
  await Promise.all(Array.from({ length: 32 }, (_, id) => writer(id)));
  const there = (await cluster.client.list(configmaps, { namespace })).items.length;
  await eventually(async () => assert.equal((await used(namespace, "q"))?.["count/configmaps"], String(there)));
  watch.close();
  await following;
  assert.ok(most <= 20, `${most} at once`);
});

test("compute resources, scopes and what must be said", async () => {
  const namespace = await aNamespace("compute");
  await aQuota(namespace, "compute", { hard: { "requests.cpu": "1", "limits.memory": "1Gi", pods: "3" }, scopes: ["NotTerminating"] });
  assert.equal(
    await outcomeOf(cluster.client.create(pods, aPod(namespace, "silent"))),
    'pods "silent" is forbidden: failed quota: compute: must specify limits.memory for: c; requests.cpu for: c',
  );
  const resources = { requests: { cpu: "600m" }, limits: { memory: "512Mi" } };
  const asking = { containers: [{ name: "c", image: "i", resources }] };
  await cluster.client.create(pods, aPod(namespace, "first", asking));
  assert.deepEqual(await used(namespace, "compute"), { "requests.cpu": "600m", "limits.memory": "512Mi", pods: "1" });
  assert.equal(
    await outcomeOf(cluster.client.create(pods, aPod(namespace, "second", asking))),
    'pods "second" is forbidden: exceeded quota: compute, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
  );
  // Another scope: it may.
  await cluster.client.create(pods, aPod(namespace, "ending", { ...asking, activeDeadlineSeconds: 3600 }));
  await cluster.client.delete(pods, { namespace, name: "first" });
  await eventually(async () =>
    assert.deepEqual(await used(namespace, "compute"), { "requests.cpu": "0", "limits.memory": "0", pods: "0" }),
  );
});

test("services and claims, also when they change", async () => {
  const namespace = await aNamespace("changes");
  const gold = "gold.storageclass.storage.k8s.io/requests.storage";
  await aQuota(namespace, "q", { hard: { "services.nodeports": "1", services: "5", "requests.storage": "10Gi", [gold]: "4Gi" } });
  const service = (name: string, type: string) => ({
    apiVersion: "v1" as const,
    kind: "Service" as const,
    metadata: { namespace, name },
    spec: { type, ports: [{ port: 80 }], selector: { a: "b" } },
  });
  await cluster.client.create(services, service("a", "NodePort"));
  await cluster.client.create(services, service("b", "ClusterIP"));
  assert.match(
    await outcomeOf(cluster.client.patch(services, { namespace, name: "b" }, "merge", { spec: { type: "NodePort" } })),
    /exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1/,
  );
  await cluster.client.patch(services, { namespace, name: "a" }, "merge", { spec: { type: "ClusterIP" } });
  await eventually(async () => assert.equal((await used(namespace, "q"))?.["services.nodeports"], "0"));
  await cluster.client.patch(services, { namespace, name: "b" }, "merge", { spec: { type: "NodePort" } });
  const claim = (name: string, storage: string) => ({
    apiVersion: "v1" as const,
    kind: "PersistentVolumeClaim" as const,
    metadata: { namespace, name },
    spec: { storageClassName: "gold", accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
  });
  await cluster.client.create(persistentvolumeclaims, claim("a", "3Gi"));
  assert.match(
    await outcomeOf(cluster.client.create(persistentvolumeclaims, claim("b", "2Gi"))),
    /exceeded quota: q, requested: gold.storageclass.storage.k8s.io\/requests.storage=2Gi, used: .*=3Gi, limited: .*=4Gi/,
  );
  await cluster.client.delete(persistentvolumeclaims, { namespace, name: "a" });
  await eventually(async () => assert.equal((await used(namespace, "q"))?.["requests.storage"], "0"));
});

test("a dry run is judged and charged nothing; a quota that is not counted yet lets nothing through", async () => {
  const namespace = await aNamespace("dry");
  await aQuota(namespace, "q", { hard: { secrets: "1" } });
  const secret = (name: string) => ({ apiVersion: "v1" as const, kind: "Secret" as const, metadata: { namespace, name } });
  await cluster.client.create(secrets, secret("dry"), { dryRun: true });
  assert.deepEqual(await used(namespace, "q"), { secrets: "0" });
  await cluster.client.create(secrets, secret("wet"));
  assert.deepEqual(await used(namespace, "q"), { secrets: "1" });
  assert.match(await outcomeOf(cluster.client.create(secrets, secret("dry"), { dryRun: true })), /exceeded quota: q/);
  await cluster.stopPart("controllers");
  const spec = { hard: { "count/configmaps": "9" } };
  const uncounted: ResourceQuota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { namespace, name: "new" }, spec };
  await cluster.client.create(resourcequotas, uncounted);
  // Without bounds in its status it does not count yet; with them and without a count it refuses.
  await cluster.client.create(configmaps, aMap(namespace, "early"));
  await cluster.client.patch(resourcequotas, { namespace, name: "new" }, "merge", { status: spec }, { subresource: "status" });
  assert.match(
    await outcomeOf(cluster.client.create(configmaps, aMap(namespace, "m"))),
    /^configmaps "m" is forbidden: status unknown for quota: new, resources: count\/configmaps$/,
  );
  cluster.startPart("controllers");
  await eventually(async () => assert.deepEqual(await used(namespace, "new"), { "count/configmaps": "2" }));
});

test("the controller asked for no more than its own role gives", () =>
  assert.deepEqual(
    [...refused].filter((each) => each.includes("resourcequota")),
    [],
  ));
