import assert from "node:assert/strict";
import { test } from "node:test";
import { ChunkedReader } from "./chunked.ts";
import { BadMessage, type Fields } from "./head.ts";

function read(pieces: Buffer[]): { body: string; trailers: Fields | undefined; after: string } {
  let body = "";
  let trailers: Fields | undefined;
  const reader = new ChunkedReader({ data: (piece) => void (body += piece.toString()), end: (fields) => void (trailers = fields) });
  let after = "";
  for (const piece of pieces) after += trailers ? piece.toString() : (reader.take(piece)?.toString() ?? "");
  return { body, trailers, after };
}

test("a body is the same however it is cut into pieces", () => {
  const whole = Buffer.from("5;x=y\r\nhello\r\nA\r\n, world!!!\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\nGET /");
  const wanted = { body: "hello, world!!!", trailers: ["X-Sum", "1", "Y", "2"], after: "GET /" };
  for (let first = 0; first <= whole.length; first++)
    for (let second = first; second <= whole.length; second += 3)
      assert.deepEqual(read([whole.subarray(0, first), whole.subarray(first, second), whole.subarray(second)]), wanted);
  assert.deepEqual(read([...whole].map((byte) => Buffer.from([byte]))), wanted);
});

test("a body without trailers ends", () => {
  assert.deepEqual(read([Buffer.from("0\r\n\r\n")]), { body: "", trailers: [], after: "" });
});

for (const bad of [
  "x\r\n",
  "-1\r\n",
  "0x5\r\nhello\r\n",
  "5\nhello\r\n",
  "5\r\nhelloo\r\n",
  "\r\n",
  "1000000000000\r\n",
  `1;${"x".repeat(300)}`,
  "5 5\r\n",
])
  test(`refused as a chunk: ${JSON.stringify(bad.slice(0, 20))}`, () => assert.throws(() => read([Buffer.from(bad)]), BadMessage));
