import assert from "node:assert/strict";
import { test } from "node:test";
import { type Service, services } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta } from "../situations.ts";
import { loadBalancers, pickAddress } from "./see.ts";

const range = "10.88.0.0/29";
const aService = (name: string, spec: Service["spec"] = { type: "LoadBalancer" }): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: aMeta(name),
  spec,
});

const picks: { name: string; taken: string[]; asked?: string; wanted: string | undefined }[] = [
  { name: "the lowest, not the network's own", taken: [], wanted: "10.88.0.1" },
  { name: "the lowest that is free", taken: ["10.88.0.1", "10.88.0.3"], wanted: "10.88.0.2" },
  { name: "the one that is asked for", taken: [], asked: "10.88.0.5", wanted: "10.88.0.5" },
  { name: "not one that is taken", taken: ["10.88.0.5"], asked: "10.88.0.5", wanted: "10.88.0.1" },
  { name: "not one outside", taken: [], asked: "10.88.1.5", wanted: "10.88.0.1" },
  { name: "not the broadcast address", taken: [], asked: "10.88.0.7", wanted: "10.88.0.1" },
  { name: "none is left", taken: ["1", "2", "3", "4", "5", "6"].map((last) => `10.88.0.${last}`), wanted: undefined },
];
for (const { name, taken, asked, wanted } of picks)
  test(`address of a load balancer: ${name}`, () => assert.equal(pickAddress(range, new Set(taken), asked), wanted));

test("services get addresses of their own at once, keep them, and give them back", async () => {
  const { get, put, told, settled, close } = await trial(loadBalancers({ loadBalancerRanges: [range] }), [
    [services, aService("a")],
    [services, aService("b")],
    [services, aService("class", { type: "LoadBalancer", loadBalancerClass: "example.org/other" })],
    [services, aService("plain", { type: "ClusterIP" })],
  ]);
  const address = (name: string) => get(services, `default/${name}`)?.status?.loadBalancer?.ingress?.[0]?.ip;
  assert.deepEqual(["a", "b", "class", "plain"].map(address), ["10.88.0.1", "10.88.0.2", undefined, undefined]);
  assert.deepEqual(
    await told(),
    Array.from({ length: 2 }, () => "Normal EnsuredLoadBalancer Ensured load balancer"),
  );
  put(services, { ...get(services, "default/a")!, spec: { type: "ClusterIP" } });
  await settled();
  put(services, aService("c"));
  await settled();
  assert.deepEqual(["a", "b", "c"].map(address), [undefined, "10.88.0.2", "10.88.0.1"]);
  await close();
});

test("a Service has an address of each of its families, and follows when one goes or comes", async () => {
  const { get, put, settled, close } = await trial(loadBalancers({ loadBalancerRanges: [range, "fd00:88::/120"] }), [
    [services, aService("both", { type: "LoadBalancer", ipFamilies: ["IPv6", "IPv4"] })],
    [services, aService("six", { type: "LoadBalancer", ipFamilies: ["IPv6"], loadBalancerIP: "FD00:88::9" })],
    [services, aService("plain")],
  ]);
  const addresses = (name: string) => get(services, `default/${name}`)?.status?.loadBalancer?.ingress?.map(({ ip }) => ip);
  assert.deepEqual(["both", "six", "plain"].map(addresses), [["fd00:88::1", "10.88.0.1"], ["fd00:88::9"], ["10.88.0.2"]]);
  put(services, { ...get(services, "default/both")!, spec: { type: "LoadBalancer", ipFamilies: ["IPv6"] } });
  put(services, { ...get(services, "default/plain")!, spec: { type: "LoadBalancer", ipFamilies: ["IPv4", "IPv6"] } });
  await settled();
  assert.deepEqual(["both", "plain"].map(addresses), [["fd00:88::1"], ["10.88.0.2", "fd00:88::2"]]);
  await close();
});

test("when no address is left, the Service says so", async () => {
  const full = Array.from({ length: 7 }, (_, at): [typeof services, Service] => [services, aService(`s${at}`)]);
  const { told, close } = await trial(loadBalancers({ loadBalancerRanges: [range] }), full);
  assert.ok((await told()).includes("Warning SyncLoadBalancerFailed Error syncing load balancer: no address is left in 10.88.0.0/29"));
  await close();
});
