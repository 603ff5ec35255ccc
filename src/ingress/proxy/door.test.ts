import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { until } from "#net/until.ts";
import { anIngress, oneClass } from "../routes/builders.ts";
import { tableOf } from "../routes/table.ts";
import { Answerer } from "./answerer.ts";
import { Backends } from "./backends.ts";
import { Door } from "./door.ts";
import { serve, serveRaw } from "./fixture.ts";

/** A door whose time the test moves, before one backend. */
async function behind(endpoint: { ip: string; port: number }, annotations: Record<string, string> = {}) {
  const clock = new VirtualClock();
  const backends = new Backends(clock);
  const answerer = new Answerer({ clock, backends });
  answerer.table = tableOf(
    [anIngress({ annotations, spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } } })],
    oneClass,
  );
  backends.set(new Map([["default/s:80 HTTP", { protocol: "HTTP" as const, endpoints: [endpoint] }]]));
  const door = new Door({
    clock,
    enter: (exchange) => answerer.answer(exchange),
    certificate: { cert: "", key: "" },
    contextFor: () => Promise.reject(new Error("no certificates here")),
    look: (now) => backends.look(now),
  });
  const { port } = await door.listen({ host: "127.0.0.1", port: 0, secure: false });
  return { clock, door, backends, port };
}

interface Talk {
  socket: Socket;
  heard: string;
  ended: boolean;
}

function talk(port: number, text: string): Talk {
  const socket = connect({ host: "127.0.0.1", port });
  const own: Talk = { socket, heard: "", ended: false };
  socket.on("data", (bytes) => {
    own.heard += bytes;
  });
  socket.on("close", () => {
    own.ended = true;
  });
  socket.on("error", () => {});
  socket.write(text);
  return own;
}

test("who is slow is not waited for for ever: a head, a body, a kept connection, an answer", async () => {
  const backend = await serve((request, response) => {
    if (request.url === "/silent") return;
    request.resume().on("end", () => response.end("ok"));
  });
  const { clock, door, backends, port } = await behind(backend.endpoint, { "nginx.ingress.kubernetes.io/proxy-read-timeout": "20" });
  const head = talk(port, "GET / HTTP/1.1\r\nHost: a\r\n");
  const body = talk(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  const kept = talk(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const silent = talk(port, "GET /silent HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(() => kept.heard.endsWith("ok") && door.connections === 4);
  await clock.advance(25_000);
  await until(() => silent.heard.startsWith("HTTP/1.1 504 "));
  assert.deepEqual([head.heard, body.heard, kept.ended], ["", "", false]);
  await clock.advance(10_000);
  await until(() => head.heard.startsWith("HTTP/1.1 408 "));
  await clock.advance(30_000);
  await until(() => body.heard.startsWith("HTTP/1.1 408 "));
  assert.equal(kept.ended, false);
  await clock.advance(15_000);
  await until(() => kept.ended);
  for (const each of [head, body, silent]) each.socket.destroy();
  await until(() => door.connections === 0);
  await door.close();
  backends.close();
  await backend.close();
});

test("a door that closes answers what is under way, and says that the connection ends", async () => {
  let answer: (() => void) | undefined;
  const backend = await serveRaw((socket) => {
    answer = () => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const { clock, door, backends, port } = await behind(backend.endpoint);
  const asked = talk(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(() => answer !== undefined);
  const idle = talk(port, "");
  await until(() => door.connections === 2);
  const closing = door.close();
  await until(() => idle.ended);
  answer?.();
  await until(() => asked.ended);
  assert.match(asked.heard, /^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok$/);
  await clock.advance(1000);
  await closing;
  backends.close();
  await backend.close();
});
