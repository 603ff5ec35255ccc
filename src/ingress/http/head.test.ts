import assert from "node:assert/strict";
import { test } from "node:test";
import { BadMessage, type Head, mostHeadBytes, readHead } from "./head.ts";
import { type Request, requestOf, responseOf } from "./message.ts";

const headOf = (text: string): Head => readHead(Buffer.from(text, "latin1"))!;
const request = (...lines: string[]): Request => requestOf(headOf(`${[...lines].join("\r\n")}\r\n\r\n`));
const statusOf = (run: () => unknown): number | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof BadMessage) return error.status;
    throw error;
  }
};

test("a head is read when it is whole, and says where the rest begins", () => {
  const bytes = Buffer.from("GET / HTTP/1.1\r\nHost: a\r\nX-Bytes:\t\xe9 b  \r\nEmpty:\r\n\r\nbody", "latin1");
  for (let cut = 0; cut < bytes.length - 4; cut++) assert.equal(readHead(bytes.subarray(0, cut)), undefined);
  assert.deepEqual(readHead(bytes), {
    line: "GET / HTTP/1.1",
    fields: ["Host", "a", "X-Bytes", "\xe9 b", "Empty", ""],
    end: bytes.length - 4,
  });
});

const badHeads: [name: string, text: string, status: number][] = [
  ["a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400],
  ["a folded line", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400],
  ["a line without colon", "GET / HTTP/1.1\r\nHost\r\n\r\n", 400],
  ["a bare line feed", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400],
  ["a bare carriage return", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400],
  ["a zero byte", "GET / HTTP/1.1\r\nHost: a\0\r\n\r\n", 400],
  ["a name without characters", "GET / HTTP/1.1\r\n: a\r\n\r\n", 400],
  ["a name with a bracket", "GET / HTTP/1.1\r\nHo(st: a\r\n\r\n", 400],
  ["too long", `GET / HTTP/1.1\r\nX: ${"x".repeat(mostHeadBytes)}`, 431],
  ["too many fields", `GET / HTTP/1.1\r\n${"X: y\r\n".repeat(201)}\r\n`, 431],
];
for (const [name, text, status] of badHeads)
  test(`a head is refused: ${name}`, () =>
    assert.equal(
      statusOf(() => headOf(text)),
      status,
    ));

const badRequests: [name: string, lines: string[], status: number][] = [
  ["no host", ["GET / HTTP/1.1"], 400],
  ["two hosts", ["GET / HTTP/1.1", "Host: a", "host: b"], 400],
  ["length and coding", ["POST / HTTP/1.1", "Host: a", "Content-Length: 3", "Transfer-Encoding: chunked"], 400],
  ["two lengths", ["POST / HTTP/1.1", "Host: a", "Content-Length: 3", "Content-Length: 4"], 400],
  ["a list of lengths", ["POST / HTTP/1.1", "Host: a", "Content-Length: 3, 3"], 400],
  ["a signed length", ["POST / HTTP/1.1", "Host: a", "Content-Length: +3"], 400],
  ["an empty length", ["POST / HTTP/1.1", "Host: a", "Content-Length:"], 400],
  ["another coding", ["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip, chunked"], 501],
  ["a coding that only looks like chunked", ["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: xchunked"], 501],
  ["chunked twice", ["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 501],
  ["chunked in HTTP/1.0", ["POST / HTTP/1.0", "Host: a", "Transfer-Encoding: chunked"], 400],
  ["HTTP/2 in the clear", ["PRI * HTTP/2.0"], 505],
  ["a space in the target", ["GET /a b HTTP/1.1", "Host: a"], 400],
  ["a target that is no path", ["GET a HTTP/1.1", "Host: a"], 400],
  ["CONNECT", ["CONNECT a:443 HTTP/1.1", "Host: a"], 400],
  ["a method that is no token", ["G(T / HTTP/1.1", "Host: a"], 400],
  ["an expectation", ["POST / HTTP/1.1", "Host: a", "Expect: 200-ok"], 417],
];
for (const [name, lines, status] of badRequests)
  test(`a request is refused: ${name}`, () =>
    assert.equal(
      statusOf(() => request(...lines)),
      status,
    ));

test("what concerns the connection alone is not passed on, nor what it is told to leave out", () => {
  const { fields, upgrade, keepAlive } = request(
    "GET / HTTP/1.1",
    "Host: a",
    "Connection: close, X-Once",
    "Keep-Alive: 5",
    "TE: trailers",
    "Trailer: X",
    "Proxy-Connection: x",
    "X-Once: 1",
    "X-Kept: 2",
    "Upgrade: websocket",
  );
  assert.deepEqual(fields, ["X-Kept", "2"]);
  assert.equal(upgrade, undefined, "it did not say so in Connection");
  assert.equal(keepAlive, false);
});

test("a client may go over to another protocol, but never to HTTP/2 in the clear", () => {
  const asks = (upgrade: string) => request("GET / HTTP/1.1", "Host: a", "Connection: Upgrade", `Upgrade: ${upgrade}`).upgrade;
  assert.equal(asks("websocket"), "websocket");
  assert.equal(asks("h2c"), undefined);
  assert.equal(asks("websocket, h2c"), undefined);
});

test("a whole URL says host and path", () => {
  const { target, authority } = request("GET http://b.com:80/x?y HTTP/1.1", "Host: a");
  assert.deepEqual([target, authority], ["/x?y", "b.com:80"]);
});

const answers: [method: string, lines: string[], length: unknown, keepAlive: boolean][] = [
  ["GET", ["HTTP/1.1 200 OK", "Content-Length: 3"], 3, true],
  ["GET", ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"], "unknown", true],
  ["GET", ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Content-Length: 3"], "unknown", false],
  ["GET", ["HTTP/1.1 200"], "close", false],
  ["GET", ["HTTP/1.0 200 OK", "Content-Length: 3"], 3, false],
  ["GET", ["HTTP/1.0 200 OK", "Content-Length: 3", "Connection: keep-alive"], 3, true],
  ["GET", ["HTTP/1.1 200 OK", "Content-Length: 3", "Connection: close"], 3, false],
  ["HEAD", ["HTTP/1.1 200 OK", "Content-Length: 3"], 0, true],
  ["GET", ["HTTP/1.1 204 No Content"], 0, true],
  ["GET", ["HTTP/1.1 304 Not Modified", "Content-Length: 3"], 0, true],
];
for (const [method, lines, length, keepAlive] of answers)
  test(`${method} answered by ${lines.join(" | ")}: the body is ${length}`, () => {
    const response = responseOf(headOf(`${lines.join("\r\n")}\r\n\r\n`), method);
    assert.deepEqual([response.length, response.keepAlive], [length, keepAlive]);
  });
