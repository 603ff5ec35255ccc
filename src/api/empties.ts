/**
 * Lists and maps that were given empty. Most count as absent from the start; where upstream tells the two apart (who owns the field, what a
 * message shows) the declaration says `keepsEmpty`, and they are there until the object is stored: its form in the store has none.
 */
import { walkOf } from "./field-walk.ts";
import type { Struct } from "./schema.ts";

const walk = walkOf(({ keepsEmpty }) => keepsEmpty === true);

/** Changes `object` in place. */
export function dropEmpties(schema: Struct, object: object): void {
  walk(schema, object, {
    at(holder, { name, always }) {
      if (Object.keys(holder[name] as object).length > 0) return;
      if (always) holder[name] = null;
      else delete holder[name];
    },
  });
}

/**
 * Of an object that was read: which of its lists and maps were given empty. They are none of it, but where upstream prints an object in a
 * message it tells the two apart. A symbol holds their names: neither JSON nor comparisons see it, and `{ ...copies }` keep it.
 */
const names = Symbol("given empty");

interface Marked {
  [names]?: Set<string>;
}

export function noteGivenEmpty(holder: object, name: string): void {
  const known = (holder as Marked)[names];
  if (known) known.add(name);
  else (holder as Marked)[names] = new Set([name]);
}

export const wasGivenEmpty = (holder: object, name: string): boolean => (holder as Marked)[names]?.has(name) === true;
