/** Copies of what is stored, for those who may write into them: as deep as the schema says. */
import { copyJson } from "./copy-json.ts";
import type { Schema } from "./schema.ts";

/** Free JSON is taken as a value: nobody writes into it, and what is known of it (sets of fields) is kept beside it. */
export function copierOf(schema: Schema): (value: unknown) => unknown {
  if (!holdsFreeJson(schema, new Set())) return copyJson;
  const of = () => (schema.type === "list" || schema.type === "map" ? copierOf(schema.of) : copyJson);
  if (schema.type === "list") {
    const copy = of();
    return (value) => (value as unknown[]).map(copy);
  }
  if (schema.type === "map") {
    const copy = of();
    return (value) => Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, copy(item)]));
  }
  if (schema.type === "scalar") return schema.kind === "either" ? copyJson : (value) => value;
  let copiers: Map<string, (value: unknown) => unknown> | undefined;
  return (value) => {
    copiers ??= new Map([...schema.fields.values()].map((field) => [field.name, copierOf(field.schema)]));
    const out: Record<string, unknown> = {};
    for (const key of Object.keys(value as object)) {
      const item = (value as Record<string, unknown>)[key];
      out[key] = typeof item === "object" && item !== null ? (copiers.get(key) ?? copyJson)(item) : item;
    }
    return out;
  };
}

function holdsFreeJson(schema: Schema, seen: Set<Schema>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  if (schema.type === "scalar") return schema.kind === "raw" || schema.kind === "json" || schema.kind === "either";
  if (schema.type !== "struct") return holdsFreeJson(schema.of, seen);
  return [...schema.fields.values()].some((field) => holdsFreeJson(field.schema, seen));
}
