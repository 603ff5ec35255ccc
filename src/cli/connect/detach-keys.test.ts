import assert from "node:assert/strict";
import { test } from "node:test";
import { DetachFilter, detachBytes } from "./detach-keys.ts";

test("keys are control letters, plain ones and DEL", () => {
  assert.deepEqual(detachBytes("ctrl-p,ctrl-q"), [16, 17]);
  assert.deepEqual(detachBytes("x,DEL,ctrl-@,ctrl-_"), [120, 127, 0, 31]);
  for (const keys of ["ctrl-", "ctrl-pp", "f1", ""])
    assert.throws(() => detachBytes(keys), { message: `could not bind detach keys: Unknown character: '${keys}'` });
});

test("everything but the sequence is passed on, across chunks", () => {
  const table: [string[], string, boolean][] = [
    [["abc"], "abc", false],
    [["ab\x10\x11cd"], "ab", true],
    [["ab\x10", "\x11cd"], "ab", true],
    [["a\x10", "b"], "a\x10b", false],
    [["\x10\x10\x11"], "\x10", true],
    [["\x10"], "", false],
  ];
  for (const [chunks, passed, left] of table) {
    const filter = new DetachFilter([16, 17]);
    let out = "";
    let detached = false;
    for (const chunk of chunks) {
      const found = filter.pass(Buffer.from(chunk));
      out += found.bytes.toString();
      detached ||= found.detached;
    }
    assert.deepEqual([out, detached], [passed, left], JSON.stringify(chunks));
  }
});
