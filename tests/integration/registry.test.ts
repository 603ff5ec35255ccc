/** What the cluster knows of its registry. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { configmaps, endpointslices, services } from "#api/mod.ts";
import { isNotFound } from "#client/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { plan } from "../../src/distro/cluster.ts";
import { ensureRegistryObjects } from "../../src/distro/registry/objects.ts";
import { startCluster } from "./cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ nodes: 0 });
});
after(() => cluster.close());

test("pods find the registry by a Service, tools by a ConfigMap, and both go with it", async () => {
  const { client } = cluster;
  const on = plan("spoke", undefined, { registry: { on: true, port: 5001 } }, new Set());
  for (let times = 0; times < 2; times++) await ensureRegistryObjects(client, on);
  const service = { namespace: "kube-system", name: "registry" };
  const hosting = { namespace: "kube-public", name: "local-registry-hosting" };
  assert.equal((await client.get(services, service)).spec?.ports?.[0]?.port, 5000);
  const slice = await client.get(endpointslices, { namespace: "kube-system", name: "registry-ipv4" });
  assert.deepEqual([slice.endpoints?.[0]?.addresses, slice.ports?.[0]?.port], [["10.89.0.1"], 5001]);
  assert.match((await client.get(configmaps, hosting)).data!["localRegistryHosting.v1"]!, /^host: "localhost:5001"$/m);
  await ensureRegistryObjects(client, plan("spoke", on, { registry: { on: false } }, new Set()));
  await assert.rejects(client.get(services, service), isNotFound);
  await assert.rejects(client.get(configmaps, hosting), isNotFound);
  const left = await client.list(endpointslices, { namespace: "kube-system", labelSelector: "kubernetes.io/service-name=registry" });
  assert.deepEqual(left.items, []);
});

test("objects of those names that somebody else made stay as they are", async () => {
  const { client } = cluster;
  const made = await client.create(services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "kube-system", name: "registry" },
    spec: { ports: [{ port: 80 }] },
  });
  for (const on of [true, false]) {
    await ensureRegistryObjects(client, plan("spoke", undefined, { registry: { on } }, new Set()));
    assert.equal((await client.get(services, made.metadata as { namespace: string; name: string })).metadata.uid, made.metadata.uid);
  }
  await client.delete(services, { namespace: "kube-system", name: "registry" });
});
