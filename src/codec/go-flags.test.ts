import assert from "node:assert/strict";
import { test } from "node:test";
import { flagLines, flagWords, readFlagTable } from "./go-flags.ts";

const table = {
  port: ["int", 1],
  name: ["text", undefined],
  on: ["bool", false],
  many: ["list", ["a"]],
  files: ["array", undefined],
  gates: ["map", undefined],
  claim: ["pairs", undefined],
  v: ["int", 0],
} as const;
const read = (...words: string[]) =>
  readFlagTable(
    table,
    flagWords(words, (name) => (Object.hasOwn(table, name) ? table[name as keyof typeof table][0] : undefined)),
  );

test("a value follows its flag or stands behind =, and a switch needs none", () => {
  const { given, ...values } = read(
    "--port",
    "7",
    "--name=a=b",
    "--on",
    "--many=x,y",
    "--many",
    "z",
    "--files=a,b",
    "--files=c",
    "-v",
    "4",
  );
  assert.deepEqual(values, {
    port: 7,
    name: "a=b",
    on: true,
    many: ["x", "y", "z"],
    files: ["a,b", "c"],
    gates: undefined,
    claim: undefined,
    v: 4,
  });
  assert.deepEqual([...given], ["port", "name", "on", "many", "files", "v"]);
  assert.equal(read("-v5").v, 5);
  assert.equal(read("--v=6", "--on=false").v, 6);
  assert.deepEqual(read("--gates=A=true,B=false").gates, { A: "true", B: "false" });
  assert.deepEqual(read("--claim=a=b,c", "--claim=d=").claim, { a: "b,c", d: "" });
});

test("what is wrong is said as upstream says it", () => {
  for (const [words, message] of [
    [["--nothing"], "unknown flag: --nothing"],
    [["word"], 'unknown command "word"'],
    [["-x"], "unknown shorthand flag: 'x' in -x"],
    [["--port"], "flag needs an argument: --port"],
    [["--port=x"], 'invalid argument "x" for "--port" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    [["--gates=A"], 'invalid argument "A" for "--gates" flag: malformed pair, expect string=string'],
  ] as const)
    assert.throws(() => read(...words), { message });
});

test("help begins a line with each flag", () => {
  assert.deepEqual(flagLines(table), [
    "      --claim mapStringString",
    "      --files stringArray",
    "      --gates mapStringString",
    "      --many strings",
    "      --name string",
    "      --on",
    "      --port int",
  ]);
});
