/**
 * Fields of features that upstream has switched off by default: a write loses them without a word, as there, unless the object
 * had them before. Nothing is accepted and ignored.
 */
import { walkOf } from "./field-walk.ts";
import type { Field, Struct } from "./schema.ts";

const walk = walkOf(({ disabled }) => disabled === true);

/** Changes `object` in place. */
export function dropDisabled(schema: Struct, object: object, old: object | undefined): void {
  let before: Set<Field> | undefined;
  walk(schema, object, {
    at(holder, field) {
      before ??= setOf(schema, old);
      if (!before.has(field)) delete holder[field.name];
    },
    after(holder, { name, goesEmptied }, members) {
      if (goesEmptied && members > 0 && Object.keys(holder[name] as object).length === 0) delete holder[name];
    },
  });
}

function setOf(schema: Struct, object: object | undefined): Set<Field> {
  const found = new Set<Field>();
  if (object) walk(schema, object, { at: (_, field) => found.add(field) });
  return found;
}
