import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { bool, Flags, text } from "../input/flags.ts";
import { prefer, preferred } from "./apply.ts";
import { decode, type Preferences, validate } from "./preferences.ts";

const head = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n";
const read = (body: string): Preferences => decode(head + body, "kuberc")!.preferences;

const preferences = read(`
defaults:
- command: get
  options: [{name: output, default: wide}, {name: watch, default: "true"}]
- command: set env
  options: [{name: list, default: "true"}]
aliases:
- name: getn
  command: get
  prependArgs: [nodes]
  appendArgs: [last]
  options: [{name: output, default: name}]
- name: get
  command: delete
`);
const specs = [text("output|o", ""), bool("watch|w", ""), bool("list", "")];

/** The words and the flags that a line becomes. */
function become(line: string, path: string[]): [string, Record<string, string>] {
  const found = preferred(line.split(" "), preferences, () => {});
  const flags = new Flags(specs);
  found.setDefaults(path, specs, flags);
  return [
    found.argv.join(" "),
    Object.fromEntries(specs.filter(({ name }) => flags.given(name)).map(({ name }) => [name, flags.text(name)])),
  ];
}

test("flags that were not given get their defaults, aliases become what they stand for", () => {
  const table: [string, string[], string, Record<string, string>][] = [
    ["get pods", ["get"], "get pods", { output: "wide", watch: "true" }],
    ["get pods -oyaml", ["get"], "get pods -oyaml", { watch: "true" }],
    ["get pods --output=yaml --watch=false", ["get"], "get pods --output=yaml --watch=false", {}],
    ["get pods -Aw", ["get"], "get pods -Aw", { output: "wide" }],
    ["set env x", ["set", "env"], "set env x", { list: "true" }],
    ["getn", ["get"], "get nodes last", { output: "name" }],
    ["getn x -o json", ["get"], "get nodes x -o json last", {}],
    ["--v=6 getn x", ["get"], "--v=6 get nodes x last", { output: "name" }],
    ["__complete getn x", ["get"], "__complete get nodes x last", { output: "name" }],
    ["nope", [], "nope", {}],
  ];
  for (const [line, path, argv, flags] of table) assert.deepEqual(become(line, path), [argv, flags], line);
});

test("preferences that cannot be meant are refused", () => {
  const alias = (name: string, more = "") => `{name: ${name}, command: get${more}}`;
  const table: [string, RegExp][] = [
    [`aliases: [${alias("a1")}]`, /^invalid alias name/],
    [`aliases: [${alias("a")}, ${alias("a")}]`, /^duplicate alias name a$/],
    [`aliases: [${alias("a", ", options: [{name: --o, default: x}]")}]`, /^flag name --o should be in long form without dashes$/],
    ["credentialPluginPolicy: Nope", /^unknown plugin policy: "Nope"$/],
  ];
  for (const [body, message] of table) assert.throws(() => validate(read(body)), { message });
  const unknown = read("aliases: [{name: a, command: nope}]");
  assert.throws(() => preferred(["a"], unknown, () => {}), { message: /^command "nope" not found to set alias "a"/ });
});

test("older preferences are read by their own names, unknown fields are told", () => {
  const old = decode(
    "apiVersion: kubectl.config.k8s.io/v1alpha1\nkind: Preference\noverrides: [{command: get, flags: [{name: o, default: x}]}]\n",
    "f",
  );
  assert.deepEqual(old?.preferences.defaults, [{ command: "get", options: [{ name: "o", default: "x" }] }]);
  assert.deepEqual(decode(`${head}foo: 1\ndefaults: [{command: get, bar: 1}]\n`, "f")?.unknown, ["defaults[0].bar", "foo"]);
  assert.equal(decode("", "f"), undefined);
  assert.throws(() => decode("kind: x", "f"), { message: "no valid preferences found in f, use --v=5 to see details" });
});

test("from -v=5 on it is told which preferences are used", (t) => {
  const cwd = mkdtempSync(join(tmpdir(), "kuberc-"));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, "some"), `kind: Other\n---\n${head}`);
  writeFileSync(join(cwd, "none"), "");
  const told = (file: string, ...words: string[]): string => {
    let said = "";
    const stderr = new Writable({ write: (chunk, _encoding, done) => done(void (said += chunk)) });
    prefer(["version", "--kuberc", join(cwd, file), ...words], {
      stdin: Readable.from([]),
      stdout: stderr,
      stderr,
      env: {},
      cwd,
      clock: new VirtualClock(),
    });
    return said.replace(/^.*\] /, "").replaceAll(cwd, "");
  };
  for (const words of [["-v=5"], ["-v", "5"], ["-v6"], ["--v=5"], ["--v", "5"]]) {
    assert.equal(told("some", ...words), "kuberc: using entry 2 (kubectl.config.k8s.io/v1beta1) in /some\n", words.join(" "));
    assert.equal(told("none", ...words), "kuberc: no preferences found in /none\n");
  }
  for (const words of [[], ["-v=4"], ["--", "-v=5"]]) assert.equal(told("some", ...words), "");
});
