import assert from "node:assert/strict";
import { test } from "node:test";
import { applyJsonPatch, applyMergePatch, createThreeWayJsonMergePatch, parseJson } from "./mod.ts";

const document = { a: { b: [1, 2, 3] }, c: "x" };

test("a JSON patch shares what it does not touch and leaves its input alone", () => {
  const frozen = Object.freeze({ a: Object.freeze({ b: Object.freeze([1, 2, 3]) }), d: Object.freeze({}) });
  const result = applyJsonPatch(frozen, [{ op: "add", path: "/a/b/-", value: 4 }]) as typeof frozen;
  assert.deepEqual(result, { a: { b: [1, 2, 3, 4] }, d: {} });
  assert.equal(result.d, frozen.d);
});

test("JSON patch operations give upstream's results and words", () => {
  const cases: [unknown[], unknown][] = [
    [[{ op: "replace", path: "/a/b/-1", value: 9 }], { a: { b: [1, 2, 9] }, c: "x" }],
    [[{ op: "add", path: "/a/b/-1", value: 9 }], { a: { b: [1, 2, 3, 9] }, c: "x" }],
    [[{ op: "remove", path: "/c" }], { a: { b: [1, 2, 3] } }],
    [[{ op: "replace", path: "/new", value: 1 }], { a: { b: [1, 2, 3] }, c: "x", new: 1 }],
    [[{ op: "move", from: "/c", path: "/a/c" }], { a: { b: [1, 2, 3], c: "x" } }],
    [[{ op: "test", path: "/c", value: "x" }], document],
    [[{ op: "test", path: "/c", value: "y" }], "testing value /c failed: test failed"],
    [[{ op: "remove", path: "/z" }], "error in remove for path: '/z': Unable to remove nonexistent key: z: missing value"],
    [[{ op: "add", path: "/z/y", value: 1 }], 'add operation does not apply: doc is missing path: "/z/y": missing value'],
    [
      [{ op: "add", path: "/a/b/9", value: 1 }],
      "error in add for path: '/a/b/9': Unable to access invalid index: 9: invalid index referenced",
    ],
    [[{ op: "jump", path: "/a" }], "Unexpected kind: jump"],
  ];
  for (const [patch, expected] of cases) {
    if (typeof expected === "string") assert.throws(() => applyJsonPatch(document, patch), { message: expected });
    else assert.deepEqual(applyJsonPatch(document, patch), expected);
  }
});

test("patches with __proto__ set data and touch no prototype", () => {
  const evil = parseJson('{"__proto__":{"polluted":true}}');
  const merged = applyMergePatch({ a: 1 }, evil) as Record<string, unknown>;
  assert.deepEqual(Object.keys(merged), ["a", "__proto__"]);
  applyJsonPatch({}, [{ op: "add", path: "/__proto__", value: { polluted: true } }]);
  assert.throws(() => applyJsonPatch({}, [{ op: "add", path: "/constructor/prototype/polluted", value: true }]));
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

test("a three-way JSON merge patch removes only what was applied before", () => {
  const patch = createThreeWayJsonMergePatch({ spec: { a: 1, gone: 1 } }, { spec: { a: 2 } }, { spec: { a: 1, gone: 1, other: 1 } });
  assert.deepEqual(patch, { spec: { gone: null, a: 2 } });
});

test("parseJson names duplicates by path and errors in Go's words", () => {
  const found: string[] = [];
  parseJson('{"spec":{"x":1,"x":2,"c":[{"n":1},{"n":1,"n":2}]}}', { onDuplicate: (path) => found.push(path) });
  assert.deepEqual(found, ["spec.x", "spec.c[1].n"]);
  const words: [string, string][] = [
    ["", "unexpected end of JSON input"],
    ['{"a":1', "unexpected end of JSON input"],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ["nul", "unexpected end of JSON input"],
    ["1 x", "invalid character 'x' after top-level value"],
    ["}", "invalid character '}' looking for beginning of value"],
  ];
  for (const [text, message] of words) assert.throws(() => parseJson(text), { message });
  assert.throws(() => parseJson("[".repeat(20), { maxDepth: 10 }), { message: "exceeded max depth" });
});
