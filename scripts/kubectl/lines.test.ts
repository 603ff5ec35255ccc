import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { reasonsOf } from "../../tests/kubectl/compare.ts";
import { sections } from "../../tests/kubectl/lines.ts";

test("the tables make thousands of command lines that change nothing", () => {
  const lines = sections().flatMap(({ lines }) => lines);
  assert.ok(lines.length >= 1200, `${lines.length}`);
  const changing = /^(apply|create|delete|patch|label|annotate|scale|autoscale|expose|set|replace|rollout undo) /;
  const harmless = /--dry-run=|--local|--list|^create (\S+|token .*)$|^apply view|app=other|bad=|^delete \S+ nope /;
  assert.deepEqual(
    lines.map((words) => words.join(" ")).filter((line) => changing.test(line) && !harmless.test(line)),
    [],
  );
});

test("every known difference has its reason", () => {
  for (const { why } of reasonsOf(join(import.meta.dirname, "../.."))) assert.ok(why);
});
