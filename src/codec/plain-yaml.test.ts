import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePlainYaml } from "./plain-yaml.ts";
import { readYaml } from "./yaml.ts";

// The same cases everywhere; SPOKE_SEED asks for others.
fc.configureGlobal({ seed: Number(process.env.SPOKE_SEED ?? 7) });

const kubeconfig = `apiVersion: v1
kind: Config
clusters:
- name: spoke
  cluster:
    server: https://127.0.0.1:6443
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t==
contexts:
  - context: {}
    name: "a b"
current-context: 'spoke'
preferences: {}
users: []
`;

test("a kubeconfig is plain, and means what the whole reader reads", () => {
  assert.deepEqual(parsePlainYaml(kubeconfig), readYaml(kubeconfig).value);
});

test("what is not plain is left to the whole reader", () => {
  for (const text of [
    "a: 1",
    "a: &x b",
    "a: *x",
    "a: |\n  b",
    "a: 'b''c'",
    'a: "\\n"',
    "a: yes",
    "a: b: c",
    "a: b\na: c",
    "a:\tb",
    "{a: b}",
    '{"a":"\\u0041"}',
    '{"a":"b","a":"c"}',
    '{"a" :"b"}',
    '{"a":1}',
    '{"a":"é"}',
    '{"a":"b"} # c',
    "- - a",
    "a: b # c",
  ])
    assert.equal(parsePlainYaml(text), undefined, text);
});

test("whatever the text, the two agree wherever the plain one answers", () => {
  const word = fc.constantFrom(
    "a",
    "b",
    "name",
    "-",
    "- a",
    "a:",
    "a: b",
    "- a: b",
    "x: {}",
    "y: []",
    "k: 'v'",
    'k: "v"',
    "t: true",
    "# c",
    "",
    "---",
    "z: a/b:c",
  );
  const lines = fc.array(fc.tuple(fc.constantFrom("", " ", "  ", "    "), word), { maxLength: 8 });
  fc.assert(
    fc.property(lines, (parts) => {
      const text = parts.map(([indent, body]) => indent + body).join("\n");
      const plain = parsePlainYaml(text);
      if (plain === undefined || plain === null) return;
      assert.deepEqual(plain, readYaml(text).value, JSON.stringify(text));
    }),
    { numRuns: 3000 },
  );
});

test("JSON as programs write it is plain, and means what the whole reader reads", () => {
  const config = { kind: "Config", clusters: [{ name: "a b", cluster: { server: "https://[::1]:6443" } }], users: [], preferences: {} };
  for (const indent of [0, 2, 4]) assert.deepEqual(parsePlainYaml(`${JSON.stringify(config, null, indent)}\n`), config);
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), fc.constantFrom(0, 1, 2, 4), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const plain = parsePlainYaml(text);
      if (plain !== undefined) assert.deepEqual(plain, readYaml(text).value, text);
    }),
    { numRuns: 1000 },
  );
});
