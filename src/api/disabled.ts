/**
 * Fields of features that upstream has switched off by default: a write loses them without a word, as there, unless the object
 * had them before. Nothing is accepted and ignored.
 */
import type { Field, Schema, Struct } from "./schema.ts";

/** Changes `object` in place. */
export function dropDisabled(schema: Struct, object: object, old: object | undefined): void {
  let before: Set<Field> | undefined;
  visit(schema, object, (holder, field) => {
    before ??= setOf(schema, old);
    if (!before.has(field)) delete holder[field.name];
  });
}

function setOf(schema: Struct, object: object | undefined): Set<Field> {
  const found = new Set<Field>();
  visit(schema, object, (_, field) => found.add(field));
  return found;
}

type Visit = (holder: Record<string, unknown>, field: Field) => void;

/** Goes only where such a field can stand: every write passes here, and nearly none has one. */
function visit(schema: Schema, value: unknown, run: Visit): void {
  if (typeof value !== "object" || value === null) return;
  if (schema.type === "list") {
    if (waysOf(schema.of)) for (const item of value as unknown[]) visit(schema.of, item, run);
  } else if (schema.type === "map") {
    if (waysOf(schema.of)) for (const item of Object.values(value)) visit(schema.of, item, run);
  } else if (schema.type === "struct") {
    for (const field of waysOf(schema) ?? []) {
      const held = (value as Record<string, unknown>)[field.name];
      if (held === undefined || held === null) continue;
      if (field.disabled) run(value as Record<string, unknown>, field);
      else {
        const before = Object.keys(held as object).length;
        visit(field.schema, held, run);
        if (field.goesEmptied && before > 0 && Object.keys(held as object).length === 0)
          delete (value as Record<string, unknown>)[field.name];
      }
    }
  }
}

const known = new WeakMap<Schema, readonly Field[] | undefined>();

/** The fields of a schema that are switched off, or that lead to one; undefined: none. */
function waysOf(schema: Schema): readonly Field[] | undefined {
  if (schema.type === "scalar") return undefined;
  if (schema.type !== "struct") return waysOf(schema.of);
  if (known.has(schema)) return known.get(schema);
  // A schema that holds itself: what it holds besides decides.
  known.set(schema, undefined);
  const ways = [...schema.fields.values()].filter((field) => field.disabled || waysOf(field.schema));
  const found = ways.length > 0 ? ways : undefined;
  known.set(schema, found);
  return found;
}
