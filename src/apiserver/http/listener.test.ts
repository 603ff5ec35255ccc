import assert from "node:assert/strict";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { configmaps } from "#api/mod.ts";
import { seededRandom, silentLog, systemClock } from "#base/mod.ts";
import { until } from "#net/until.ts";
import { createMemoryStore } from "#store/mod.ts";
import { type ApiServer, createApiServer } from "../mod.ts";
import { type ConnectionLimits, usualConnectionLimits } from "./connections.ts";
import { listen } from "./listener.ts";
import { selfSigned } from "./self-signed.ts";

const serving = await selfSigned();

async function withListener(limits: Partial<ConnectionLimits>, run: (port: number, server: ApiServer) => Promise<void>): Promise<void> {
  const store = await createMemoryStore({ clock: systemClock });
  const common = { clock: systemClock, random: seededRandom(1), log: silentLog };
  const server = await createApiServer({ store, ...common, authenticators: [], authorizers: [] });
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

test("sixty lists at once on one connection are all answered", () =>
  withListener({}, async (port, server) => {
    const data = { text: "x".repeat(170_000) };
    for (let i = 0; i < 10; i++)
      await server.storage.create(configmaps, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: `m${i}`, namespace: "default" },
        data,
      } as never);
    const client = session(port);
    const answers = await Promise.all(Array.from({ length: 60 }, () => get(client, "/api/v1/configmaps")));
    for (const { status, size } of answers) assert.deepEqual([status, size > 1_700_000], [200, true]);
    client.destroy();
  }));

function session(port: number): ClientHttp2Session {
  const client = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, settings: { initialWindowSize: 4 * 1024 * 1024 } });
  client.on("error", () => {});
  return client;
}

function get(client: ClientHttp2Session, path: string): Promise<{ status: number; size: number }> {
  return new Promise((resolve, reject) => {
    const stream = client.request({ ":path": path });
    let status = 0;
    let size = 0;
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
    });
    stream.on("data", (data: Buffer) => {
      size += data.length;
    });
    stream.on("end", () => resolve({ status, size }));
    stream.on("error", reject);
  });
}
