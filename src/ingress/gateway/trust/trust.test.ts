import assert from "node:assert/strict";
import { request } from "node:https";
import { type TestContext, test } from "node:test";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { ConfigMap, Secret } from "#api/mod.ts";
import { silentLog, systemClock } from "#base/mod.ts";
import { type TestAuthority, testAuthority } from "#serve/test-certificates.ts";
import { Backends } from "../../proxy/backends.ts";
import { Door } from "../../proxy/door.ts";
import { serve } from "../../proxy/fixture.ts";
import type { Endpoint } from "../../routes/endpoints.ts";
import { GatewayAnswerer } from "../answer.ts";
import { aGateway, aGrant, aListener, aRoute, aWorld } from "../builders.ts";
import type { BackendTlsPolicy, Gateway, ObjectReference } from "../kinds.ts";
import { type GatewayWorld, planGateways } from "../plan.ts";
import { Ports } from "../ports.ts";
import { gatewayStatus, policyStatus } from "../status.ts";
import { Streams } from "../streams/streams.ts";

const isSo = ({ type, status, reason }: { type: string; status: string; reason: string }) => `${type} ${status} ${reason}`;
const authority = await testAuthority();
const aConfigMap = (ca: string): ConfigMap => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "ca" }, data: { "ca.crt": ca } });
const configMap = (key: string) =>
  key.endsWith("/ca") ? aConfigMap(authority.ca) : key.endsWith("/bad") ? aConfigMap("no PEM") : undefined;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const aSecret = ({ cert, key }: { cert: string; key: string }): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "cert", namespace: "default" },
  data: { "tls.crt": base64(cert), "tls.key": base64(key) },
});

interface PolicyOptions {
  name?: string;
  section?: string;
  born?: number;
  refs?: ObjectReference[];
  more?: Partial<BackendTlsPolicy["spec"]["validation"]>;
}

const aPolicy = ({ name = "tls", section, born = 0, refs = [{ name: "ca" }], more = {} }: PolicyOptions = {}): BackendTlsPolicy => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "BackendTLSPolicy",
  metadata: { name, namespace: "default", creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, born)).toISOString() },
  spec: {
    targetRefs: [{ kind: "Service", name: "web", ...(section ? { sectionName: section } : {}) }],
    validation: { hostname: "web.a.com", caCertificateRefs: refs, ...more },
  },
});

const http = () => aGateway([aListener("http 80")]);
const planOf = (more: Partial<GatewayWorld>) => planGateways(aWorld({ gateways: [http()], routes: [aRoute()], configMap, ...more }));

const good = ["Accepted True Accepted", "ResolvedRefs True ResolvedRefs"];
const nobody = (reason: string) => ["Accepted False NoValidCACertificate", `ResolvedRefs False ${reason}`];
const policies: [name: string, policy: BackendTlsPolicy, told: string[]][] = [
  ["an authority", aPolicy(), good],
  ["no such ConfigMap", aPolicy({ refs: [{ name: "none" }] }), nobody("InvalidCACertificateRef")],
  ["what is no certificate", aPolicy({ refs: [{ name: "bad" }] }), nobody("InvalidCACertificateRef")],
  ["another kind", aPolicy({ refs: [{ kind: "Secret", name: "ca" }] }), nobody("InvalidKind")],
  [
    "one of two",
    aPolicy({ refs: [{ name: "none" }, { name: "ca" }] }),
    ["Accepted True Accepted", "ResolvedRefs False InvalidCACertificateRef"],
  ],
  ["those of the system", aPolicy({ refs: [], more: { wellKnownCACertificates: "System" } }), good],
];
for (const [name, policy, told] of policies)
  test(`policy: ${name}`, () => {
    const plan = planOf({ policies: [policy] });
    const { ancestors } = policyStatus(plan.policies[0]!, 0)!;
    assert.deepEqual(
      ancestors!.map(({ ancestorRef, conditions }) => [ancestorRef.name, conditions.map(isSo)]),
      [["gw", told]],
    );
    assert.equal(plan.backends.size, told[0]!.startsWith("Accepted True") ? 1 : 0, "what cannot be obeyed leads nowhere");
  });

test("of two policies of one target the older one counts, and one of the port before one of the Service", () => {
  const all = [aPolicy({ name: "young", born: 5 }), aPolicy({ name: "old" }), aPolicy({ name: "port", section: "https", born: 9 })];
  const service = () => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { ports: [{ name: "https", port: 80 }] },
  });
  const plan = planOf({ policies: all, service });
  assert.deepEqual(
    plan.policies.map(({ policy, conditions }) => `${policy.metadata.name} ${isSo(conditions[0]!)}`),
    ["old Accepted True Accepted", "young Accepted False Conflicted", "port Accepted True Accepted"],
  );
});

const frontend = (ref: ObjectReference, mode?: string) =>
  aGateway([aListener("https 443", { tls: { certificateRefs: [{ name: "cert" }] } }), aListener("http 80")], {
    tls: { frontend: { default: { validation: { caCertificateRefs: [ref], ...(mode ? { mode } : {}) } } } },
  });
const listeners: [name: string, gateway: Gateway, told: string[]][] = [
  ["an authority", frontend({ name: "ca" }), good],
  ["no such ConfigMap", frontend({ name: "none" }), nobody("InvalidCACertificateRef")],
  ["another kind", frontend({ kind: "Secret", name: "ca" }), nobody("InvalidCACertificateKind")],
  ["of another namespace", frontend({ name: "ca", namespace: "third" }), nobody("RefNotPermitted")],
  ["of another namespace by a grant", frontend({ name: "ca", namespace: "other" }), good],
];
const world = { secret: () => aSecret(authority.server), grants: [aGrant("Gateway", { kind: "ConfigMap" })] };
for (const [name, gateway, told] of listeners)
  test(`clients of a Gateway: ${name}`, () => {
    const [https, plain] = planOf({ ...world, gateways: [gateway] }).standings.get("default/gw")!.listeners;
    assert.deepEqual([isSo(https!.accepted), isSo(https!.resolved)], told);
    assert.equal(isSo(plain!.accepted), "Accepted True Accepted");
  });

test("what a Gateway shows to its backends is told of as a whole, and so is that anybody is let in", () => {
  const at = { addresses: ["10.89.0.240"], isOpen: () => true };
  const told = (gateway: Gateway, secret?: Secret) => {
    const standing = planOf({ gateways: [gateway], secret: () => secret }).standings.get("default/gw")!;
    return gatewayStatus(standing, at, 0).conditions!.map(isSo).slice(2);
  };
  const showing = aGateway([aListener("http 80")], { tls: { backend: { clientCertificateRef: { name: "cert" } } } });
  assert.deepEqual(told(showing), ["ResolvedRefs False InvalidClientCertificateRef"]);
  assert.deepEqual(told(showing, aSecret(authority.server)), ["ResolvedRefs True ResolvedRefs"]);
  const open = told(frontend({ name: "ca" }, "AllowInsecureFallback"), aSecret(authority.server));
  assert.deepEqual(open, ["InsecureFrontendValidationMode True ConfigurationChanged"]);
  const before = { ...http(), status: { conditions: [{ type: "ResolvedRefs", status: "True", reason: "ResolvedRefs", message: "" }] } };
  assert.deepEqual(told(before), [], "it goes when it is asked for no more");
});

/** The port of a Gateway whose one Service has the endpoint. */
async function aStage(t: TestContext, more: Partial<GatewayWorld>, endpoint: Endpoint) {
  const backends = new Backends(systemClock);
  const answerer = new GatewayAnswerer({ clock: systemClock, backends });
  const enter = () => assert.fail("nobody comes to the door's own ports");
  const door = new Door({ clock: systemClock, enter, certificate: authority.server, contextFor: enter });
  let opened = () => {};
  const isOpen = new Promise<void>((resolve) => (opened = resolve));
  const ports = new Ports({
    door,
    addresses: ["127.0.0.1"],
    log: silentLog,
    certificate: authority.server,
    answer: (exchange, plan) => answerer.answer(exchange, plan),
    streams: new Streams({ clock: systemClock, backends }),
    changed: () => opened(),
    failed: () => assert.fail("the port cannot be opened"),
  });
  t.after(async () => {
    await ports.close();
    await door.close();
    backends.close();
  });
  const set = (again: Partial<GatewayWorld>) => {
    const plan = planOf({ ...more, ...again });
    backends.set(new Map([...plan.backends].map(([key, wanted]) => [key, { ...wanted, endpoints: [endpoint] }])));
    ports.set(plan.ports);
  };
  set({});
  await isOpen;
  return { set, port: ports.of("default/gw")[0]!.hostPort };
}

/** A backend by TLS that says who its client is. */
async function aBackend(t: TestContext, pair: { cert: string; key: string }, more: TlsOptions = {}): Promise<Endpoint> {
  const server = createTlsServer({ ...pair, ...more }, (socket) => {
    const { subject } = socket.getPeerCertificate();
    const body = `${socket.servername} ${subject?.CN ?? "nobody"}`;
    socket.on("error", () => {}).once("data", () => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  t.after(() => void server.close());
  return { ip: "127.0.0.1", port: (server.address() as { port: number }).port };
}

test("a backend by TLS is believed by its authority and its names, and is shown the Gateway's certificate", {
  timeout: 20_000,
}, async (t) => {
  const endpoint = await aBackend(t, await authority.serving("web.a.com"), { requestCert: true, rejectUnauthorized: false });
  const { set, port } = await aStage(t, { policies: [aPolicy()] }, endpoint);
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    return answer.status === 200 ? answer.text() : answer.status;
  };
  assert.equal(await ask(), "web.a.com nobody");
  const named = (names: object[]) => set({ policies: [aPolicy({ more: { subjectAltNames: names as never } })] });
  named([{ type: "Hostname", hostname: "other.a.com" }]);
  assert.equal(await ask(), 502);
  named([
    { type: "URI", uri: "spiffe://a/b" },
    { type: "Hostname", hostname: "web.a.com" },
  ]);
  assert.equal(await ask(), "web.a.com nobody");
  set({ policies: [aPolicy({ more: { hostname: "other.a.com" } })] });
  assert.equal(await ask(), 502);
  const stranger = await testAuthority();
  set({ policies: [aPolicy()], configMap: () => aConfigMap(stranger.ca) });
  assert.equal(await ask(), 502);
  const gateway = aGateway([aListener("http 80")], { tls: { backend: { clientCertificateRef: { name: "cert" } } } });
  const shown = aSecret(await authority.client("gateway"));
  set({ policies: [aPolicy()], gateways: [gateway], secret: () => shown });
  assert.equal(await ask(), "web.a.com gateway");
});

function askTls(port: number, pair: { cert: string; key: string } | undefined, by: TestAuthority): Promise<string> {
  return new Promise((resolve) => {
    const asking = request({
      host: "127.0.0.1",
      port,
      path: "/",
      ca: by.ca,
      agent: false,
      servername: "a.com",
      checkServerIdentity: () => undefined,
      ...pair,
    });
    asking.on("response", (answer) => {
      answer.resume();
      resolve(String(answer.statusCode));
    });
    asking.on("error", () => resolve("refused"));
    asking.end();
  });
}

test("clients show certificates of the authority, or are let in where the Gateway says so", { timeout: 20_000 }, async (t) => {
  const backend = await serve((_, response) => void response.end("hello"));
  t.after(() => backend.close());
  const secure = (mode?: string) => {
    const gateway = frontend({ name: "ca" }, mode);
    return { ...gateway, spec: { ...gateway.spec, listeners: [gateway.spec.listeners![0]!] } };
  };
  const own = await authority.client("alice");
  const strange = await (await testAuthority()).client("mallory");
  for (const [mode, strangers] of [
    [undefined, "refused"],
    ["AllowInsecureFallback", "200"],
  ] as const) {
    const { port } = await aStage(t, { ...world, gateways: [secure(mode)] }, backend.endpoint);
    assert.equal(await askTls(port, own, authority), "200");
    assert.equal(await askTls(port, strange, authority), strangers);
    assert.equal(await askTls(port, undefined, authority), strangers);
  }
});
