import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { WebSocket } from "ws";
import { systemClock } from "#base/mod.ts";
import { type FakeRuntime, fakeRuntime } from "#net/fake-runtime.ts";
import { askUpgrade } from "#net/mod.ts";
import { until } from "#net/until.ts";
import { type Streams, translate } from "./websocket-streams.ts";

/** What may be on its way between a runtime and a client that reads nothing: our bound, and the buffers of three sockets. */
const mostOnTheWay = 16 * 1024 * 1024;
const all: Streams = { stdin: true, stdout: true, stderr: true, tty: false };
/** In the order in which streams are opened. */
const [error, stdin, stdout] = [1, 3, 5] as const;

async function withKubelet(
  what: string,
  run: (runtime: FakeRuntime, dial: (protocol: string) => WebSocket, url: URL) => Promise<void>,
): Promise<void> {
  const runtime = await fakeRuntime();
  const sockets = new Set<Socket>();
  const server: Server = createServer();
  server.on("connection", (socket) => sockets.add(socket));
  server.on("upgrade", (request, socket: Socket, head) => {
    socket.on("error", () => {});
    translate({ request, socket, head }, runtime.url, what, all, systemClock).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  try {
    await run(runtime, (protocol) => new WebSocket(url, protocol).on("error", () => {}), url);
  } finally {
    for (const socket of sockets) socket.destroy();
    await runtime.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

test("input that a client sends at once reaches the command whole, and its end too", () =>
  withKubelet("exec", async (runtime, dial) => {
    runtime.onStream((_id, { reply, asked }) => {
      // The runtime is busy: it answers when all streams are there, the input last.
      if (asked.length === 4) for (const each of [error, stdout, 7, stdin]) void setImmediate(() => reply(each));
    });
    const client = dial("v5.channel.k8s.io");
    client.once("open", () => {
      client.send(Buffer.concat([Buffer.from([0]), Buffer.alloc(10240, 120)]));
      client.send(Buffer.from([255, 0]));
    });
    await until(() => runtime.connections[0]?.ended.has(stdin) ?? false);
    assert.equal(Buffer.concat(runtime.connections[0]!.received.get(stdin)!).length, 10240);
    client.terminate();
  }));

test("output waits in the runtime for a client that does not read, and the runtime's end follows the client's", () =>
  withKubelet("exec", async (runtime, dial) => {
    runtime.onStream((id, { reply }) => reply(id));
    const client = dial("v5.channel.k8s.io");
    await new Promise((resolve) => client.once("open", resolve));
    client.pause();
    const { send, socket } = runtime.connections[0]!;
    const block = Buffer.alloc(1024 * 1024);
    let sent = 0;
    while (sent < 4 * mostOnTheWay && send(stdout, block)) sent += block.length;
    while (sent < 4 * mostOnTheWay) {
      sent += block.length;
      send(stdout, block);
    }
    await until(() => socket.bytesWritten > 0 && socket.writableLength > 0);
    let before = -1;
    // Until nothing moves any more.
    while (before !== socket.writableLength) {
      before = socket.writableLength;
      await systemClock.sleep(100);
    }
    const accepted = sent - socket.writableLength;
    assert.ok(accepted < mostOnTheWay, `${accepted} bytes were taken from the runtime for a client that reads nothing`);
    client.terminate();
    await until(() => socket.destroyed);
  }));

test("input waits in the client for a command that does not read", () =>
  withKubelet("exec", async (runtime, dial) => {
    runtime.onStream((id, { reply }) => reply(id));
    const client = dial("v4.channel.k8s.io");
    await new Promise((resolve) => client.once("open", resolve));
    runtime.connections[0]!.socket.pause();
    for (let sent = 0; sent < 4 * mostOnTheWay; sent += 1024 * 1024) client.send(Buffer.alloc(1024 * 1024));
    let before = -1;
    while (before !== client.bufferedAmount) {
      before = client.bufferedAmount;
      await systemClock.sleep(100);
    }
    assert.ok(4 * mostOnTheWay - client.bufferedAmount < mostOnTheWay, "the kubelet took more than a bound");
    client.terminate();
  }));

test("the client hears of the end of the command, and of the end of the runtime", () =>
  withKubelet("exec", async (runtime, dial) => {
    runtime.onStream((id, { reply }) => reply(id));
    for (const end of ["command", "runtime"]) {
      const client = dial("v5.channel.k8s.io");
      const text: string[] = [];
      client.on("message", (message: Buffer) => text.push(`${message[0]}:${message.subarray(1)}`));
      await new Promise((resolve) => client.once("open", resolve));
      const { send, socket } = runtime.connections.at(-1)!;
      send(stdout, "out", true);
      if (end === "command") for (const id of [7, error]) send(id, id === error ? '{"status":"Success"}' : "", true);
      else socket.destroySoon();
      const code = await new Promise((resolve) => client.once("close", resolve));
      assert.equal(code, 1000);
      assert.deepEqual(text, end === "command" ? ["1:out", '3:{"status":"Success"}'] : ["1:out"]);
      await until(() => socket.destroyed);
    }
  }));

test("a client that goes while the runtime is asked leaves no connection behind", () =>
  withKubelet("exec", async (runtime, dial) => {
    const client = dial("v5.channel.k8s.io");
    await until(() => runtime.connections[0]?.asked.length === 4);
    client.terminate();
    const { asked, reply, socket } = runtime.connections[0]!;
    for (const id of asked) reply(id);
    await until(() => socket.destroyed);
  }));

test("ports are forwarded through a tunnel whose name RFC 6455 does not know", () =>
  withKubelet("portForward", async (runtime, _dial, url) => {
    runtime.onStream((id, { reply }) => reply(id));
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.alloc(16).toString("base64"),
      "sec-websocket-protocol": "SPDY/3.1+portforward.k8s.io",
    };
    const { hostname: host, port } = url;
    const asked = await askUpgrade({ scheme: "http", host, port: Number(port), path: "/", method: "GET", headers }, systemClock);
    assert.ok(asked.switched);
    assert.equal(asked.answer.headers["sec-websocket-protocol"], "SPDY/3.1+portforward.k8s.io");
    // A masked message with eight bytes of SPDY: an empty control frame.
    asked.socket.write(Buffer.from([0x82, 0x88, 0, 0, 0, 0, 0x80, 3, 0, 1, 0, 0, 0, 0]));
    await until(() => runtime.connections[0]?.asked.length === 1);
    asked.socket.destroy();
    await until(() => runtime.connections[0]!.socket.destroyed);
  }));
