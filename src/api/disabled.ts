/**
 * Fields of features that upstream has switched off by default: a write loses them without a word, as there, unless the object
 * had them before. Nothing is accepted and ignored.
 */
import { type Embed, type Field, isEmbed, type Schema, type Struct } from "./schema.ts";

/** Changes `object` in place. */
export function dropDisabled(schema: Struct, object: object, old: object | undefined): void {
  if (!concerns(schema)) return;
  const before = new Set<Field>();
  if (old) walk(schema, old, (_, field) => before.add(field));
  walk(schema, object, (holder, field) => {
    if (!before.has(field)) delete holder[field.name];
  });
}

type Visit = (holder: Record<string, unknown>, field: Field) => void;

function walk(schema: Schema, value: unknown, visit: Visit): void {
  if (typeof value !== "object" || value === null || !concerns(schema)) return;
  switch (schema.type) {
    case "list":
      for (const item of value as unknown[]) walk(schema.of, item, visit);
      return;
    case "map":
      for (const item of Object.values(value)) walk(schema.of, item, visit);
      return;
    case "struct":
      for (const [name, held] of Object.entries(value)) {
        const field = schema.fields.get(name);
        if (!field || held === undefined) continue;
        if (field.disabled) visit(value as Record<string, unknown>, field);
        else walk(field.schema, held, visit);
      }
  }
}

const known = new WeakMap<Schema, boolean>();

/** Whether such a field stands anywhere in a schema: nearly none has one. */
function concerns(schema: Schema): boolean {
  if (schema.type === "scalar") return false;
  if (schema.type !== "struct") return concerns(schema.of);
  const found = known.get(schema);
  if (found !== undefined) return found;
  // A schema that holds itself: what it holds besides decides.
  known.set(schema, false);
  const is = schema.members.some((member: Field | Embed) =>
    isEmbed(member) ? concerns(member.embed) : member.disabled === true || concerns(member.schema),
  );
  known.set(schema, is);
  return is;
}
