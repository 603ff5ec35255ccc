/** Custom resources among the controllers: collected with their owners, gone with their namespace. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { configmaps, namespaces } from "#api/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, startCluster } from "./cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ nodes: 1 });
  await ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { size: { type: "integer" } } } } },
          },
        },
      ],
    },
  });
  await eventually(async () => assert.equal((await ask("GET", "/apis/example.com/v1")).status, 200));
});
after(() => cluster.close());

// biome-ignore lint/suspicious/noExplicitAny: answers of many kinds.
async function ask(method: string, path: string, body?: object): Promise<{ status: number; object: any }> {
  const { status, object } = await cluster.client.transport.request({ method: method as "GET", path, body });
  return { status, object };
}

const path = (namespace: string) => `/apis/example.com/v1/namespaces/${namespace}/widgets`;
const aWidget = (name: string, metadata: object = {}) => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name, ...metadata },
  spec: { size: 1 },
});

test("a custom object goes with its owner, and what it owns with it", async () => {
  const owner = await cluster.client.create(configmaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "owner", namespace: "default" },
  });
  const ownedBy = (apiVersion: string, kind: string, name: string, uid: string) => ({ ownerReferences: [{ apiVersion, kind, name, uid }] });
  const made = await ask("POST", path("default"), aWidget("owned", ownedBy("v1", "ConfigMap", "owner", owner.metadata.uid!)));
  assert.equal(made.status, 201, JSON.stringify(made.object));
  await cluster.client.create(configmaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "below", namespace: "default", ...ownedBy("example.com/v1", "Widget", "owned", made.object.metadata.uid) },
  });
  await cluster.client.delete(configmaps, { namespace: "default", name: "owner" });
  await eventually(async () => {
    assert.equal((await ask("GET", `${path("default")}/owned`)).status, 404);
    assert.equal((await ask("GET", "/api/v1/namespaces/default/configmaps/below")).status, 404);
  });
});

test("custom objects go with their namespace, and those that are held hold it", async () => {
  await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "doomed" } });
  await ask("POST", path("doomed"), aWidget("free"));
  await ask("POST", path("doomed"), aWidget("held", { finalizers: ["example.com/hold"] }));
  await cluster.client.delete(namespaces, { name: "doomed" });
  await eventually(async () => assert.equal((await ask("GET", `${path("doomed")}/free`)).status, 404));
  const held = await ask("GET", `${path("doomed")}/held`);
  assert.ok(held.object.metadata.deletionTimestamp);
  const { metadata, ...rest } = held.object;
  await ask("PUT", `${path("doomed")}/held`, { ...rest, metadata: { ...metadata, finalizers: [] } });
  await eventually(async () => assert.equal((await ask("GET", "/api/v1/namespaces/doomed")).status, 404));
});
