import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigMap, configmaps, type Service, services } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta } from "../situations.ts";
import { refusedCondition } from "./plan.ts";
import { loadBalancers } from "./see.ts";

const range = "10.88.0.0/29";
const aService = (name: string, spec: Service["spec"] = { type: "LoadBalancer" }): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: aMeta(name),
  spec,
});

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

/** Addresses of Services in order, or why they have none. */
const outcome = (service: Service | undefined): string => {
  const refusal = service?.status?.conditions?.find(({ type }) => type === refusedCondition);
  const addresses = service?.status?.loadBalancer?.ingress?.map(({ ip }) => ip).join();
  assert.ok(!(refusal && addresses));
  return addresses ?? refusal?.message ?? "nothing";
};
const pools = (data: Record<string, string>): [typeof configmaps, ConfigMap] => [
  configmaps,
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "load-balancer-pools", namespace: "kube-system" }, data },
];
interface Asks extends NonNullable<Service["spec"]> {
  annotations?: Record<string, string>;
}
const asks = (name: string, { annotations, ...spec }: Asks, at = 0): [typeof services, Service] => [
  services,
  {
    ...aService(name, { type: "LoadBalancer", ports: [{ port: 80 }], ...spec }),
    metadata: { ...aMeta(name), creationTimestamp: `2026-01-01T00:00:0${at}Z`, ...(annotations ? { annotations } : {}) },
  },
];

const wanted: { name: string; asked: Asks; pools?: Record<string, string>; outcome: string }[] = [
  { name: "the lowest, not the network's own", asked: {}, outcome: "10.88.0.2" },
  { name: "the one that is asked for", asked: { loadBalancerIP: "10.88.0.5" }, outcome: "10.88.0.5" },
  { name: "not one that is taken", asked: { loadBalancerIP: "10.88.0.1" }, outcome: "10.88.0.1 belongs to Service default/first" },
  {
    name: "not one outside",
    asked: { loadBalancerIP: "10.88.1.5" },
    outcome: "10.88.1.5 is not in any pool: there is default (10.88.0.1-10.88.0.6)",
  },
  {
    name: "not the broadcast address",
    asked: { loadBalancerIP: "10.88.0.7" },
    outcome: "10.88.0.7 is not in any pool: there is default (10.88.0.1-10.88.0.6)",
  },
  { name: "not what is none", asked: { loadBalancerIP: "10.88.0" }, outcome: '"10.88.0" is no IP address' },
  {
    name: "not one of another family",
    asked: { loadBalancerIP: "fd00::1", ipFamilies: ["IPv4"] },
    outcome: "fd00::1 is of IPv6, and the Service has IPv4",
  },
  {
    name: "none of a family that no pool has",
    asked: { ipFamilies: ["IPv6"] },
    outcome: "no pool gives addresses of IPv6: there is default (10.88.0.1-10.88.0.6)",
  },
  {
    name: "one of two families for who only prefers both",
    asked: { ipFamilies: ["IPv6", "IPv4"], ipFamilyPolicy: "PreferDualStack" },
    outcome: "10.88.0.2",
  },
  {
    name: "none for who requires both",
    asked: { ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "RequireDualStack" },
    outcome: "no pool gives addresses of IPv6: there is default (10.88.0.1-10.88.0.6)",
  },
  {
    name: "of both families as the annotation lists them",
    asked: { ipFamilies: ["IPv4", "IPv6"], annotations: { "metallb.universe.tf/loadBalancerIPs": "10.88.0.4, fd00::5" } },
    pools: { six: "addresses: ['fd00::1-fd00::f']" },
    outcome: "10.88.0.4,fd00::5",
  },
  {
    name: "not by annotation and field at once",
    asked: { loadBalancerIP: "10.88.0.5", annotations: { "metallb.io/loadBalancerIPs": "10.88.0.5" } },
    outcome: "the annotation loadBalancerIPs and spec.loadBalancerIP are both set",
  },
  {
    name: "of the pool that is named, though it gives nothing unasked",
    asked: { annotations: { "metallb.io/address-pool": "lab" } },
    pools: { lab: "addresses: [192.0.2.0/24]\navoidBuggyIPs: true\nautoAssign: false" },
    outcome: "192.0.2.1",
  },
  {
    name: "an address of a pool that gives nothing unasked",
    asked: { loadBalancerIP: "192.0.2.9" },
    pools: { lab: "addresses: [192.0.2.0/24]\nautoAssign: false" },
    outcome: "192.0.2.9",
  },
  {
    name: "not of a pool that is not there",
    asked: { annotations: { "metallb.io/address-pool": "lab" } },
    outcome: "there is no pool lab; there is default (10.88.0.1-10.88.0.6)",
  },
  {
    name: "not of another namespace's pool",
    asked: { annotations: { "metallb.io/address-pool": "lab" } },
    pools: { lab: "addresses: [192.0.2.0/24]\nserviceAllocation: { namespaces: [lab] }" },
    outcome: "pool lab is not for namespace default",
  },
  {
    name: "first of the pool with the lowest priority",
    asked: {},
    pools: {
      a: "addresses: [192.0.2.0/24]\nserviceAllocation: { priority: 2 }",
      b: "addresses: [198.51.100.4/30]\nserviceAllocation: { priority: 1 }",
    },
    outcome: "198.51.100.4",
  },
  {
    name: "of the user's pool default instead of the cluster's",
    asked: {},
    pools: { default: "addresses: [192.0.2.7/32]" },
    outcome: "192.0.2.7",
  },
];
for (const { name, asked, pools: data, outcome: text } of wanted)
  test(`address of a load balancer: ${name}`, async () => {
    const { get, told, close } = await trial(loadBalancers({ loadBalancerRanges: [range] }), [
      asks("first", { loadBalancerIP: data?.default ? "" : "10.88.0.1", type: data?.default ? "ClusterIP" : "LoadBalancer" }),
      ...(data ? [pools(data)] : []),
      asks("asked", asked, 1),
    ]);
    assert.equal(outcome(get(services, "default/asked")), text);
    const failed = (await told()).filter((line) => line.startsWith("Warning"));
    const refused = get(services, "default/asked")?.status?.loadBalancer?.ingress === undefined;
    assert.deepEqual(failed, refused ? [`Warning SyncLoadBalancerFailed Error syncing load balancer: ${text}`] : []);
    await close();
  });

const together: { name: string; first: Asks; second: Asks; outcome: string }[] = [
  {
    name: "whose ports differ have one address",
    first: { annotations: { "metallb.io/allow-shared-ip": "a" } },
    second: { annotations: { "metallb.universe.tf/allow-shared-ip": "a" }, ports: [{ port: 443 }] },
    outcome: "10.88.0.1",
  },
  {
    name: "whose protocols differ have one address",
    first: { annotations: { "metallb.io/allow-shared-ip": "a" } },
    second: { annotations: { "metallb.io/allow-shared-ip": "a" }, ports: [{ port: 80, protocol: "UDP" }] },
    outcome: "10.88.0.1",
  },
  {
    name: "with one port are told so",
    first: { annotations: { "metallb.io/allow-shared-ip": "a" }, loadBalancerIP: "10.88.0.4" },
    second: { annotations: { "metallb.io/allow-shared-ip": "a" }, loadBalancerIP: "10.88.0.4" },
    outcome: "10.88.0.4 belongs to Service default/first: both have port TCP 80",
  },
  {
    name: "of other words are told so",
    first: { annotations: { "metallb.io/allow-shared-ip": "a" }, loadBalancerIP: "10.88.0.4" },
    second: { annotations: { "metallb.io/allow-shared-ip": "b" }, loadBalancerIP: "10.88.0.4", ports: [{ port: 443 }] },
    outcome: "10.88.0.4 belongs to Service default/first: their annotations metallb.io/allow-shared-ip differ",
  },
  {
    name: "with traffic by their own nodes share when they select the same pods",
    first: { annotations: { "metallb.io/allow-shared-ip": "a" }, externalTrafficPolicy: "Local", selector: { app: "x" } },
    second: {
      annotations: { "metallb.io/allow-shared-ip": "a" },
      externalTrafficPolicy: "Local",
      selector: { app: "x" },
      ports: [{ port: 443 }],
    },
    outcome: "10.88.0.1",
  },
  {
    name: "with traffic by their own nodes and other pods have another address",
    first: { annotations: { "metallb.io/allow-shared-ip": "a" }, externalTrafficPolicy: "Local", selector: { app: "x" } },
    second: { annotations: { "metallb.io/allow-shared-ip": "a" }, ports: [{ port: 443 }] },
    outcome: "10.88.0.2",
  },
];
for (const { name, first, second, outcome: text } of together)
  test(`two Services ${name}`, async () => {
    const { get, close } = await trial(loadBalancers({ loadBalancerRanges: [range] }), [asks("first", first), asks("second", second, 1)]);
    assert.equal(outcome(get(services, "default/second")), text);
    await close();
  });

test("a refusal is told once, and goes when the address is free", async () => {
  const { get, put, told, settled, close } = await trial(loadBalancers({ loadBalancerRanges: [range] }), [
    asks("first", { loadBalancerIP: "10.88.0.4" }),
    asks("second", { loadBalancerIP: "10.88.0.4" }, 1),
  ]);
  put(...asks("third", {}, 2));
  await settled();
  assert.equal((await told()).filter((line) => line.startsWith("Warning")).length, 1);
  const first = get(services, "default/first")!;
  put(services, { ...first, spec: { ...first.spec, loadBalancerIP: "10.88.0.6" } });
  await settled();
  assert.deepEqual(
    ["first", "second", "third"].map((name) => outcome(get(services, `default/${name}`))),
    ["10.88.0.6", "10.88.0.4", "10.88.0.1"],
  );
  await close();
});

test("when no address is left, the Service says so", async () => {
  const full = Array.from({ length: 7 }, (_, at) => asks(`s${at}`, {}, at));
  const { told, close } = await trial(loadBalancers({ loadBalancerRanges: [range] }), full);
  const text = "no address of IPv4 is left: there is default (10.88.0.1-10.88.0.6)";
  assert.ok((await told()).includes(`Warning SyncLoadBalancerFailed Error syncing load balancer: ${text}`));
  await close();
});

test("an address of another one's load balancer stays, and is taken", async () => {
  const ingress = [{ ip: "10.88.0.1" }];
  const [, foreign] = asks("foreign", { loadBalancerClass: "example.org/other" });
  const { get, close } = await trial(loadBalancers({ loadBalancerRanges: [range] }), [
    [services, { ...foreign, status: { loadBalancer: { ingress } } } as Service],
    asks("own", {}),
  ]);
  assert.deepEqual(get(services, "default/foreign")?.status?.loadBalancer?.ingress, ingress);
  assert.equal(outcome(get(services, "default/own")), "10.88.0.2");
  await close();
});

test("nothing is written where there is no pool", async () => {
  const { get, close } = await trial(loadBalancers({ loadBalancerRanges: [] }), [asks("own", {})]);
  assert.equal(outcome(get(services, "default/own")), "nothing");
  await close();
});

test("pools follow their ConfigMap; a wrong one takes no address away and is told", async () => {
  const { get, put, told, settled, close } = await trial(loadBalancers({ loadBalancerRanges: [range] }), [
    pools({ lab: "addresses: [192.0.2.8/30]" }),
    asks("own", { annotations: { "metallb.io/address-pool": "lab" } }),
  ]);
  const own = () => outcome(get(services, "default/own"));
  assert.equal(own(), "192.0.2.8");
  const wrong = { lab: "addresses: [192.0.2.8/64]", other: "adresses: []", third: "addresses: [10.88.0.4-10.88.0.9]" };
  put(...pools(wrong));
  await settled();
  assert.equal(own(), "192.0.2.8");
  assert.deepEqual((await told()).filter((line) => line.includes("InvalidPool")).toSorted(), [
    'Warning InvalidPool pool lab: "192.0.2.8/64" is no range of addresses, such as 10.1.0.0/24 or 10.1.0.5-10.1.0.9',
    "Warning InvalidPool pool other: adresses: there is no such field",
    "Warning InvalidPool pool third: shares addresses with pool default",
  ]);
  put(...pools({ lab: "addresses: [192.0.2.1-192.0.2.3]" }));
  await settled();
  assert.equal(own(), "192.0.2.1");
  await close();
});
