/** API servers that others bring, through the real API server: APIServices, availability, requests passed on, merged documents. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type APIService, apiservices, builtInKinds, configmaps, endpoints, namespaces, services } from "#api/mod.ts";
import { listen } from "#apiserver/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, startCluster } from "./cluster.ts";
import { type ExtensionServer, extensionServer } from "./extension-server.ts";

let cluster: Cluster;
let extension: ExtensionServer;
const group = "wardle.example.com";
const root = `/apis/${group}/v1alpha1`;
const name = `v1alpha1.${group}`;
before(async () => {
  extension = await extensionServer("api.wardle.svc");
  cluster = await startCluster({ nodes: 1, secrets: { frontProxyCa: extension.frontProxyCa, frontProxy: extension.frontProxy } });
  await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "wardle" } });
});
after(async () => {
  await cluster.close();
  await extension.close();
});

// biome-ignore lint/suspicious/noExplicitAny: documents of every kind
const ask = async (path: string, options: { method?: string; body?: object; headers?: Record<string, string> } = {}): Promise<any> => {
  const { method = "GET", body, headers } = options;
  const bytes = body && Buffer.from(JSON.stringify(body));
  return cluster.client.transport.request({
    method: method as "GET",
    path,
    headers: { ...(bytes && { "content-type": "application/json" }), ...headers },
    ...(bytes && { body: bytes }),
  });
};
const available = async () =>
  (await cluster.client.get(apiservices, { name })).status?.conditions?.find(({ type }) => type === "Available");
const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

test("every group and version of this server has its APIService, as upstream writes it", async () => {
  const { items } = await cluster.client.list(apiservices);
  const expected = new Set(
    builtInKinds.map(({ group: of, version }) => `${version}.${of}`).filter((each) => each !== "v1.apiregistration.k8s.io"),
  );
  assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), [...expected].sort());
  const apps = items.find(({ metadata }) => metadata.name === "v1.apps")!;
  assert.deepEqual(apps.spec, { group: "apps", version: "v1", groupPriorityMinimum: 17800, versionPriority: 15 });
  assert.deepEqual(apps.metadata.labels, { "kube-aggregator.kubernetes.io/automanaged": "onstart" });
  assert.deepEqual(
    apps.status?.conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [["Available", "True", "Local"]],
  );
  const core = items.find(({ metadata }) => metadata.name === "v1.")!;
  assert.deepEqual(core.spec, { version: "v1", groupPriorityMinimum: 18000, versionPriority: 1 });
});

test("an APIService says step by step why it is not available", async (t) => {
  if (!extension.host) return t.skip("this machine has no address but its own loopback");
  const service: APIService = {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name },
    spec: {
      group,
      version: "v1alpha1",
      service: { namespace: "wardle", name: "api", port: 7443 },
      caBundle: extension.caBundle,
      groupPriorityMinimum: 2000,
      versionPriority: 200,
    },
  };
  await cluster.client.create(apiservices, service);
  const becomes = (reason: string, message: string | RegExp) =>
    eventually(async () => {
      const condition = await available();
      assert.equal(condition?.reason, reason);
      assert.match(condition?.message ?? "", typeof message === "string" ? new RegExp(`^${message}$`) : message);
    });
  await becomes("ServiceNotFound", 'service/api in "wardle" is not present');
  const refused = await ask(`${root}/namespaces/default/flunders`);
  assert.deepEqual([refused.status, refused.bytes().toString()], [503, "service unavailable\n"]);
  const metadata = { namespace: "wardle", name: "api" };
  await cluster.client.create(services, { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ name: "x", port: 1 }] } });
  await becomes("ServicePortError", 'service/api in "wardle" is not listening on port 7443');
  await cluster.client.patch(services, metadata, "merge", { spec: { ports: [{ name: "https", port: 7443 }] } });
  await becomes("EndpointsNotFound", 'cannot find endpointslices for service/api in "wardle"');
  const subset = (ip: string, port: number, portName = "https") => [{ addresses: [{ ip }], ports: [{ name: portName, port }] }];
  await cluster.client.create(endpoints, { apiVersion: "v1", kind: "Endpoints", metadata, subsets: subset(extension.host, 1, "other") });
  await becomes("MissingEndpoints", 'endpointslices for service/api in "wardle" have no addresses with port name "https"');
  await cluster.client.patch(endpoints, metadata, "merge", { subsets: subset(extension.host, 1) });
  await becomes("FailedDiscoveryCheck", /^failing or missing response from https:\/\/.+\/apis\/wardle.example.com\/v1alpha1: /);
  await cluster.client.patch(endpoints, metadata, "merge", { subsets: subset(extension.host, extension.port) });
  await becomes("Passed", "all checks passed");
});

test("requests are passed on in the name of who asks, by the front proxy", async (t) => {
  if (!extension.host) return t.skip("this machine has no address but its own loopback");
  await eventually(async () => assert.equal((await available())?.status, "True"));
  const object = { kind: "Flunder", apiVersion: `${group}/v1alpha1`, metadata: { name: "new" } };
  const made = await ask(`${root}/namespaces/default/flunders?dryRun=All`, {
    method: "POST",
    body: object,
    headers: { authorization: "Bearer secret", "x-remote-user": "somebody" },
  });
  assert.deepEqual([made.status, made.object], [201, object]);
  // Others ask too: what is looked at is what was sent here.
  const heard = extension.heard.findLast(({ method }) => method === "POST")!;
  assert.deepEqual(
    [heard.method, heard.url, heard.proxy],
    ["POST", `${root}/namespaces/default/flunders?dryRun=All`, "front-proxy-client"],
  );
  assert.deepEqual(
    [heard.headers["x-remote-user"], heard.headers["x-remote-group"], heard.headers.authorization],
    ["kubernetes-admin", "system:masters, system:authenticated", undefined],
  );
  // Whoever may not ask is not passed on.
  const stranger = await cluster.as("stranger").transport.request({ method: "GET", path: `${root}/namespaces/default/flunders` });
  assert.equal(stranger.status, 403);
});

test("a watch streams, and another protocol goes through", async (t) => {
  if (!extension.host) return t.skip("this machine has no address but its own loopback");
  await eventually(async () => assert.equal((await available())?.status, "True"));
  const watch = await cluster.client.transport.watch({ method: "GET", path: `${root}/flunders?watch=true` });
  const events = watch[Symbol.asyncIterator]();
  extension.tell({ type: "ADDED", object: { metadata: { name: "one" } } });
  assert.deepEqual((await events.next()).value, [{ type: "ADDED", object: { metadata: { name: "one" } } }]);
  watch.close();
  const { cert, key } = await (await import("../../src/serve/test-certificates.ts")).testAuthority().then(({ server }) => server);
  const listener = await listen(cluster.server, { host: "127.0.0.1", port: 0, cert, key, clientCa: extension.frontProxyCa });
  try {
    const { connect: tls } = await import("node:tls");
    const socket = tls({
      host: "127.0.0.1",
      port: listener.port,
      rejectUnauthorized: false,
      ...extension.frontProxy,
      ALPNProtocols: ["http/1.1"],
    });
    // An authenticating proxy before us, who is believed: so that the user has a name here.
    socket.write(
      `GET ${root}/namespaces/default/flunders/one/shell HTTP/1.1\r\nhost: x\r\nx-remote-user: root\r\nx-remote-group: system:masters\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\nhello`,
    );
    let text = "";
    for await (const part of socket) {
      text += part;
      if (text.endsWith("hello")) break;
    }
    assert.match(text, /^HTTP\/1.1 101 /);
    const heard = extension.heard.findLast(({ headers }) => headers.upgrade)!;
    assert.deepEqual([heard.headers["x-remote-user"], heard.headers.upgrade], ["root", "echo"]);
    socket.destroy();
  } finally {
    await listener.close();
  }
});

test("discovery and OpenAPI show all groups as one", async (t) => {
  if (!extension.host) return t.skip("this machine has no address but its own loopback");
  await eventually(async () => assert.equal((await available())?.status, "True"));
  // biome-ignore lint/suspicious/noExplicitAny: a document
  const groups = (await ask("/apis")).object.groups.map((each: any) => each.name);
  assert.ok(groups.indexOf(group) > groups.indexOf("flowcontrol.apiserver.k8s.io") && groups.includes("apps"));
  assert.deepEqual((await ask(`/apis/${group}`)).object.preferredVersion, { groupVersion: `${group}/v1alpha1`, version: "v1alpha1" });
  assert.equal((await ask(root)).object.resources.length, 2);
  const { items } = (await ask("/apis", { headers: { accept: aggregated } })).object;
  // biome-ignore lint/suspicious/noExplicitAny: a document
  const own = items.find(({ metadata }: any) => metadata.name === group);
  assert.deepEqual(own.versions, [
    {
      version: "v1alpha1",
      freshness: "Current",
      resources: [
        {
          resource: "flunders",
          responseKind: { group, version: "v1alpha1", kind: "Flunder" },
          scope: "Namespaced",
          singularResource: "flunder",
          verbs: ["create", "delete", "get", "list", "watch"],
          shortNames: ["fl"],
          subresources: [{ subresource: "status", responseKind: { group, version: "v1alpha1", kind: "Flunder" }, verbs: ["get"] }],
        },
      ],
    },
  ]);
  assert.deepEqual((await ask("/openapi/v3")).object.paths[root.slice(1)], { serverRelativeURL: `/openapi/v3${root}?hash=ABC` });
  assert.equal((await ask(`/openapi/v3${root}?hash=ABC`)).object.info.title, "wardle");
  const v2 = (await ask("/openapi/v2")).object;
  const meta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
  assert.ok(v2.paths[`${root}/flunders`] && v2.paths["/api/v1/pods"] && !v2.definitions.unused);
  assert.equal(v2.definitions["wardle.Flunder"].properties.metadata.$ref, `#/definitions/${meta}_v2`);
  assert.deepEqual(v2.definitions[`${meta}_v2`], { type: "object" });
});

test("a server that does not answer any more is told of, and what is gone is gone from discovery", async (t) => {
  if (!extension.host) return t.skip("this machine has no address but its own loopback");
  extension.broken = true;
  // Anything about its endpoints makes the server look again.
  await cluster.client.patch(services, { namespace: "wardle", name: "api" }, "merge", { metadata: { annotations: { look: "again" } } });
  await eventually(async () => assert.match((await available())?.message ?? "", /bad status from https:.+: 503$/));
  const { items } = (await ask("/apis", { headers: { accept: aggregated } })).object;
  // biome-ignore lint/suspicious/noExplicitAny: a document
  assert.equal(items.find(({ metadata }: any) => metadata.name === group).versions[0].freshness, "Stale");
  await cluster.client.delete(apiservices, { name });
  assert.equal((await ask(root)).status, 404);
  // biome-ignore lint/suspicious/noExplicitAny: a document
  assert.ok(!(await ask("/apis")).object.groups.some((each: any) => each.name === group));
  await cluster.client.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "wardle", name: "left" } });
  await cluster.client.delete(namespaces, { name: "wardle" });
  await eventually(async () => assert.equal((await ask("/api/v1/namespaces/wardle")).status, 404));
});
