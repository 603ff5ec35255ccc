import assert from "node:assert/strict";
import { test } from "node:test";
import { bool, Flags, list, parseDuration, parseFlags, text } from "./flags.ts";

const specs = [
  bool("stdin|i", ""),
  bool("tty|t", ""),
  bool("all-namespaces|A", ""),
  text("output|o", ""),
  text("dry-run", "", "none", { bare: "unchanged" }),
  list("filename|f", ""),
];
const parse = (...argv: string[]) => {
  const flags = new Flags(specs);
  return { flags, ...parseFlags(argv, specs, flags) };
};

test("flags take kubectl's forms", () => {
  const { flags, args } = parse("-it", "-ojson", "pods", "--all-namespaces=false", "--dry-run", "x", "-f", "a,b", "-f=c");
  assert.deepEqual(args, ["pods", "x"]);
  assert.equal(flags.bool("stdin") && flags.bool("tty"), true);
  assert.equal(flags.text("output"), "json");
  assert.equal(flags.bool("all-namespaces"), false);
  assert.equal(flags.text("dry-run"), "unchanged");
  assert.deepEqual(flags.list("filename"), ["a", "b", "c"]);
});

test("words behind -- are arguments, and where they began is known", () => {
  const { args, dash } = parse("pod", "-i", "--", "sh", "-c", "x");
  assert.deepEqual([args, dash], [["pod", "sh", "-c", "x"], 1]);
});

test("flag errors carry pflag's words", () => {
  const table: [string[], RegExp][] = [
    [["--foo"], /^unknown flag: --foo$/],
    [["-z"], /^unknown shorthand flag: 'z' in -z$/],
    [["-o"], /^flag needs an argument: 'o' in -o$/],
    [["--output"], /^flag needs an argument: --output$/],
    [["-A=x"], /^invalid argument "x" for "-A, --all-namespaces" flag: strconv.ParseBool: parsing "x": invalid syntax$/],
  ];
  for (const [argv, message] of table) assert.throws(() => parse(...argv), { message });
});

test("durations are Go's", () => {
  assert.deepEqual(["1h30m", "1.5s", "0", "-1s", "5", "x"].map(parseDuration), [5_400_000, 1500, 0, -1000, undefined, undefined]);
});
