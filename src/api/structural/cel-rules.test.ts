/** Rules in CEL, asked of objects: every row is an answer of upstream's server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, Problems } from "../checks/problems.ts";
import { checkRules } from "./cel-checks.ts";
import { askRules, ruleTree } from "./cel-rules.ts";
import { type SchemaJson, structuralOf } from "./structural.ts";

const rules = (...list: (string | object)[]) => ({
  "x-kubernetes-validations": list.map((one) => (typeof one === "string" ? { rule: one } : one)),
});
const object = (properties: SchemaJson, ...list: (string | object)[]): SchemaJson => ({ type: "object", properties, ...rules(...list) });
const integer = { type: "integer" };
const short = (maxLength: number) => ({ type: "string", maxLength });

const spec = object(
  {
    a: integer,
    b: integer,
    n: { type: "number" },
    s: short(20),
    l: { type: "array", maxItems: 5, items: integer },
    set: { type: "array", maxItems: 5, "x-kubernetes-list-type": "set", items: short(5) },
    map: {
      ...{ type: "array", maxItems: 5, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"] },
      items: object({ k: short(5), v: integer }, { rule: "self.v >= oldSelf.v", message: "v must not shrink" }),
    },
    p: { "x-kubernetes-int-or-string": true },
    d: { type: "string", format: "duration" },
    t: { type: "string", format: "date-time" },
    bytes: { type: "string", format: "byte" },
    imm: { ...short(9), ...rules({ rule: "self == oldSelf", message: "is immutable" }) },
    opt: { ...integer, ...rules({ rule: "oldSelf.orValue(0) <= self", optionalOldSelf: true }) },
    "a-b": integer,
    namespace: short(9),
  },
  { rule: "!has(self.a) || !has(self.b) || self.a <= self.b", message: "a must be at most b" },
  { rule: "!has(self.n) || self.n > 0.5", messageExpression: "self.n > 0.0 ? 'n is small' : 'n is zero'" },
  { rule: "!has(self.l) || self.l.all(x, x > 0)", reason: "FieldValueForbidden", fieldPath: ".l" },
  "!has(self.set) || self.set == ['a','b'] || !('a' in self.set)",
  "!has(self.p) || self.p > 3",
  "!has(self.d) || self.d <= duration('1h')",
  "!has(self.t) || self.t.getFullYear() > 2000",
  "!has(self.bytes) || size(self.bytes) < 4",
  "!has(self.s) || 10 / size(self.s) > 1",
  { rule: "!has(self.s) || self.s != 'dup'", reason: "FieldValueDuplicate", fieldPath: ".s" },
  "!has(self.a__dash__b) || self.a__dash__b > 1",
  "!has(self.__namespace__) || self.__namespace__ == 'x'",
);
const schema = object({ spec }, { rule: "self.metadata.name != 'bad'", message: "bad name" });
const root = structuralOf(schema);
const tree = ruleTree(root, true)!;

const told = (value: object, old?: object, name = "x"): string[] => {
  const whole = (of: object | undefined) => of && { apiVersion: "g/v1", kind: "Foo", metadata: { name }, spec: of };
  return askRules(tree, whole(value), whole(old)).map((error) => `${error.field}: ${bodyOf(error)}`);
};

const rows: [name: string, spec: object, ...complaints: string[]][] = [
  ["good values", { a: 1, b: 2, n: 1, d: "1h", set: ["b", "a"], "a-b": 2, namespace: "x" }],
  ["two fields together", { a: 3, b: 2 }, "spec: Invalid value: a must be at most b"],
  ["a message that is made", { n: 0 }, "spec: Invalid value: n is zero"],
  ["a field that is blamed", { l: [1, -1] }, "spec.l: Forbidden: failed rule: !has(self.l) || self.l.all(x, x > 0)"],
  ["a set", { set: ["a", "c"] }, "spec: Invalid value: failed rule: !has(self.set) || self.set == ['a','b'] || !('a' in self.set)"],
  ["a number that may be text", { p: 2 }, "spec: Invalid value: failed rule: !has(self.p) || self.p > 3"],
  [
    "a text that may be a number",
    { p: "x" },
    `spec: Invalid value: "object": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: !has(self.p) || self.p > 3`,
  ],
  ["a duration", { d: "2h" }, "spec: Invalid value: failed rule: !has(self.d) || self.d <= duration('1h')"],
  ["a time", { t: "1999-01-01T00:00:00Z" }, "spec: Invalid value: failed rule: !has(self.t) || self.t.getFullYear() > 2000"],
  ["bytes", { bytes: "YWJjZA==" }, "spec: Invalid value: failed rule: !has(self.bytes) || size(self.bytes) < 4"],
  [
    "a rule that fails",
    { s: "" },
    'spec: Invalid value: "object": division by zero evaluating rule: !has(self.s) || 10 / size(self.s) > 1',
  ],
  ["a duplicate", { s: "dup" }, "spec.s: Duplicate value"],
  ["an optional old value that is not there", { opt: -1 }, "spec.opt: Invalid value: -1: failed rule: oldSelf.orValue(0) <= self"],
];
for (const [name, value, ...complaints] of rows) test(`rules see ${name}`, () => assert.deepEqual(told(value), complaints));

test("rules about the old value are asked where it can be found", () => {
  assert.deepEqual(told({ imm: "y" }), []);
  assert.deepEqual(told({ imm: "y" }, { imm: "x" }), ['spec.imm: Invalid value: "y": is immutable']);
  const map = (list: [k: string, v: number][]) => ({ map: list.map(([k, v]) => ({ k, v })) });
  assert.deepEqual(
    told(
      map([
        ["b", 0],
        ["a", 4],
        ["c", 0],
      ]),
      map([
        ["a", 5],
        ["b", 1],
      ]),
    ),
    ["spec.map[0]: Invalid value: v must not shrink", "spec.map[1]: Invalid value: v must not shrink"],
  );
});

test("what was broken before may stay broken, and the root's name is seen", () => {
  assert.deepEqual(told({ l: [-1] }, { l: [-1] }), []);
  assert.deepEqual(told({}, undefined, "bad"), ["<nil>: Invalid value: bad name"]);
});

const refused: [name: string, schema: SchemaJson, ...texts: RegExp[]][] = [
  ["what is good", schema],
  [
    "a field that is not there",
    object({ spec: object({ a: integer }, "self.x > 1") }),
    /compilation failed: ERROR: <input>:1:5: undefined field 'x'/,
  ],
  ["a rule that is no question", object({ spec: object({ a: integer }, "self.a") }), /cel expression must evaluate to a bool/],
  [
    "an old value that cannot be found",
    object({ l: { type: "array", items: { ...integer, ...rules("self == oldSelf") } } }),
    /oldSelf cannot be used on the uncorrelatable portion of the schema within s\.properties\[l\]/,
  ],
  [
    "an optional old value that is not used",
    object({ a: { ...integer, ...rules({ rule: "self > 1", optionalOldSelf: true }) } }),
    /optionalOldSelf: .* may not be set if oldSelf is not used in rule/,
  ],
  [
    "what costs too much",
    object({ a: { type: "array", items: { type: "string" }, ...rules("self.all(x, self.all(y, x == y))") } }),
    /estimated rule cost exceeds budget by factor of more than 100x/,
    /contributed to estimated rule cost total/,
    /x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget/,
  ],
];
for (const [name, of, ...texts] of refused)
  test(`a definition with ${name} is judged`, () => {
    const problems = new Problems();
    checkRules(structuralOf(of), "s", false, problems);
    const said = problems.list.map((error) => `${error.field}: ${bodyOf(error)}`);
    assert.equal(said.length, texts.length, said.join("\n"));
    for (const [i, text] of texts.entries()) assert.match(said[i]!, text);
  });
