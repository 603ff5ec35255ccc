import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExact } from "./exact-integers.ts";

const rows: [text: string, again?: string][] = [
  ["9007199254740993"],
  ["-9223372036854775808"],
  ["9223372036854775807"],
  ['{"a":[9007199254740993,1],"b":"9007199254740993"}'],
  ["42"],
  ["1.5"],
  // Beyond 64 bits no integer of the API's reaches: it is a double, as in upstream.
  ["9223372036854775808", "9223372036854776000"],
];

for (const [text, again = text] of rows)
  test(`${text} is written back as ${again}`, () => assert.equal(JSON.stringify(parseExact(text)), again));
