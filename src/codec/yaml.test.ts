import assert from "node:assert/strict";
import { test } from "node:test";
import { parseYaml, writeYaml, YamlError } from "./yaml.ts";

const read = (text: string) => parseYaml(text).documents.map((document) => document.value);

test("yaml reads the scalars of YAML 1.1 without sexagesimals and timestamps", () => {
  assert.deepEqual(read('a: yes\nb: "yes"\nc: 0o17\nd: 017\ne: 1_000\nf: 12:30:45\ng: 2020-01-01\nh: ~\ni: 1e3\nj: Off\nk: 08\n'), [
    {
      a: true,
      b: "yes",
      c: 15,
      d: 15,
      e: 1000,
      f: "12:30:45",
      g: "2020-01-01",
      h: null,
      i: 1000,
      j: false,
      k: 8,
    },
  ]);
});

test("yaml splits documents and remembers their lines", () => {
  const { documents } = parseYaml("# first\na: 1\n---\n# only a comment\n--- # note\nb: 2\n");
  assert.deepEqual(
    documents.map((document) => [document.value, document.line]),
    [
      [{ a: 1 }, 1],
      [{ b: 2 }, 6],
    ],
  );
});

test("yaml reports duplicate keys and keeps the last", () => {
  const { documents } = parseYaml("a: 1\nb:\n  c: 1\n  c: 2\n");
  assert.deepEqual(documents[0], {
    value: { a: 1, b: { c: 2 } },
    line: 1,
    duplicates: ['line 4: key "c" already set in map'],
  });
});

test("yaml merges maps and expands aliases", () => {
  assert.deepEqual(read("base: &b {x: 1, w: 2}\nuse:\n  <<: *b\n  w: 3\n"), [{ base: { x: 1, w: 2 }, use: { x: 1, w: 3 } }]);
});

test("yaml refuses an alias bomb", () => {
  const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`);
  assert.throws(() => parseYaml(`a0: &a0 [x]\n${levels.join("\n")}\n`), /document contains excessive aliasing/);
});

/** Recorded from upstream's kubectl 1.36.4. */
const broken: [string, string][] = [
  ["a: b: c\n", "yaml: mapping values are not allowed in this context"],
  ["x: 1\na: 1\n  b: 2\n", "yaml: line 3: mapping values are not allowed in this context"],
  ["x: 1\na: 1\nfoo\nb: 2\n", "yaml: line 4: could not find expected ':'"],
  ["x: 1\na:\n\tb: 1\n", "yaml: line 3: found character that cannot start any token"],
  ["x: 1\ny: 2\na: [1, 2\nb: 2\n", "yaml: line 3: did not find expected ',' or ']'"],
  ["x: 1\na: *x\n", "yaml: unknown anchor 'x' referenced"],
  ["x: 1\na: {{ .Values }}\n", 'yaml: invalid map key: map[interface {}]interface {}{".Values":interface {}(nil)}'],
];
test("yaml errors carry upstream's words", () => {
  for (const [text, message] of broken) {
    assert.throws(
      () => parseYaml(text),
      (error) => error instanceof YamlError && error.message === message,
    );
  }
});

test("yaml errors know the place in the whole text", () => {
  assert.throws(
    () => parseYaml("a: 1\n---\nb: 1\nc: [\n"),
    (error) => error instanceof YamlError && error.line >= 4,
  );
});

test("yaml writes upstream's style", () => {
  const value = {
    kind: "Pod",
    z: [{ b: 1, a: [1, [2]] }, "x: y", {}],
    empty: {},
    none: [],
    text: "a\nb\n",
    bool: "yes",
    num: "1",
    nil: null,
    k10: 1,
    k2: "it's: 1",
    long: `${"word ".repeat(20)}end`,
    time: "2020-01-01T00:00:00Z",
    blank: "",
  };
  assert.equal(
    writeYaml(value),
    `blank: ""
bool: "yes"
empty: {}
k2: 'it''s: 1'
k10: 1
kind: Pod
long: word word word word word word word word word word word word word word word word
  word word word word end
nil: null
none: []
num: "1"
text: |
  a
  b
time: "2020-01-01T00:00:00Z"
z:
- a:
  - 1
  - - 2
  b: 1
- 'x: y'
- {}
`,
  );
});
