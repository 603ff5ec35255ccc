/** What Kubernetes v1.36 says to an expression: upstream.jsonl was recorded from it, a line each, and ours must say the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { authorizerType, compile, dynType, environment, formatType, intType, listOf, mapOf, stringType } from "./mod.ts";

interface Recorded {
  expr: string;
  vars?: Record<string, unknown>;
  /** Why it does not compile; all else is of those that do. */
  issues?: string;
  type: string;
  min: number;
  max: number;
  fault?: string;
  /** Of scalars. */
  value?: string;
  cost?: number;
}

const lines = readFileSync(join(import.meta.dirname, "upstream.jsonl"), "utf8")
  .trim()
  .split("\n");
const any = Object.fromEntries(["object", "self", "oldObject", "params", "x"].map((name) => [name, dynType]));
const env = environment({
  variables: {
    ...any,
    ...{
      strs: listOf(stringType),
      ints: listOf(intType),
      s: stringType,
      i: intType,
      m: mapOf(stringType, stringType),
      authorizer: authorizerType,
    },
  },
});

/** Estimates beyond 2^53 are numbers here, and 64 bits there. */
const near = (ours: number, theirs: number) => Math.abs(ours - theirs) <= theirs * 1e-12;

function differences({ expr, vars = {}, issues, ...wanted }: Recorded): string[] {
  const compiled = compile(expr, env);
  if (!compiled.ok) return compiled.issues === issues ? [] : [compiled.issues];
  if (issues !== undefined) return ["compiles"];
  const found: string[] = [];
  const says = (what: string, ours: unknown, theirs: unknown) => {
    if (ours !== theirs) found.push(`${what} ${String(ours)}, not ${String(theirs)}`);
  };
  says("type", formatType(compiled.ok.resultType), wanted.type);
  const { min, max } = compiled.ok.estimate();
  if (!near(min, wanted.min) || !near(max, wanted.max)) found.push(`estimate ${min} to ${max}, not ${wanted.min} to ${wanted.max}`);
  const outcome = compiled.ok.evaluate(vars);
  says("fault", outcome.fault, wanted.fault);
  if (outcome.fault !== undefined) return found;
  says("cost", outcome.cost, wanted.cost);
  if (wanted.value !== undefined) says("value", String(outcome.value), wanted.value);
  return found;
}

test(`${lines.length} expressions are compiled, estimated, evaluated and charged as upstream does`, () => {
  const wrong = lines.flatMap((line) => {
    const recorded = JSON.parse(line) as Recorded;
    const found = differences(recorded);
    return found.length > 0 ? [`${recorded.expr}: ${found.join("; ")}`] : [];
  });
  assert.deepEqual(wrong, []);
});
