import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { until } from "#net/until.ts";
import type { Exchange } from "../contract.ts";
import { ApiError } from "../request/errors.ts";
import { relay } from "./relay.ts";

interface Between {
  front: number;
  /** Everything that the backend was sent, connection by connection. */
  received: string[];
  backends: Socket[];
}

/** A front that relays everything to a backend of raw bytes, which answers each first piece with `answer`. */
async function withRelay(answer: (socket: Socket, sent: string) => void, run: (between: Between) => Promise<void>): Promise<void> {
  const between: Between = { front: 0, received: [], backends: [] };
  const sockets: Socket[] = [];
  const backend = createTcpServer((socket) => {
    const at = between.received.push("") - 1;
    between.backends.push(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const first = between.received[at] === "";
      between.received[at] += data.toString("latin1");
      if (first) answer(socket, between.received[at]!);
    });
  });
  await listening(backend);
  const to = (exchange: Exchange, client: Socket | ServerResponse) =>
    relay(exchange, { scheme: "http", host: "127.0.0.1", port: portOf(backend), path: exchange.url }, systemClock).catch((error) => {
      const code = error instanceof ApiError ? error.code : 500;
      if ("writeHead" in client) client.writeHead(code).end(error.message);
      else client.end(`HTTP/1.1 ${code} Refused\r\nconnection: close\r\n\r\n${error.message}`);
    });
  const front = createServer((request, response) => void to(plainExchange(request, response), response));
  front.on("connection", (socket) => sockets.push(socket));
  front.on("upgrade", (request, socket: Socket, head) => {
    socket.on("error", () => {});
    const more = { hasBody: false, body: request, signal: new AbortController().signal, upgrade: { request, socket, head } };
    void to({ ...baseOf(request), ...more, respond: () => socket }, socket);
  });
  await listening(front);
  between.front = portOf(front);
  try {
    await run(between);
  } finally {
    for (const socket of [...sockets, ...between.backends]) socket.destroy();
    await Promise.all([front, backend].map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }
}

const baseOf = ({ method = "GET", url = "/", headers }: IncomingMessage) => ({ method, url, headers, query: new URLSearchParams() });

function plainExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const abort = new AbortController();
  response.once("close", () => abort.abort());
  const hasBody = request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  const respond: Exchange["respond"] = (status, headers) => response.writeHead(status, headers);
  return { ...baseOf(request), body: request, hasBody, signal: abort.signal, respond };
}

const listening = (server: Server | ReturnType<typeof createTcpServer>) =>
  new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

function open(port: number, text: string): { socket: Socket; heard(): string } {
  const socket = connect({ host: "127.0.0.1", port });
  let heard = "";
  socket.on("error", () => {});
  socket.on("data", (data) => {
    heard += data.toString("latin1");
  });
  socket.write(text);
  return { socket, heard: () => heard };
}

const upgrade = "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n";
const second = "POST /admin/delete-all HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";

for (const [status, seen] of [
  ["200 OK", /^HTTP\/1\.1 500 .*invalid upgrade response: status code 200$/s],
  ["301 Moved", /^HTTP\/1\.1 500 .*invalid upgrade response: status code 301$/s],
  ["403 Forbidden", /^HTTP\/1\.1 403 Forbidden\r\n.*connection: close\r\n\r\nno$/s],
] as const)
  test(`an upgrade that the backend answers with ${status} is no way to send it another request`, () =>
    withRelay(
      (socket) => socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 2\r\n\r\nno`),
      async ({ front, received, backends }) => {
        const { socket, heard } = open(front, upgrade + second);
        await until(() => socket.destroyed || socket.readableEnded);
        socket.write(second);
        await until(() => backends[0]!.destroyed || backends[0]!.readableEnded);
        assert.equal(received.length, 1);
        assert.doesNotMatch(received[0]!, /delete-all/);
        assert.match(heard(), seen);
      },
    ));

test("after a switch the bytes go both ways, those that came early too, and both ends end with either", () =>
  withRelay(
    (socket) =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Kept: As-It-Is\r\n\r\nhello"),
    async ({ front, received, backends }) => {
      for (const end of ["client", "backend"]) {
        const { socket, heard } = open(front, `${upgrade}early`);
        await until(() => heard().endsWith("\r\n\r\nhello"));
        assert.match(heard(), /^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Kept: As-It-Is\r\n/);
        socket.write(" and late");
        await until(() => received.at(-1)!.endsWith("early and late"));
        const backend = backends.at(-1)!;
        if (end === "client") socket.destroy();
        else backend.destroy();
        await until(() => (end === "client" ? backend.destroyed || backend.readableEnded : socket.destroyed || socket.readableEnded));
      }
    },
  ));

test("what a client does not read waits in the backend", () => {
  const block = Buffer.alloc(1024 * 1024);
  const all = 64 * block.length;
  return withRelay(
    (socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n");
      for (let sent = 0; sent < all; sent += block.length) socket.write(block);
    },
    async ({ front, backends }) => {
      const { socket } = open(front, upgrade);
      socket.pause();
      await until(() => backends.length === 1 && backends[0]!.writableLength > 0);
      let before = -1;
      while (before !== backends[0]!.writableLength) {
        before = backends[0]!.writableLength;
        await systemClock.sleep(100);
      }
      assert.ok(all - before < 16 * block.length, `${all - before} bytes are on their way`);
      socket.destroy();
      await until(() => backends[0]!.destroyed);
    },
  );
});

test("a body keeps its frame, whatever the method: no byte of it is a request of its own", () =>
  withRelay(
    (socket) => void systemClock.after(50, () => socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok")),
    async ({ front, received }) => {
      const smuggled = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
      const body = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
      const { heard } = open(
        front,
        `GET /a HTTP/1.1\r\nhost: x\r\nconnection: x-hop\r\nx-hop: 1\r\ntransfer-encoding: chunked\r\n\r\n${body}`,
      );
      await until(() => heard().endsWith("ok\r\n0\r\n\r\n") || heard().endsWith("ok"));
      assert.match(received[0]!, /^GET \/a HTTP\/1\.1\r\n/);
      assert.match(received[0]!, /\r\ntransfer-encoding: chunked\r\n/i);
      assert.ok(received[0]!.endsWith(`\r\n\r\n${body}`), received[0]);
      assert.doesNotMatch(received[0]!, /x-hop/i);
    },
  ));

test("a backend that closes without an answer, or switches protocols unasked, is an error and not a wait", async () => {
  for (const answer of ["", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: Upgrade\r\n\r\n"])
    await withRelay(
      (socket) => (answer ? socket.write(answer) : socket.destroy()),
      async ({ front }) => {
        const { heard } = open(front, "GET /a HTTP/1.1\r\nhost: x\r\n\r\n");
        await until(() => /^HTTP\/1\.1 503 .*error trying to reach service/s.test(heard()));
      },
    );
});

test("an answer that the backend cuts is cut for the client, not ended", () =>
  withRelay(
    (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
      systemClock.after(50, () => socket.destroy());
    },
    async ({ front }) => {
      const { socket, heard } = open(front, "GET /a HTTP/1.1\r\nhost: x\r\n\r\n");
      await until(() => socket.destroyed || socket.readableEnded);
      assert.match(heard(), /abc/);
      assert.doesNotMatch(heard(), /\r\n0\r\n\r\n$/);
    },
  ));
