import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonPath, relaxedJsonPath } from "./json-path.ts";

const value = {
  kind: "List",
  items: [
    {
      metadata: { name: "a", labels: { "app.kubernetes.io/name": "x" } },
      spec: { n: 1, ports: [1, 2, 3] },
      ready: true,
    },
    { metadata: { name: "b" }, spec: { n: 2, ports: [] }, ready: false },
  ],
};

const table: [string, string][] = [
  ["{.kind}", "List"],
  ["kind is {.kind}!", "kind is List!"],
  ["{.items[*].metadata.name}", "a b"],
  ["{.items[0]['metadata','spec']}", '{"labels":{"app.kubernetes.io/name":"x"},"name":"a"} {"n":1,"ports":[1,2,3]}'],
  ["{.items[-1].metadata.name}", "b"],
  ["{.items[0].spec.ports[0:2]}", "1 2"],
  ["{.items[0].spec.ports[::2]}", "1 3"],
  ["{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "x"],
  ['{.items[?(@.metadata.name=="b")].spec.n}', "2"],
  ["{.items[?(@.spec.n>1)].metadata.name}", "b"],
  ["{.items[?(@.ready==true)].metadata.name}", "a"],
  ["{.items[?(@.metadata.labels)].metadata.name}", "a"],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.spec.n}{"\\n"}{end}', "a\t1\nb\t2\n"],
  ["{range .items[*]}{.metadata.name}:{range .spec.ports[*]}{@},{end};{end}.", "a:1,2,3,;b:;."],
  ["{..name}", "a b"],
  ["{$.missing}", ""],
  ["{.items[0].metadata.labels}", '{"app.kubernetes.io/name":"x"}'],
  ["{range .missing[*]}{.x}{end}after", "after"],
];
test("jsonpath walks, filters, slices and ranges", () => {
  for (const [template, expected] of table) assert.equal(jsonPath(template)(value), expected, template);
});

const wrong: [string, RegExp][] = [
  ["{.kind", /unclosed action/],
  ["{.items[}", /unterminated array/],
  ["{.items[x]}", /invalid array index x/],
  ["{end}", /not in range, nothing to end/],
  ["{foo}", /unrecognized identifier foo/],
  ["{.items[9]}", /array index out of bounds: index 9, length 2/],
  ["{.kind[0]}", /string is not array or slice/],
  ['{"x}', /unterminated quoted string/],
];
test("jsonpath errors carry upstream's words", () => {
  for (const [template, message] of wrong) assert.throws(() => jsonPath(template)(value), message, template);
  assert.throws(() => jsonPath("{.missing}", { allowMissingKeys: false })(value), /missing is not found/);
});

test("relaxed paths become templates", () => {
  for (const text of ["a.b", ".a.b", "{a.b}", "{.a.b}"]) assert.equal(relaxedJsonPath(text), "{.a.b}");
  assert.throws(() => relaxedJsonPath("{a}{b}"), /unexpected path string/);
});
