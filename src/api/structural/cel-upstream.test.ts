/** Rules over schemas: upstream-schemas.jsonl was recorded from upstream's CustomResourceDefinitions, and ours must say the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compile, environment } from "#codec/cel/mod.ts";
import { declaredOf, sizeAt } from "./cel-types.ts";
import { Values } from "./cel-values.ts";
import { structuralOf } from "./structural.ts";

interface Recorded {
  schema: Parameters<typeof structuralOf>[0];
  root?: boolean;
  rule: string;
  self?: unknown;
  old?: unknown;
  issues?: string;
  max?: number;
  cost?: number;
  holds?: boolean;
}

const lines = readFileSync(join(import.meta.dirname, "upstream-schemas.jsonl"), "utf8")
  .trim()
  .split("\n");

for (const line of lines) {
  const { schema, root = false, rule, self, old, issues, max, cost, holds } = JSON.parse(line) as Recorded;
  test(`as upstream: ${rule}`, () => {
    const structural = structuralOf(schema);
    const declared = declaredOf(structural, root)!;
    const compiled = compile(rule, environment({ variables: { self: declared.type, oldSelf: declared.type } }));
    assert.equal(compiled.issues, issues);
    if (!compiled.ok) return;
    const estimated = compiled.ok.estimate((path) => sizeAt(declared, path)).max;
    assert.ok(Math.abs(estimated - max!) <= max! * 1e-12, `estimate ${estimated}, not ${max}`);
    if (cost === undefined) return;
    const values = new Values();
    const bound = { self: values.of(structural, self, root), ...(old !== undefined && { oldSelf: values.of(structural, old, root) }) };
    assert.deepEqual(compiled.ok.evaluate(bound), { value: holds, cost });
  });
}
