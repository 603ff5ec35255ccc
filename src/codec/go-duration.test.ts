import assert from "node:assert/strict";
import { test } from "node:test";
import { formatGoDuration, parseGoDuration } from "./go-duration.ts";

const written: [ms: number, text: string][] = [
  [0, "0s"],
  [0.000001, "1ns"],
  [0.0015, "1.5µs"],
  [15, "15ms"],
  [1000, "1s"],
  [10_012, "10.012s"],
  [60_000, "1m0s"],
  [90_500, "1m30.5s"],
  [3_600_000, "1h0m0s"],
  [-5000, "-5s"],
];

test("durations are written as Go writes them, and read back", () => {
  for (const [ms, text] of written) {
    assert.equal(formatGoDuration(ms), text);
    assert.ok(Math.abs(parseGoDuration(text)! - ms) < 1e-9, text);
  }
});

test("what is no duration is not read", () => {
  for (const text of ["", "5", "s", "1x", "1s ", "1 s"]) assert.equal(parseGoDuration(text), undefined);
});
