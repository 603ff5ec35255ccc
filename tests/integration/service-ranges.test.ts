/** A second range of Service addresses: used as soon as it is there, kept while it is used, and gone ten seconds after. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Service, type ServiceCIDR, servicecidrs, services } from "#api/mod.ts";
import { isNotFound } from "#client/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, refused, startCluster } from "./cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ nodes: 1 });
});
after(() => cluster.close());

const namespace = "default";
const aService = (name: string, clusterIP?: string): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { ports: [{ port: 80, protocol: "TCP" }], ...(clusterIP ? { clusterIP } : {}) },
});
const range: ServiceCIDR = {
  apiVersion: "networking.k8s.io/v1",
  kind: "ServiceCIDR",
  metadata: { name: "second" },
  spec: { cidrs: ["10.97.0.0/28"] },
};
const get = () => cluster.client.get(servicecidrs, { name: "second" });
const ready = async () => (await get()).status?.conditions?.map(({ status, reason }) => `${status} ${reason}`.trim());

test("addresses of the new range are given; it says that it is ready, and what holds it", async () => {
  const inIt = aService("asked", "10.97.0.5");
  await assert.rejects(cluster.client.create(services, inIt), /the provided network does not match the current range/);
  await cluster.client.create(servicecidrs, range);
  await eventually(async () => {
    assert.deepEqual(await ready(), ["True"]);
    assert.deepEqual((await get()).metadata.finalizers, ["networking.k8s.io/service-cidr-finalizer"]);
  });
  assert.equal((await cluster.client.create(services, inIt)).spec?.clusterIP, "10.97.0.5");
  await assert.rejects(cluster.client.create(services, aService("again", "10.97.0.5")), /provided IP is already allocated/);
  await cluster.client.delete(servicecidrs, { name: "second" });
  await eventually(async () => assert.deepEqual(await ready(), ["False Terminating"]));
  await assert.rejects(
    cluster.client.create(services, aService("late", "10.97.0.6")),
    /the provided network does not match the current range/,
  );
  await cluster.client.delete(services, { namespace, name: "asked" });
  await eventually(async () => assert.ok(isNotFound(await get().catch((error) => error))), 30_000);
});

test("the cluster's own range is guarded too", async () => {
  const own = await cluster.client.get(servicecidrs, { name: "kubernetes" });
  assert.deepEqual(own.metadata.finalizers, ["networking.k8s.io/service-cidr-finalizer"]);
});

test("no controller was refused", () => assert.deepEqual([...refused], []));
