/** What a reader of user input may cost: twice the text, about twice the time; whatever the text is, its own kind of error. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GoTemplateError, goTemplate } from "./go-template.ts";
import { JsonError, parseJson } from "./json.ts";
import { applyJsonPatch, PatchError } from "./json-patch.ts";
import { JsonPathError, jsonPath } from "./json-path.ts";
import { applyMergePatch, createThreeWayJsonMergePatch } from "./merge-patch.ts";
import { parseQuantity, QuantityError } from "./quantity.ts";
import { matchesLabels, parseFieldSelector, parseLabelSelector, SelectorError } from "./selectors.ts";
import { createTwoWayMergePatch } from "./strategic/diff.ts";
import { type PatchLookup, patchMeta, strategicMerge } from "./strategic/merge.ts";
import { parseYaml, readYaml, readYamlInTurns, YamlError } from "./yaml.ts";

// The same cases everywhere; SPOKE_SEED asks for others.
fc.configureGlobal({ seed: Number(process.env.SPOKE_SEED ?? 7) });

const fill = (piece: string) => (size: number) => piece.repeat(Math.ceil(size / piece.length));
const lines = (line: (i: number) => string) => (size: number) => {
  let text = "";
  for (let i = 0; text.length < size; i++) text += line(i);
  return text;
};
const around = (open: string, middle: (size: number) => string, close: string) => (size: number) => open + middle(size) + close;
const nothing = (error: unknown) => {
  if (error instanceof RangeError || error instanceof TypeError) throw error;
};
const quietly = <T>(run: (input: T) => unknown) => {
  return (input: T) => {
    try {
      return run(input);
    } catch (error) {
      return nothing(error);
    }
  };
};

interface Case {
  name: string;
  make(size: number): unknown;
  read(input: never): unknown;
  /** Characters, or what stands for them. */
  size?: number;
}

const yaml = quietly(readYaml);
const texts: Record<string, { read: (input: string) => unknown; shapes: Record<string, (size: number) => string> }> = {
  yaml: {
    read: yaml,
    shapes: {
      "a flow sequence": around("[", fill("a,"), "]"),
      "newlines in quotes": around('"', fill("\n"), '"'),
      "words and newlines in quotes": around("'", fill("a\n\n"), "'"),
      "open brackets": fill("["),
      "open maps": fill('{"a":'),
      "keys of one map": lines((i) => `key${i}: v\n`),
      "a key again and again": fill("a: 1\n"),
      "items of maps": fill("- a: b\n  c: [1, 2]\n"),
      "anchors and aliases": fill("- &a b\n- *a\n"),
      "aliases of aliases": lines((i) => `a${i}: &a${i} [${i ? `*a${i - 1}` : "x"}]\n`),
      "many anchors, each named twice": lines((i) => `a${i}: &a${i} {x: 1}\nb${i}: [*a${i}, *a0]\n`),
      "merges of merges": lines((i) => `a${i}: &a${i}\n  k${i}: 1\n  <<: ${i ? `*a${i - 1}` : "{}"}\n`),
      "a plain scalar": around("a: ", fill("b c "), ""),
      "a literal block": around("a: |\n", fill("  line\n"), ""),
      "a folded block": around("a: >\n", fill("  line\n\n"), ""),
      escapes: around('"', fill("\\n"), '"'),
      digits: fill("1"),
      blanks: around("a: b", fill(" "), "c"),
      "pairs in a sequence": around("[", fill("a: b, "), "]"),
      tags: fill("- !!str a\n"),
      "octets of a tag": around("!", fill("%41"), " x"),
      comments: fill("# x\n"),
      "nested sequences": fill("- "),
      "unclosed quotes": around("a: '", fill("b\n"), ""),
    },
  },
  "a stream of YAML": { read: quietly(parseYaml), shapes: { documents: fill("a: 1\n---\n"), "empty documents": fill("---\n") } },
  JSON: {
    read: quietly((text: string) => parseJson(text, { onDuplicate() {} })),
    shapes: {
      "a list": around("[", fill("1,"), "1]"),
      "open brackets": fill("["),
      "open objects": fill('{"a":'),
      "one key again and again": around("{", fill('"a":1,'), '"a":1}'),
      "two keys again and again, deep": around('{"a":'.repeat(900) + "{", fill('"a":1,"b":2,'), '"a":1}' + "}".repeat(900)),
      "large integers": around("[", fill("9007199254740993,"), "1]"),
      digits: fill("1"),
      "a broken string": around('{"a":"', fill("b"), "\n"),
    },
  },
  "a label selector": {
    read: quietly(parseLabelSelector),
    shapes: {
      terms: lines((i) => `a${i}=b,`),
      "a set": around("a in (", fill("b,"), ")"),
      "a long key": fill("a"),
      "a long prefix": around("", fill("a."), "!/b"),
      "dots and dashes": fill("a-.-"),
      "exclamation marks": fill("!"),
    },
  },
  "a field selector": {
    read: quietly(parseFieldSelector),
    shapes: { terms: fill("a=b,"), escapes: around("a=", fill("\\,"), ""), "no operator": fill("abc"), equals: fill("=") },
  },
  "a JSONPath": {
    read: quietly((text: string) => jsonPath(text)({ a: { b: [1, 2] } })),
    shapes: {
      fields: around("{", fill(".a"), "}"),
      actions: fill("{.a}"),
      ranges: fill("{range .a}"),
      "closed ranges": fill("{range .a}{.b}{end}"),
      filters: fill('{.a[?(@.b=="c")]}'),
      "open filters": around("{", fill("[?(@"), ""),
      brackets: around("{", fill("["), "]}"),
      union: around("{.a[", fill("0,"), "0]}"),
      quotes: around("{'", fill("a\\'"), "'}"),
      text: fill("abc"),
    },
  },
  "a Go template": {
    read: quietly((text: string) => goTemplate(text)({ a: [1, 2], b: { c: 1 } })),
    shapes: {
      actions: fill("{{.b.c}}\n"),
      blanks: fill("   x   "),
      "trimmed blanks": around("", fill("  \n  "), "{{- 1 -}}  "),
      ifs: fill("{{if .a}}"),
      "closed ifs": fill("{{if .a}}x{{else}}y{{end}}"),
      "else if": around("{{if .z}}", fill("{{else if .z}}"), "{{end}}"),
      parentheses: around("{{", fill("("), "}}"),
      comments: fill("{{/* a */}}"),
      "open comment": around("{{/* ", fill("a */ "), ""),
      variables: lines((i) => `{{$v${i} := 1}}{{$v${i}}}{{$}}`),
      strings: around('{{"', fill("\\n"), '"}}'),
      pipes: around("{{1", fill(" | print"), "}}"),
    },
  },
  "a quantity": {
    read: quietly(parseQuantity),
    shapes: {
      digits: fill("1"),
      zeros: around("", fill("0"), "x"),
      fraction: around("1.", fill("1"), ""),
      exponent: around("1e", fill("1"), ""),
    },
  },
};

const byName: PatchLookup = { field: () => patchMeta("merge", "name", undefined) };
const count = (size: number) => Math.ceil(size / 20);
const names = (size: number) => Object.fromEntries(Array.from({ length: count(size) }, (_, i) => [`k${i}`, { a: i }]));
const values: Case[] = [
  {
    name: "JSON patch: additions at the end of a list",
    make: (size) => Array.from({ length: Math.min(9999, count(size)) }, () => ({ op: "add", path: "/a/-", value: 1 })),
    read: ((patch: unknown) => applyJsonPatch({ a: [] }, patch)) as never,
    size: 40_000,
  },
  {
    name: "JSON patch: a long path",
    make: (size) => [{ op: "add", path: "/a".repeat(size / 2), value: 1 }],
    read: quietly((patch: unknown) => applyJsonPatch({ a: {} }, patch)) as never,
  },
  {
    name: "merge patch",
    make: names,
    read: ((patch: Record<string, unknown>) => applyMergePatch(patch, patch)) as never,
  },
  {
    name: "three-way merge patch",
    make: names,
    read: ((patch: Record<string, unknown>) => createThreeWayJsonMergePatch(patch, { ...patch, k1: { a: 0 } }, patch)) as never,
  },
  ...(["merge", "diff"] as const).map(
    (what): Case => ({
      name: `strategic ${what} of a long list`,
      make: (size) => Array.from({ length: count(size) }, (_, i) => ({ name: `n${i}`, image: "a" })),
      read: ((items: object[]) => {
        const [one, two] = [{ items }, { items: items.toReversed() }];
        return what === "merge" ? strategicMerge(byName, one, two) : createTwoWayMergePatch(byName, one, two);
      }) as never,
    }),
  ),
  {
    name: "matching labels",
    make: (size) => ({ selector: parseLabelSelector(lines((i) => `k${i},`)(size).slice(0, -1)), labels: names(size) }),
    read: (({ selector, labels }: { selector: never; labels: never }) => matchesLabels(selector, labels)) as never,
  },
];

const cases: Case[] = [
  ...Object.entries(texts).flatMap(([reader, { read, shapes }]) =>
    Object.entries(shapes).map(([shape, make]) => ({ name: `${reader}: ${shape}`, make, read: read as never })),
  ),
  ...values,
];

/** The least processor time of some runs: what else the machine does counts as little as can be. */
function cost(one: Case, size: number): number {
  const input = one.make(size);
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3 && least > measurableMicros / 8; run++) {
    const before = process.cpuUsage();
    one.read(input as never);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}

/** Below this a measurement says more about the machine than about the reader. */
const measurableMicros = 4000;

for (const one of cases) {
  test(`twice the input costs about twice the time: ${one.name}`, () => {
    const size = one.size ?? 20_000;
    let ratio = 0;
    // One quiet measurement is enough: a reader that is quadratic never has one.
    for (let attempt = 0; attempt < 4; attempt++) {
      const fourTimes = cost(one, size * 4);
      if (fourTimes < measurableMicros) return;
      const once = cost(one, size);
      ratio = Math.sqrt(fourTimes / Math.max(once, measurableMicros / 8));
      if (ratio < 3) return;
    }
    assert.fail(`each doubling multiplies the time by ${ratio.toFixed(1)}`);
  });
}

test("a small text of aliases is refused before it is unfolded", () => {
  const anchors = Array.from({ length: 2000 }, (_, i) => `a${i}: &a${i} [${i ? `*a${i - 1}, *a${i - 1}` : "x"}]`).join("\n");
  assert.throws(() => readYaml(anchors), /yaml: document contains excessive aliasing|exceeded max depth/);
});

test("depth is refused before anything recurses", () => {
  const deep = 100_000;
  assert.throws(() => readYaml("[".repeat(deep)), { name: "YamlError", message: "yaml: exceeded max depth of 1000" });
  assert.throws(() => readYaml("- ".repeat(deep)), { name: "YamlError", message: "yaml: exceeded max depth of 1000" });
  assert.throws(() => parseJson('{"a":'.repeat(deep)), { name: "JsonError", message: "exceeded max depth" });
  assert.throws(() => goTemplate(`{{${"(".repeat(deep)}`), GoTemplateError);
  assert.throws(() => jsonPath("{range @}".repeat(deep))([1]), JsonPathError);
});

test("a document at the depth that is allowed can be read, written and walked", () => {
  const text = "[".repeat(999) + "]".repeat(999);
  assert.equal(JSON.stringify(readYaml(text).value), text);
  assert.equal(JSON.stringify(parseJson(text)), text);
});

test("a large document is read in turns", async () => {
  let turns = 0;
  const { value } = await readYamlInTurns("- a: 1\n".repeat(20_000), async () => void turns++);
  assert.equal((value as unknown[]).length, 20_000);
  assert.ok(turns >= 10, `${turns} turns`);
});

test("elements of long lists cannot be moved without bound", () => {
  const list = Array.from({ length: 200_000 }, (_, i) => i);
  const patch = Array.from({ length: 9000 }, () => ({ op: "remove", path: "/0" }));
  assert.throws(() => applyJsonPatch(list, patch), { name: "PatchError", fault: "tooLarge" });
});

const pieces = (...words: string[]) => fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(""));
const fuzz: Record<string, { input: fc.Arbitrary<string>; read(text: string): unknown; error: new (...args: never[]) => Error }> = {
  yaml: {
    input: pieces(..."abc 1-:?[]{},&*!|>'\"%@`#\n\t\\".split(""), ": ", "- ", "\n  ", "&a ", "*a", "<<: ", "!!int ", "---", "...", "\r\n"),
    read: parseYaml,
    error: YamlError,
  },
  JSON: {
    input: pieces(...'{}[],:"\\tfn1e-. \n'.split(""), "true", "null", '"a"', '"a":', "\\u00"),
    read: (text) => parseJson(text, { onDuplicate() {} }),
    error: JsonError,
  },
  "label selectors": { input: pieces(..."ab=!,()<> -./1".split(""), " in (", " notin ("), read: parseLabelSelector, error: SelectorError },
  "field selectors": { input: pieces(..."ab=!,\\".split("")), read: parseFieldSelector, error: SelectorError },
  JSONPath: {
    input: pieces(..."{}[]().,:'\"\\@$*?-1ab=<> ".split(""), "{.a", "[?(@", "{range .", "{end}", "..", "true"),
    read: (text) => jsonPath(text)({ a: [{ b: 1 }, { b: 2 }], b: "c" }),
    error: JsonPathError,
  },
  "Go templates": {
    input: pieces(
      ..."{}().|,:=$\"'`\\-1ab %s".split(""),
      "{{",
      "}}",
      "{{if .a}}",
      "{{range $i, $e := .a}}",
      "{{end}}",
      "{{else}}",
      '{{define "x"}}',
      '{{template "x" .}}',
      "printf ",
      "index ",
      ".a",
      "{{- ",
      " -}}",
      "{{/*",
      "*/}}",
    ),
    read: (text) => goTemplate(text)({ a: [{ b: 1 }, { b: 2 }], b: "c" }),
    error: GoTemplateError,
  },
  quantities: { input: pieces(..."019.+-eEKMGinmu ".split("")), read: parseQuantity, error: QuantityError },
};
for (const [name, { input, read, error }] of Object.entries(fuzz)) {
  test(`whatever the text, ${name} fail with their own error only`, () => {
    fc.assert(
      fc.property(fc.oneof(input, fc.string()), (text) => {
        try {
          read(text);
        } catch (thrown) {
          if (!(thrown instanceof error)) throw thrown;
        }
      }),
      { numRuns: 150 },
    );
  });
}

test("whatever the patch, a JSON patch fails with its own error only", () => {
  const operation = fc.record(
    {
      op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test", "nope"),
      path: fc.constantFrom("", "/", "/a", "/a/0", "/a/-", "/a/-1", "/b/~1", "/b/c", "/a/x", "/__proto__/x", "b"),
      from: fc.constantFrom("", "/a", "/a/1", "/b"),
      value: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(operation, fc.jsonValue())), (patch) => {
      try {
        applyJsonPatch({ a: [1, { x: 1 }], b: { c: 1 } }, patch);
      } catch (thrown) {
        if (!(thrown instanceof PatchError)) throw thrown;
      }
    }),
  );
  assert.equal(({} as { x?: unknown }).x, undefined);
});
