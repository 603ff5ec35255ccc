/** Judging values by a structural schema: every row is an answer of upstream's server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf } from "../checks/problems.ts";
import { fitsFormat } from "./formats.ts";
import { type SchemaJson, structuralOf } from "./structural.ts";
import { judge } from "./validation.ts";

const told = (schema: SchemaJson, value: unknown, old?: unknown): string[] =>
  judge(structuralOf({ type: "object", properties: { x: schema } }), { x: value }, old === undefined ? {} : { old: { x: old } }).map(
    (error) => `${error.field}: ${bodyOf(error)}`,
  );

const rows: [name: string, schema: SchemaJson, value: unknown, ...complaints: string[]][] = [
  ["a whole number", { type: "integer" }, 3],
  ["a number for text", { type: "string" }, 5, 'x: Invalid value: "integer": x in body must be of type string: "integer"'],
  ["null", { type: "string" }, null, 'x: Invalid value: "null": x in body must be of type string: "null"'],
  ["null that may be", { type: "string", nullable: true }, null],
  [
    "a fraction for an int32",
    { type: "integer", format: "int32" },
    1.5,
    'x: Invalid value: "float64": x in body must be of type int32: "float64"',
    '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in x',
  ],
  ["a truth for an int32", { type: "integer", format: "int32" }, true, 'x: Invalid value: "": x in body must be of type int32: ""'],
  [
    "more than 32 bits",
    { type: "integer", format: "int32" },
    3_000_000_000,
    '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in x',
  ],
  ["64 bits", { type: "integer", format: "int64" }, 9223372036854775807n],
  [
    "a factor below one for a whole number",
    { type: "number", multipleOf: 0.5 },
    3,
    "x: Invalid value: 0: factor MultipleOf declared for x must be positive: 0",
  ],
  ["too long", { type: "string", maxLength: 2 }, "äöü", "x: Too long: may not be more than 2 bytes"],
  ["too short", { type: "string", minLength: 2 }, "a", 'x: Invalid value: "a": x in body should be at least 2 chars long'],
  ["a format", { type: "string", format: "ipv4" }, "1.2.3", 'x: Invalid value: "1.2.3": x in body must be of type ipv4: "1.2.3"'],
  ["a format that nobody knows", { type: "string", format: "colour" }, "?"],
  [
    "an int or text",
    { "x-kubernetes-int-or-string": true },
    true,
    'x: Invalid value: "boolean": x in body must be of type integer,string: "boolean"',
  ],
  ["too few", { type: "array", minItems: 1, items: { type: "string" } }, [], "x: Invalid value: 0: x in body should have at least 1 items"],
  ["too many", { type: "array", maxItems: 1, items: { type: "string" } }, ["a", "b"], "x: Too many: 2: must have at most 1 item"],
  [
    "a wrong element",
    { type: "array", items: { type: "string" } },
    [1],
    'x[0]: Invalid value: "integer": x[0] in body must be of type string: "integer"',
  ],
  [
    "a wrong member of a map",
    { type: "object", additionalProperties: { type: "string" } },
    { a: 1 },
    'x.a: Invalid value: "integer": x.a in body must be of type string: "integer"',
  ],
  [
    "one of two, and neither",
    { type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] },
    {},
    '<nil>: Invalid value: "": "x" must validate one and only one schema (oneOf). Found none valid',
    "x.a: Required value",
  ],
  [
    "one of two, and both",
    { type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] },
    { a: 1, b: 2 },
    '<nil>: Invalid value: "": "x" must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ],
  [
    "what must not be",
    { type: "string", not: { enum: ["bad"] } },
    "bad",
    '<nil>: Invalid value: "": "x" must not validate the schema (not)',
  ],
];
for (const [name, schema, value, ...complaints] of rows)
  test(`${name} is judged as upstream does`, () => assert.deepEqual(told(schema, value), complaints));

test("what an update leaves as it was is not complained of again", () => {
  assert.deepEqual(told({ type: "string", maxLength: 1 }, "ab", "ab"), []);
  assert.equal(told({ type: "string", maxLength: 1 }, "ac", "ab").length, 1);
  const list = {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["n"],
    items: { type: "object", properties: { n: { type: "string" }, v: { type: "integer", maximum: 1 } } },
  };
  assert.deepEqual(
    told(
      list,
      [
        { n: "b", v: 1 },
        { n: "a", v: 5 },
      ],
      [{ n: "a", v: 5 }],
    ),
    [],
  );
  assert.equal(told({ ...list, "x-kubernetes-list-type": "atomic" }, [{ n: "b" }, { n: "a", v: 5 }], [{ n: "a", v: 5 }]).length, 1);
});

const formats: [format: string, good: string[], bad: string[]][] = [
  ["date-time", ["2026-01-02T03:04:05Z", "2026-01-02t03:04:05.678+01:00"], ["2026-01-02", "2026-13-02T03:04:05Z", "yesterday"]],
  ["date", ["2024-02-29"], ["2023-02-29", "2024-2-9"]],
  ["duration", ["1h30m", "22 ns", "0", "5 days"], ["x", "1 moon"]],
  ["ipv4", ["10.0.0.1", "010.0.0.1"], ["10.0.0", "::1"]],
  ["ipv6", ["::1", "fe80::1"], ["10.0.0.1"]],
  ["cidr", ["10.0.0.0/8", "fd00::/8"], ["10.0.0.0", "10.0.0.0/33"]],
  ["mac", ["00:11:22:33:44:55", "0011.2233.4455"], ["00:11:22"]],
  ["uuid", ["0f8fad5b-d9cb-469f-a165-70867728950e"], ["0f8fad5b"]],
  ["uri", ["https://a/b", "/path", "mailto:a@b"], ["a b", "no scheme"]],
  ["email", ["a@b.c", "A B <a@b.c>"], ["a", "@b"]],
  ["hostname", ["a.example.com", "localhost"], ["-a", "a..b"]],
  ["byte", ["YWJj"], ["a", ""]],
  ["k8s-short-name", ["a-b"], ["A", "a."]],
];
for (const [format, good, bad] of formats)
  test(`texts of the format ${format} are told from others`, () => {
    for (const text of good) assert.ok(fitsFormat(format, text), text);
    for (const text of bad) assert.ok(!fitsFormat(format, text), text);
  });
