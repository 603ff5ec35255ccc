/** What a declaration says to a strategic merge. */
import { PatchError, type PatchLookup, patchMeta } from "#codec/mod.ts";
import type { Schema } from "./schema.ts";

const lookups = new WeakMap<Schema, PatchLookup>();

/** Undefined for what is no struct and no map: free JSON, of which nothing is known. */
export function patchLookup(schema: Schema | undefined): PatchLookup | undefined {
  if (schema?.type !== "struct" && schema?.type !== "map") return undefined;
  let lookup = lookups.get(schema);
  if (!lookup) {
    lookup = { field: (name) => fieldOf(schema, name) };
    lookups.set(schema, lookup);
  }
  return lookup;
}

function fieldOf(schema: Schema & { type: "struct" | "map" }, name: string) {
  if (schema.type === "map") return patchMeta(undefined, undefined, patchLookup(elementOf(schema.of)));
  const field = schema.fields.get(name);
  if (!field)
    throw new PatchError(
      "internal",
      `unable to find api field in struct ${schema.name.slice(schema.name.lastIndexOf(".") + 1)} for the json field ${JSON.stringify(name)}`,
    );
  return patchMeta(field.patchStrategy, field.patchMergeKey, patchLookup(elementOf(field.schema)));
}

const elementOf = (schema: Schema): Schema => (schema.type === "list" ? schema.of : schema);
