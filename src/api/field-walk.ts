/** A walk to marked fields of objects that goes only where one can stand: every write passes here, and nearly no kind has one. */
import type { Field, Schema, Struct } from "./schema.ts";

export interface Visitor {
  /** A marked field that is there. */
  at(holder: Record<string, unknown>, field: Field): void;
  /** After all that stands below a field which is not marked itself. `members`: how many it had before. */
  after?(holder: Record<string, unknown>, field: Field, members: number): void;
}

export type Walk = (schema: Struct, object: object, visitor: Visitor) => void;

/** `isMarked` must answer the same for a field always. */
export function walkOf(isMarked: (field: Field) => boolean): Walk {
  const known = new WeakMap<Schema, readonly Field[] | undefined>();

  /** The fields of a schema that are marked, or that lead to one; undefined: none. */
  function waysOf(schema: Schema): readonly Field[] | undefined {
    if (schema.type === "scalar") return undefined;
    if (schema.type !== "struct") return waysOf(schema.of);
    if (known.has(schema)) return known.get(schema);
    // A schema that holds itself: what it holds besides decides.
    known.set(schema, undefined);
    const ways = [...schema.fields.values()].filter((field) => isMarked(field) || waysOf(field.schema));
    const found = ways.length > 0 ? ways : undefined;
    known.set(schema, found);
    return found;
  }

  function visit(schema: Schema, value: unknown, visitor: Visitor): void {
    if (typeof value !== "object" || value === null) return;
    if (schema.type === "list" || schema.type === "map") {
      if (waysOf(schema.of)) for (const item of Object.values(value)) visit(schema.of, item, visitor);
      return;
    }
    if (schema.type !== "struct") return;
    const holder = value as Record<string, unknown>;
    for (const field of waysOf(schema) ?? []) {
      const held = holder[field.name];
      if (held === undefined || held === null) continue;
      if (isMarked(field)) {
        visitor.at(holder, field);
        continue;
      }
      const members = Object.keys(held as object).length;
      visit(field.schema, held, visitor);
      visitor.after?.(holder, field, members);
    }
  }

  return visit;
}
