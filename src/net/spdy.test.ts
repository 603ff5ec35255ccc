import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, createInflateRaw } from "node:zlib";
import { headerBlock } from "./mod.ts";

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
