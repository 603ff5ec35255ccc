import assert from "node:assert/strict";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { WebSocket } from "ws";
import { configmaps } from "#api/mod.ts";
import { seededRandom, silentLog, systemClock } from "#base/mod.ts";
import { until } from "#net/until.ts";
import { createMemoryStore } from "#store/mod.ts";
import { firstObjects } from "../bootstrap/first-objects.ts";
import type { Authenticator } from "../contract.ts";
import { type ApiServer, openRegistry, serve } from "../mod.ts";
import { type ConnectionLimits, usualConnectionLimits } from "./connections.ts";
import { listen } from "./listener.ts";
import { selfSigned } from "./self-signed.ts";

const serving = await selfSigned();

async function withListener(limits: Partial<ConnectionLimits>, run: (port: number, server: ApiServer) => Promise<void>): Promise<void> {
  const store = await createMemoryStore({ clock: systemClock });
  const common = { clock: systemClock, random: seededRandom(1), log: silentLog };
  const byName: Authenticator = {
    authenticate: ({ headers }) => (headers["x-user"] ? { name: String(headers["x-user"]), groups: ["system:authenticated"] } : undefined),
  };
  const server = serve(await openRegistry({ store, ...common }), { authn: { authenticators: [byName] } });
  const listener = await listen(server, { host: "127.0.0.1", port: 0, ...serving, limits: { ...usualConnectionLimits, ...limits } });
  try {
    await run(listener.port, server);
  } finally {
    await server.close();
    await listener.close();
    await store.close();
  }
}

interface Ear {
  socket: Socket;
  heard: string;
  closed: boolean;
}

function ear(socket: Socket): Ear {
  const own: Ear = { socket, heard: "", closed: false };
  socket.on("data", (data) => {
    own.heard += data.toString("latin1");
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    own.closed = true;
  });
  return own;
}

const plain = (port: number) => ear(connect({ host: "127.0.0.1", port }));
function secure(port: number, text = "", protocol = "http/1.1"): Ear {
  const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: [protocol] }, () => socket.write(text));
  return ear(socket);
}

test("connections that ask for nothing in time are closed: without TLS, without a request, with half of one", () =>
  withListener({ firstRequestMs: 300 }, async (port) => {
    const silent = [plain(port), secure(port), secure(port, "GET /version HTTP/1.1\r\nhost: x"), secure(port, "", "h2")];
    const busy = secure(port, "GET /version HTTP/1.1\r\nhost: x\r\n\r\n");
    await until(() => silent.every(({ closed }) => closed));
    assert.match(busy.heard, /^HTTP\/1\.1 200/);
    assert.equal(busy.closed, false, "one that has asked stays");
    busy.socket.destroy();
  }));

test("a connection on which nothing is under way is closed; one with an open watch stays", () =>
  withListener({ idleMs: 300 }, async (port) => {
    const asked = secure(port, "GET /version HTTP/1.1\r\nhost: x\r\n\r\n");
    const idle = session(port);
    const watching = session(port);
    assert.equal((await get(idle, "/version")).status, 200);
    const watch = watching.request({ ":path": "/api/v1/configmaps?watch=true" });
    watch.on("error", () => {});
    await until(() => asked.closed && idle.destroyed);
    assert.equal(watching.destroyed || watch.closed, false);
    watching.destroy();
  }));

test("what cannot be read as a request is answered", () =>
  withListener({}, async (port) => {
    const answers = [
      ["GET /version HTTP/2.0\r\nhost: x\r\n\r\n", /^HTTP\/1\.1 505 HTTP Version Not Supported: unsupported protocol version\r\n/],
      ["GET /version HTTP/9\r\n\r\n", /^HTTP\/1\.1 400 Bad Request\r\n.*\r\n\r\n400 Bad Request$/s],
      ["\x00\x01\x02\r\n\r\n", /^HTTP\/1\.1 400 Bad Request\r\n/],
      [`GET / HTTP/1.1\r\nx: ${"y".repeat(100_000)}\r\n\r\n`, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/],
    ] as const;
    for (const [line, answer] of answers) {
      const one = secure(port, line);
      await until(() => one.closed);
      assert.match(one.heard, answer);
    }
  }));

test("one address holds no more than its share of connections, and the oldest silent one makes room", () =>
  withListener({ perAddress: 3, silentPerAddress: 2 }, async (port) => {
    const silent: Ear[] = [];
    for (let i = 0; i < 3; i++) {
      silent.push(plain(port));
      await until(() => !silent[i]!.socket.connecting);
      await systemClock.sleep(20);
    }
    await until(() => silent[0]!.closed);
    assert.deepEqual(
      silent.map(({ closed }) => closed),
      [true, false, false],
    );
    const asking = secure(port, "GET /version HTTP/1.1\r\nhost: x\r\n\r\n");
    await until(() => asking.heard !== "");
    const more = [secure(port, "GET /version HTTP/1.1\r\nhost: x\r\n\r\n"), secure(port, "GET /version HTTP/1.1\r\nhost: x\r\n\r\n")];
    await until(() => more.some(({ closed }) => closed));
    for (const { socket } of [...silent, asking, ...more]) socket.destroy();
    await systemClock.sleep(20);
    const after = secure(port, "GET /version HTTP/1.1\r\nhost: x\r\n\r\n");
    await until(() => after.heard.startsWith("HTTP/1.1 200"));
    after.socket.destroy();
  }));

async function fill(server: ApiServer): Promise<void> {
  const data = { text: "x".repeat(170_000) };
  for (let i = 0; i < 10; i++) {
    const metadata = { name: `m${i}`, namespace: "default" };
    await server.storage.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data } as never);
  }
}

test("a flood of lists by one user is refused in part and delays nobody else by all of it", () =>
  withListener({}, async (port, server) => {
    await fill(server);
    const [schema] = firstObjects().filter(({ kind, metadata }) => kind === "FlowSchema" && metadata.name === "global-default");
    const limitResponse = { type: "Queue", queuing: { queues: 8, handSize: 1, queueLengthLimit: 10 } };
    const level = { kind: "PriorityLevelConfiguration", metadata: { name: "global-default" } };
    const limited = { nominalConcurrencyShares: 1, limitResponse };
    server.fairness.configure([schema as never], [{ ...level, spec: { type: "Limited", limited } } as never]);
    const sessions = [session(port), session(port)];
    const answers: { status: number; retryAfter: string | undefined }[] = [];
    const flood = Array.from({ length: 60 }, async (_, i) => answers.push(await get(sessions[i % 2]!, "/api/v1/configmaps", "flooder")));
    await until(() => server.fairness.levels.get("global-default")!.queues.waiting > 5);
    const calm = session(port);
    const { status } = await get(calm, "/api/v1/namespaces/default/configmaps/m1", "calm");
    const before = answers.filter((answer) => answer.status === 200).length;
    assert.equal(status, 200);
    await Promise.all(flood);
    const served = answers.filter((answer) => answer.status === 200).length;
    const refused = answers.filter((answer) => answer.status === 429);
    assert.equal(served + refused.length, 60);
    assert.ok(before < served, `${before} of ${served} lists went before one get of somebody else`);
    assert.ok(refused.length > 0 && refused.every(({ retryAfter }) => retryAfter === "1"));
    assert.equal(server.fairness.levels.get("global-default")!.queues.demand, 0, "every seat is given back");
    for (const each of [...sessions, calm]) each.destroy();
  }));

test("a client that reads nothing keeps its seat until it goes", () =>
  withListener({}, async (port, server) => {
    await fill(server);
    const deaf = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, settings: { initialWindowSize: 1000 } });
    deaf.on("error", () => {});
    const stream = deaf.request({ ":path": "/api/v1/configmaps", "x-user": "deaf" });
    stream.on("error", () => {});
    const { queues } = server.fairness.levels.get("catch-all")!;
    await until(() => stream.pending === false && queues.executing === 1);
    await systemClock.sleep(50);
    assert.equal(queues.executing, 1);
    deaf.destroy();
    await until(() => queues.executing === 0);
  }));

test("sixty lists at once on one connection are all answered", () =>
  withListener({}, async (port, server) => {
    await fill(server);
    const client = session(port);
    const answers = await Promise.all(Array.from({ length: 60 }, () => get(client, "/api/v1/configmaps")));
    for (const { status, size } of answers) assert.deepEqual([status, size > 1_700_000], [200, true]);
    client.destroy();
  }));

test("a watch by WebSocket is a message an event, and ends with 1000", () =>
  withListener({}, async (port, server) => {
    const make = (name: string) =>
      server.storage.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } } as never);
    await Promise.all([make("a"), make("b")]);
    const url = `wss://127.0.0.1:${port}/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=2`;
    for (const protocol of [undefined, "base64.binary.k8s.io", "binary.k8s.io"]) {
      const client = new WebSocket(url, protocol ?? [], { rejectUnauthorized: false, origin: "https://elsewhere" });
      const seen: string[] = [];
      client.on("message", (message: Buffer, isBinary) => {
        const { type, object } = JSON.parse(message.toString());
        seen.push(`${isBinary ? "binary" : "text"} ${type} ${object.kind} ${object.metadata.name}`);
      });
      const closed = new Promise<number>((resolve) => client.once("close", resolve));
      await new Promise((resolve, reject) => client.once("open", resolve).once("error", reject));
      await until(() => seen.length === 2);
      await Promise.all([make(`c-${protocol}`), make(`d-${protocol}`)]);
      await until(() => seen.length === 4);
      assert.deepEqual(
        seen,
        ["a", "b", `c-${protocol}`, `d-${protocol}`].map((name) => `text ADDED ConfigMap ${name}`),
      );
      if (protocol) client.terminate();
      else assert.equal(await closed, 1000);
      await server.storage.delete(configmaps, { namespace: "default", name: `c-${protocol}` });
      await server.storage.delete(configmaps, { namespace: "default", name: `d-${protocol}` });
    }
  }));

function session(port: number): ClientHttp2Session {
  const client = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, settings: { initialWindowSize: 4 * 1024 * 1024 } });
  client.on("error", () => {});
  return client;
}

function get(
  client: ClientHttp2Session,
  path: string,
  user = "anyone",
): Promise<{ status: number; size: number; retryAfter: string | undefined }> {
  return new Promise((resolve, reject) => {
    const stream = client.request({ ":path": path, "x-user": user });
    let retryAfter: string | undefined;
    let status = 0;
    let size = 0;
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
      retryAfter = headers["retry-after"] as string | undefined;
    });
    stream.on("data", (data: Buffer) => {
      size += data.length;
    });
    stream.on("end", () => resolve({ status, size, retryAfter }));
    stream.on("error", reject);
  });
}
