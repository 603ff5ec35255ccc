/**
 * Reads an object of a custom kind: what its schema does not know is left out and named, everything else is kept as it was
 * sent, in its order. The metadata is upstream's own type and is read as one.
 */
import { setKey } from "#codec/mod.ts";
import { copyJson } from "./copy-json.ts";
import { ObjectMeta } from "./meta/object-meta.ts";
import type { Field, Schema, Struct } from "./schema.ts";
import type { Trail } from "./trail.ts";

type ReadGo = (schema: Struct) => (value: unknown, trail: Trail) => unknown;

export function readStructural(schema: Struct, value: Record<string, unknown>, trail: Trail, goReader: ReadGo): Record<string, unknown> {
  const { metadata, ...rest } = value;
  const read = readMembers(schema, rest, trail);
  if (metadata === undefined || metadata === null) return read;
  trail.steps[trail.depth++] = { name: "metadata", owner: schema.name.slice(schema.name.lastIndexOf(".") + 1), embeds: [] };
  const meta = goReader(ObjectMeta as Struct)(metadata, trail);
  trail.depth--;
  const { apiVersion, kind, ...own } = read;
  return { ...(apiVersion === undefined ? {} : { apiVersion }), ...(kind === undefined ? {} : { kind }), metadata: meta, ...own };
}

function readMembers(schema: Struct, value: Record<string, unknown>, trail: Trail): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field = schema.fields.get(key);
    const item = value[key];
    if (!field) {
      if (schema.unknown === "keep") setKey(out, key, copyJson(item));
      else trail.unknown.push(trail.path(key));
    } else if (item !== null) {
      trail.steps[trail.depth++] = key;
      setKey(out, key, readValue(field.schema, item, trail));
      trail.depth--;
    } else if (keepsNull(field)) setKey(out, key, null);
  }
  return out;
}

/** Null where it may not be stands for absence when there is a default to put in its place; else validation refuses it. */
const keepsNull = ({ nullable, default: other }: Field) => nullable === true || other === undefined;

function readValue(schema: Schema, value: unknown, trail: Trail): unknown {
  switch (schema.type) {
    case "struct":
      return isObject(value) ? readMembers(schema, value, trail) : copyJson(value);
    case "list":
      return Array.isArray(value) ? value.map((item, index) => at(index, trail, () => readValue(schema.of, item, trail))) : copyJson(value);
    case "map": {
      if (!isObject(value)) return copyJson(value);
      const out: Record<string, unknown> = {};
      for (const key of Object.keys(value))
        setKey(
          out,
          key,
          at(key, trail, () => readValue(schema.of, value[key], trail)),
        );
      return out;
    }
    case "scalar":
      return copyJson(value);
  }
}

function at<T>(step: string | number, trail: Trail, read: () => T): T {
  trail.steps[trail.depth++] = step;
  const made = read();
  trail.depth--;
  return made;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
