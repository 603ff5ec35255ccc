/** Rules over schemas: upstream-schemas.jsonl was recorded from upstream's CustomResourceDefinitions, and ours must say the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compile, environment, knownSizeOf, optional, optionalOf, type StructuralSchema, schemaType } from "./mod.ts";

interface Recorded {
  schema: StructuralSchema;
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
  const { schema, root, rule, self, old, issues, max, cost, holds } = JSON.parse(line) as Recorded;
  test(`as upstream: ${rule}`, () => {
    const type = schemaType(schema, { isRoot: root, name: "selfType" })!;
    const compiled = compile(rule, environment({ variables: { self: type.type, oldSelf: type.type } }));
    assert.equal(compiled.issues, issues);
    if (!compiled.ok) return;
    const estimated = compiled.ok.estimate(knownSizeOf(type)).max;
    assert.ok(Math.abs(estimated - max!) <= max! * 1e-12, `estimate ${estimated}, not ${max}`);
    if (cost === undefined) return;
    const outcome = compiled.ok.evaluate({ self: type.view(self), ...(old !== undefined && { oldSelf: type.view(old) }) });
    assert.deepEqual(outcome, { value: holds, cost });
  });
}

test("what needs no view is handed out as it came in", () => {
  const type = schemaType({ type: "object", properties: { a: { type: "string" }, l: { type: "array", items: { type: "integer" } } } })!;
  assert.ok(type.isPlain);
  const self = { a: "x", l: [1] };
  assert.equal(type.view(self), self);
});

test("an old value that is optional: `optionalOldSelf`", () => {
  const type = schemaType({ type: "object", properties: { a: { type: "integer" } } })!;
  const env = environment({ variables: { self: type.type, oldSelf: optionalOf(type.type) } });
  const rule = compile("!oldSelf.hasValue() || oldSelf.value().a <= self.a", env).ok!;
  const holds = (old?: unknown) => rule.evaluate({ self: { a: 2 }, oldSelf: optional(old) });
  assert.deepEqual(
    [holds(), holds({ a: 1 }), holds({ a: 3 })].map((outcome) => outcome.fault ?? outcome.value),
    [true, true, false],
  );
});
