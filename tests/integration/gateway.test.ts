/** The Gateway API among the controllers: its kinds come, a Gateway gets an address and answers, and all goes with it again. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type EndpointSlice, endpointslices, type KubeObject, type Resource, type Service, services } from "#api/mod.ts";
import { type Log, silentLog, systemClock, systemRandom } from "#base/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { controllerName, type Gateway, gatewayClasses, gateways, group, httpRoutes, referenceGrants } from "#ingress/gateway/kinds.ts";
import { type IngressServer, startIngress } from "#ingress/mod.ts";
import { testAuthority } from "#serve/test-certificates.ts";
import { eventually, startCluster } from "./cluster.ts";

let cluster: Cluster;
let ingress: IngressServer;
/** Endpoints cannot have loopback's addresses. */
const own = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
const folder = mkdtempSync(join(tmpdir(), "gateway-"));
before(async () => {
  cluster = await startCluster({ nodes: 1 });
  ingress = await host("one", silentLog);
});

/** An ingress that answers at ports of its own, and writes while it leads. */
async function host(identity: string, log: Log): Promise<IngressServer> {
  const authority = await testAuthority();
  const started = startIngress({
    client: cluster.client,
    clock: systemClock,
    random: systemRandom,
    log,
    addresses: [own ?? "127.0.0.2"],
    localhosts: [],
    ports: { plain: 0, secure: 0 },
    issue: ([name = ""]) => authority.serving(name),
    accessLog: join(folder, `${identity}.log`),
    leaderElection: { identity },
  });
  await started.ready;
  return started;
}
after(async () => {
  await ingress.close();
  await cluster.close();
  rmSync(folder, { recursive: true });
});

/** As little as a definition can say: what the objects mean is the ingress's to know, not the server's. */
const definition = ({ resource, kind, namespaced }: Resource): KubeObject => {
  const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const openAPIV3Schema = { type: "object", properties: { spec: anything, status: anything } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${resource}.${group}`, annotations: { "api-approved.kubernetes.io": "unapproved, for a test" } },
    spec: {
      group,
      scope: namespaced ? "Namespaced" : "Cluster",
      names: { plural: resource, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: "v1", served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema } }],
    },
  } as KubeObject;
};

const kinds = [gatewayClasses, gateways, httpRoutes, referenceGrants] as Resource[];
const ref = { namespace: "default", name: "gw" };
const apiVersion = `${group}/v1`;
const metadata = { name: "gw", namespace: "default" };

async function post(path: string, body: object): Promise<void> {
  const { status, object } = await cluster.client.transport.request({ method: "POST", path, body });
  assert.equal(status, 201, JSON.stringify(object));
}

/** What the port of this host says to which the Gateway's Service leads. */
async function ask(path: string): Promise<string> {
  const slice: EndpointSlice = await cluster.client.get(endpointslices, { namespace: "default", name: "gw-spoke-ipv4" });
  const host = slice.endpoints![0]!.addresses![0]!;
  return new Promise((resolve, reject) => {
    const asking = request({ host, port: slice.ports![0]!.port!, path, agent: false, timeout: 5000 }, (answer) => {
      let text = `${answer.statusCode} `;
      answer.on("data", (piece) => void (text += piece));
      answer.on("end", () => resolve(text));
    });
    asking.on("error", reject).end();
  });
}

test("a Gateway answers as soon as its kinds are served, and leaves nothing behind", { timeout: 60_000 }, async (t) => {
  for (const kind of kinds) await post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition(kind));
  await eventually(() => cluster.client.list(referenceGrants));
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { ports: [{ port: 80, protocol: "TCP" }] },
  };
  await cluster.client.create(services, service);
  await cluster.client.create(gatewayClasses, { apiVersion, kind: "GatewayClass", metadata: { name: "spoke" }, spec: { controllerName } });
  const listeners = [{ name: "web", port: 80, protocol: "HTTP" }];
  await cluster.client.create(gateways, { apiVersion, kind: "Gateway", metadata, spec: { gatewayClassName: "spoke", listeners } });
  const rules = [{ matches: [{ path: { type: "PathPrefix", value: "/web" } }], backendRefs: [{ name: "web", port: 80 }] }];
  await cluster.client.create(httpRoutes, { apiVersion, kind: "HTTPRoute", metadata, spec: { parentRefs: [{ name: "gw" }], rules } });

  await t.test("status: an address, programmed, one route", async () => {
    const { status } = await eventually(async () => {
      const gateway: Gateway = await cluster.client.get(gateways, ref);
      assert.equal(gateway.status?.conditions?.find(({ type }) => type === "Programmed")?.status, "True");
      assert.equal(gateway.status?.listeners?.[0]?.attachedRoutes, 1);
      return gateway;
    });
    const { status: own } = await cluster.client.get(services, { namespace: "default", name: "gw-spoke" });
    assert.deepEqual(status?.addresses, [{ type: "IPAddress", value: own?.loadBalancer?.ingress?.[0]?.ip }]);
    const route = await eventually(async () => {
      const { status } = await cluster.client.get(httpRoutes, ref);
      assert.equal(status?.parents?.length, 1);
      return status!.parents![0]!;
    });
    assert.deepEqual(
      route.conditions.map(({ type, status }) => `${type} ${status}`),
      ["Accepted True", "ResolvedRefs True"],
    );
    const { status: ofClass } = await cluster.client.get(gatewayClasses, { name: "spoke" });
    assert.equal(ofClass?.conditions?.[0]?.reason, "Accepted");
  });

  await t.test("requests: no endpoint, an endpoint, no rule", { skip: own ? false : "this machine has loopback only" }, async (t) => {
    await eventually(async () => assert.match(await ask("/web"), /^503 /));
    const backend = createServer((_, response) => void response.end("hello"));
    await new Promise<void>((done) => void backend.listen(0, own, done));
    t.after(() => void backend.close());
    const slice: EndpointSlice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "web-1", namespace: "default", labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [own!], conditions: { ready: true } }],
      ports: [{ name: "", port: (backend.address() as AddressInfo).port, protocol: "TCP" }],
    };
    await cluster.client.create(endpointslices, slice);
    await eventually(async () => assert.equal(await ask("/web"), "200 hello"));
    assert.match(await ask("/other"), /^404 /);
  });

  await t.test(
    "of two hosts one writes, and the other when that one goes",
    { skip: own ? false : "this machine has loopback only" },
    async () => {
      const sliceOf = (): Promise<EndpointSlice> => cluster.client.get(endpointslices, { namespace: "default", name: "gw-spoke-ipv4" });
      const before = await sliceOf();
      let follows = false;
      const two = await host("two", { ...silentLog, debug: (message) => void (follows ||= message === "gateway: all is known") });
      await eventually(() => assert.ok(follows));
      const { status } = await cluster.client.patch(gateways, ref, "merge", { metadata: { labels: { seen: "anew" } } });
      assert.ok(status);
      await systemClock.sleep(200);
      // Two that write would take it from one another for ever.
      assert.equal((await sliceOf()).metadata.resourceVersion, before.metadata.resourceVersion);
      await ingress.close();
      ingress = two;
      await eventually(async () => assert.notEqual((await sliceOf()).ports?.[0]?.port, before.ports?.[0]?.port));
      assert.match(await ask("/other"), /^404 /);
    },
  );

  await t.test("a Gateway that goes takes its Service with it; without its class it is nobody's", async () => {
    await cluster.client.delete(gatewayClasses, { name: "spoke" });
    await eventually(() => assert.rejects(async () => cluster.client.get(services, { namespace: "default", name: "gw-spoke" })));
    await cluster.client.create(gatewayClasses, {
      apiVersion,
      kind: "GatewayClass",
      metadata: { name: "spoke" },
      spec: { controllerName },
    });
    await eventually(() => cluster.client.get(services, { namespace: "default", name: "gw-spoke" }));
    await cluster.client.delete(gateways, ref);
    await eventually(() => assert.rejects(async () => cluster.client.get(services, { namespace: "default", name: "gw-spoke" })));
    await eventually(async () => assert.deepEqual((await cluster.client.get(httpRoutes, ref)).status?.parents, []));
  });
});
