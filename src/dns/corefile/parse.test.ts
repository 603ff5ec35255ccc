import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCorefile } from "./parse.ts";
import { serverKey, zonesOf } from "./zones.ts";

const files = new Map([
  ["extra.server", "two.example {\n  log\n}\n"],
  ["a.override", "hosts {\n  10.0.0.1 a\n}\n"],
  ["b.override", "rewrite name a b\n"],
  ["broken", '"never closed'],
]);

const shown = (text: string) =>
  parseCorefile(text, files).map(({ keys, directives }) => [
    keys.join(" "),
    ...directives.map(({ name, args, block }) =>
      [name, ...args, ...(block ? [`{${block.map((line) => [line.name, ...line.args].join(" ")).join("; ")}}`] : [])].join(" "),
    ),
  ]);

const good: { name: string; text: string; wanted: string[][] }[] = [
  { name: "zones over lines, where a comma says so", text: "a, b:53,\nc {\n}", wanted: [["a b:53 c"]] },
  {
    name: "comments, whole lines and behind words",
    text: "# no\n. { # no\n log # no\n cache 30#no\n}",
    wanted: [[".", "log", "cache 30"]],
  },
  {
    name: "quotes keep spaces, braces, signs and backslashes",
    text: '. {\n template ANY A {\n answer "{{ .Name }} 60 \\"x\\" a\\.b # }"\n }\n}',
    wanted: [[".", 'template ANY A {answer {{ .Name }} 60 "x" a\\.b # }}']],
  },
  {
    name: "a snippet in the place of its import",
    text: "(s) {\n errors\n cache {\n success 5000\n }\n}\n. {\n import s\n}",
    wanted: [[".", "errors", "cache {success 5000}"]],
  },
  {
    name: "an import within a block",
    text: "(h) {\n 10.0.0.1 a\n 10.0.0.2 b\n}\n. {\n hosts {\n import h\n fallthrough\n }\n}",
    wanted: [[".", "hosts {10.0.0.1 a; 10.0.0.2 b; fallthrough}"]],
  },
  {
    name: "other keys, by their name and by a glob",
    text: ". {\n import *.override\n import none*\n}\nimport extra.server",
    wanted: [
      [".", "hosts {10.0.0.1 a}", "rewrite name a b"],
      ["two.example", "log"],
    ],
  },
  {
    name: "one snippet twice, each line by itself",
    text: "(s) {\n log a\n}\n. {\n import s\n import s\n}",
    wanted: [[".", "log a", "log a"]],
  },
  { name: "windows' line ends and a byte order mark", text: "\ufeff. {\r\n log\r\n}\r\n", wanted: [[".", "log"]] },
];
for (const { name, text, wanted } of good) test(`a Corefile is read: ${name}`, () => assert.deepEqual(shown(text), wanted));

const bad: { text: string; error: string }[] = [
  { text: ". {\n log\n", error: "Corefile:2 - Error during parsing: Unexpected end of file, expecting '}'" },
  { text: ".\nlog\n", error: "Corefile:2 - Error during parsing: Unexpected token 'log', expecting '{'" },
  { text: "a,\n", error: "Corefile:1 - Error during parsing: 'a,' has no block: '{' is expected" },
  { text: "a, {\n}\n", error: "Corefile:1 - Error during parsing: Expected another address but had '{' - check for extra comma" },
  { text: ". {\n}\n}\n", error: "Corefile:3 - Error during parsing: Unexpected '}' because no matching opening brace" },
  { text: ". {\n log {\n }\n {\n}", error: "Corefile:4 - Error during parsing: Unexpected '{'" },
  { text: '. {\n answer "a\nb\n}\n', error: "Corefile:2 - Error during parsing: a quote that is not closed" },
  { text: ". {\n import\n}", error: "Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'import'" },
  { text: ". {\n import a b\n}", error: "Corefile:2 - Error during parsing: Import takes only one argument (glob pattern or file)" },
  {
    text: ". {\n\n import /etc/shadow\n}",
    error:
      "Corefile:3 - Error during parsing: File to import not found: /etc/shadow (it can be a snippet, or another key of the ConfigMap)",
  },
  { text: ". {\n import broken\n}", error: "broken:1 - Error during parsing: a quote that is not closed" },
  { text: "(s) {\n}\n(s) {\n}", error: "Corefile:3 - Error during parsing: redeclaration of previously declared snippet s" },
  {
    text: "(s) {\n import s\n}\n. {\n import s\n}",
    error: "Corefile (import s#10000):2 - Error during parsing: maximum import depth (10000) exceeded",
  },
  {
    text: ". {\n forward . {$UP}\n}",
    error: "Corefile:2 - Error during parsing: '{$UP}': environment variables are not put into a Corefile here",
  },
  { text: "{\n}", error: "Corefile:1 - Error during parsing: a block without a zone" },
];
for (const { text, error } of bad)
  test(`a Corefile is refused: ${error}`, () => assert.throws(() => parseCorefile(text, files), { message: error }));

test("imports that import each other end", () => {
  const circle = new Map([
    ["a", "import b"],
    ["b", "import a"],
  ]);
  assert.throws(() => parseCorefile("import a", circle), /maximum import depth/);
  const bomb = new Map(Array.from({ length: 20 }, (_, i) => [`f${i}`, `import f${i + 1}\nimport f${i + 1}`]));
  assert.throws(() => parseCorefile("import f0", bomb), /maximum import depth|more than \d+ words|not found: f20/);
});

const zones: [word: string, zones: string[] | undefined][] = [
  [".", [""]],
  ["Example.ORG.", ["example.org"]],
  ["10.1.0.0/16", ["1.10.in-addr.arpa"]],
  ["10.0.0.0/8", ["10.in-addr.arpa"]],
  ["192.0.2.0/25", Array.from({ length: 128 }, (_, i) => `${i}.2.0.192.in-addr.arpa`)],
  ["fd00::/8", ["d.f.ip6.arpa"]],
  ["fd00::/7", ["c.f.ip6.arpa", "d.f.ip6.arpa"]],
  ["10.0.0.0/99", undefined],
  ["a..b", undefined],
];
for (const [word, wanted] of zones) test(`the zone ${word}`, () => assert.deepEqual(zonesOf(word), wanted));

test("keys of servers have ports, and no other protocol", () => {
  assert.deepEqual(serverKey("example.org:1053"), { zones: ["example.org"], port: 1053 });
  assert.deepEqual(serverKey("dns://.:53"), { zones: [""], port: 53 });
  assert.deepEqual(serverKey(":5353"), { zones: [""], port: 5353 });
  assert.throws(() => serverKey("tls://."), /tls:\/\/ are not there/);
  assert.throws(() => serverKey("a:99999"), /99999 is no port/);
});
