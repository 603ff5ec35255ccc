import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRange, encodeRange } from "./range-allocation.ts";

test("what is taken of a range is read as it was written, and as upstream's server writes it", () => {
  const taken = [0, 1, 9, 300, 2767];
  assert.deepEqual(decodeRange(encodeRange("30000-32767", 2768, taken)), { range: "30000-32767", taken });
  // k8s\0, the envelope of a v1 RangeAllocation: range "30000-32767", data 0x0a01 (bits 0, 9 and 11).
  const inner = Buffer.concat([Buffer.from([0x0a, 0, 0x12, 11]), Buffer.from("30000-32767"), Buffer.from([0x1a, 2, 0x0a, 0x01])]);
  const type = Buffer.concat([Buffer.from([0x0a, 2]), Buffer.from("v1"), Buffer.from([0x12, 15]), Buffer.from("RangeAllocation")]);
  const value = Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x0a, type.length]), type, Buffer.from([0x12, inner.length]), inner]);
  assert.deepEqual(decodeRange(value), { range: "30000-32767", taken: [0, 9, 11] });
});
