import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from "node:tls";
import { silentLog, systemClock } from "#base/mod.ts";
import { testAuthority } from "#serve/test-certificates.ts";
import { Backends } from "../../proxy/backends.ts";
import { Door } from "../../proxy/door.ts";
import { serveRaw } from "../../proxy/fixture.ts";
import type { Endpoint } from "../../routes/endpoints.ts";
import { aGateway, aListener, aRouteOf, aWorld } from "../builders.ts";
import type { Listener, Route } from "../kinds.ts";
import { planGateways } from "../plan.ts";
import { Ports } from "../ports.ts";
import { readHello } from "./client-hello.ts";
import { Streams } from "./streams.ts";

/** The first words of a client that asks for a name. */
async function helloOf(servername: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (bytes: Buffer) => {
        socket.destroy();
        server.close();
        resolve(bytes);
      });
    }).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      connectTls({ host: "127.0.0.1", port, servername }).on("error", () => {});
    });
  });
}

test("the name is read however the first words are cut, and nothing else is taken for them", async () => {
  const hello = await helloOf("Shop.A.com");
  assert.deepEqual(readHello(hello), { serverName: "shop.a.com" });
  for (let length = 0; length < hello.length; length++) assert.equal(readHello(hello.subarray(0, length)), "more");
  const body = hello.subarray(5);
  const record = (piece: Buffer) => Buffer.concat([Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece]);
  const cut = Buffer.concat([record(body.subarray(0, 3)), record(body.subarray(3, 90)), record(body.subarray(90))]);
  assert.deepEqual(readHello(cut), { serverName: "shop.a.com" });
  assert.deepEqual(readHello(await helloOf("")), { serverName: undefined });
  assert.equal(readHello(Buffer.from("GET / HTTP/1.1\r\n")), "none");
  assert.equal(readHello(record(Buffer.alloc(0))), "none");
  for (let at = 5; at < hello.length; at++) {
    const damaged = Buffer.from(hello);
    damaged[at] = 255;
    readHello(damaged); // it ends, whatever it says
  }
});

async function aStage(t: TestContext, listeners: Listener[], routes: Route[], endpoints: Record<string, Endpoint>) {
  const backends = new Backends(systemClock);
  const streams = new Streams({ clock: systemClock, backends });
  const authority = await testAuthority();
  const { cert, key } = await authority.serving("ended.a.com");
  const nobody = { cert: "", key: "" };
  const enter = () => assert.fail("there are no requests");
  const door = new Door({ clock: systemClock, enter, certificate: nobody, contextFor: enter });
  let opened = () => {};
  const isOpen = new Promise<void>((resolve) => (opened = resolve));
  const ports = new Ports({
    door,
    addresses: ["127.0.0.1"],
    log: silentLog,
    certificate: nobody,
    answer: enter,
    streams,
    changed: () => opened(),
    failed: () => assert.fail("the port cannot be opened"),
  });
  t.after(async () => {
    streams.close();
    await ports.close();
    await door.close();
    backends.close();
  });
  const data = { "tls.crt": Buffer.from(cert).toString("base64"), "tls.key": Buffer.from(key).toString("base64") };
  const secret = () => ({ apiVersion: "v1", kind: "Secret", metadata: { name: "cert", namespace: "default" }, data });
  const plan = planGateways(aWorld({ gateways: [aGateway(listeners)], routes, secret }));
  backends.set(
    new Map(
      [...plan.backends].map(([key, wanted]) => [key, { ...wanted, endpoints: [endpoints[/\/(\w+):/.exec(key)![1]!]!].filter(Boolean) }]),
    ),
  );
  ports.set(plan.ports);
  await isOpen;
  return { authority, streams, port: ports.of("default/gw")[0]!.hostPort };
}

const route = (kind: string, name: string, hostnames?: string[]) =>
  aRouteOf(kind, { backendRefs: [{ name, port: 80 }] }, { name, spec: { ...(hostnames ? { hostnames } : {}) } });

/** What a client that begins TLS with the name is answered to `hello`, and by whose certificate; or why not. */
function askTls(port: number, servername: string, ca: string): Promise<string> {
  return new Promise((resolve) => {
    const client: TLSSocket = connectTls(
      { host: "127.0.0.1", port, servername, ca, checkServerIdentity: () => undefined },
      () => void client.write("hello"),
    );
    client.on("data", (bytes) => {
      resolve(`${bytes} by ${client.getPeerCertificate().subjectaltname}`);
      client.destroy();
    });
    client.on("error", () => resolve("refused"));
    client.on("close", () => resolve("closed"));
  });
}

test("by its name TLS is led through, or ends here; a name that no route has is refused", { timeout: 20_000 }, async (t) => {
  const plain = await serveRaw((socket, said) => socket.write(`plain ${said}`));
  t.after(() => plain.close());
  const listeners = [
    aListener("tls 443 *.a.com", { tls: { mode: "Passthrough" } }),
    aListener("tls 443 ended.a.com", { tls: { mode: "Terminate", certificateRefs: [{ name: "cert" }] } }),
  ];
  const other = await testAuthority();
  const own = await other.serving("through.a.com");
  const server = createTlsServer({ ...own }, (socket) =>
    socket.on("error", () => {}).on("data", (bytes) => socket.write(`secure ${bytes}`)),
  );
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  t.after(() => void server.close());
  const endpoints = { plain: plain.endpoint, secure: { ip: "127.0.0.1", port: (server.address() as AddressInfo).port } };
  const routes = [route("TLSRoute", "plain", ["ended.a.com"]), route("TLSRoute", "secure", ["through.a.com"])];
  const { authority, port, streams } = await aStage(t, listeners, routes, endpoints);
  assert.equal(await askTls(port, "ended.a.com", authority.ca), "plain hello by DNS:ended.a.com");
  assert.equal(await askTls(port, "through.a.com", other.ca), "secure hello by DNS:through.a.com");
  for (const name of ["other.a.com", "b.com"]) assert.match(await askTls(port, name, authority.ca), /refused|closed/);
  for (let left = 100; streams.count > 0 && left > 0; left--) await systemClock.sleep(20);
  assert.equal(streams.count, 0, "nothing is kept of connections that are over");
});

test("a TCPRoute has the port; the oldest of several", { timeout: 20_000 }, async (t) => {
  const [one, two] = [await serveRaw((socket) => socket.end("one")), await serveRaw((socket) => socket.end("two"))];
  t.after(() => Promise.all([one.close(), two.close()]));
  const young = { ...route("TCPRoute", "one"), metadata: { name: "one", namespace: "default", creationTimestamp: "2026-02-01T00:00:00Z" } };
  const { port } = await aStage(t, [aListener("tcp 5000")], [young, route("TCPRoute", "two")], { one: one.endpoint, two: two.endpoint });
  const said = await new Promise((resolve) => {
    const client = connect(port, "127.0.0.1", () => void client.write("hi"));
    client.on("data", (bytes) => resolve(String(bytes)));
  });
  assert.equal(said, "two");
});
