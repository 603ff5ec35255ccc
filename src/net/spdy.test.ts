import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, createInflateRaw } from "node:zlib";
import { settle, systemClock } from "#base/mod.ts";
import { fakeRuntime } from "./fake-runtime.ts";
import { connectSpdy, headerBlock } from "./mod.ts";
import { until } from "./until.ts";

test("header blocks are one compressed stream that a reader can follow block by block", async () => {
  const first = headerBlock({ streamType: "error" }, true);
  assert.deepEqual(
    [...first.subarray(0, 6)],
    [0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2],
    "zlib's header names SPDY's dictionary by its checksum",
  );
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  const out: Buffer[] = [];
  inflate.on("data", (data) => out.push(data));
  inflate.write(first.subarray(6));
  inflate.end(headerBlock({ streamType: "stdin" }, false));
  await new Promise((resolve) => inflate.once("end", resolve));
  const text = (value: string) => [0, 0, 0, value.length, ...Buffer.from(value)];
  assert.deepEqual([...Buffer.concat(out)], [...["error", "stdin"].flatMap((kind) => [0, 0, 0, 1, ...text("streamtype"), ...text(kind)])]);
});

const ignore = { onData() {}, onEnd() {} };

test("nothing is sent on a stream before its reply: the other side would drop it", async () => {
  const runtime = await fakeRuntime();
  try {
    const connection = await connectSpdy(runtime.url, "v4.channel.k8s.io", { clock: systemClock, onClose() {} });
    let opened = false;
    const opening = connection.open({ streamType: "stdin" }, ignore).then((stream) => {
      opened = true;
      stream.write(Buffer.from("input"));
      stream.end();
    });
    await until(() => runtime.connections[0]?.asked.length === 1);
    await settle();
    assert.equal(opened, false, "no reply, no stream");
    const { reply, received, ended } = runtime.connections[0]!;
    reply(1);
    await opening;
    await until(() => ended.has(1));
    assert.equal(Buffer.concat(received.get(1)!).toString(), "input");
    connection.close();
  } finally {
    await runtime.close();
  }
});

test("a stream that the other side refuses, or a connection that it ends, rejects what waits for a reply", async () => {
  const runtime = await fakeRuntime();
  runtime.onStream((id, { refuse, socket }) => (id === 1 ? refuse(id) : socket.destroy()));
  try {
    let closed = 0;
    const connection = await connectSpdy(runtime.url, "v4.channel.k8s.io", { clock: systemClock, onClose: () => closed++ });
    await assert.rejects(connection.open({ streamType: "stdin" }, ignore), /refused a stream/);
    await assert.rejects(connection.open({ streamType: "stdout" }, ignore), /closed the connection/);
    await until(() => closed === 1);
    await assert.rejects(connection.open({ streamType: "stderr" }, ignore), /closed the connection/);
  } finally {
    await runtime.close();
  }
});

test("data is handed on as it arrives, wherever frames are cut", async () => {
  const runtime = await fakeRuntime();
  try {
    const seen: string[] = [];
    const connection = await connectSpdy(runtime.url, "v4.channel.k8s.io", { clock: systemClock, onClose() {} });
    const opening = connection.open({}, { onData: (data) => seen.push(data.toString()), onEnd: () => seen.push("end") });
    await until(() => runtime.connections[0]?.asked.length === 1);
    const { reply, send, socket } = runtime.connections[0]!;
    reply(1);
    await opening;
    socket.write(Buffer.from([0, 0, 0, 1, 0, 0]));
    await settle();
    socket.write(Buffer.concat([Buffer.from([0, 6]), Buffer.from("abc")]));
    await until(() => seen.length === 1);
    assert.deepEqual(seen, ["abc"], "the rest of the frame is still to come");
    socket.write("def");
    send(1, "g", true);
    await until(() => seen.at(-1) === "end");
    assert.equal(seen.join(""), "abcdefgend");
    connection.close();
  } finally {
    await runtime.close();
  }
});
