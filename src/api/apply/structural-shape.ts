/** How server-side apply sees an object of a custom kind, by the list and map types of its definition. */
import type { Structural } from "../structural/structural.ts";
import type { Shape, ShapeField } from "./shape.ts";

const leaf: Shape = { kind: "leaf" };
const free: Shape = { kind: "free" };
const nothing = Object.freeze({});

/** `meta`: of the metadata, which every object has. */
export function structuralShape(schema: Structural, meta: Shape): Shape {
  const own = [...membersOf(schema), plain("apiVersion", leaf), plain("kind", leaf), { name: "metadata", shape: meta, zero: nothing }];
  return structOf(own, schema.preserves);
}

const plain = (name: string, shape: Shape): ShapeField => ({ name, shape, zero: undefined });

/** Members that nobody declared are free JSON, each of them. */
class OpenFields extends Map<string, ShapeField> {
  override get(name: string): ShapeField {
    return super.get(name) ?? plain(name, free);
  }
  override has(): boolean {
    return true;
  }
}

function structOf(fields: readonly ShapeField[], isOpen: boolean): Shape {
  const entries = fields.map((field): [string, ShapeField] => [field.name, field]);
  return { kind: "struct", fields: isOpen ? new OpenFields(entries) : new Map(entries), filled: fields.filter(({ zero }) => zero) };
}

function shapeOfSchema(schema: Structural): Shape {
  const { type, items, additional, mapType, listType, preserves, properties } = schema;
  if (type === "array") {
    if (listType === "set") return { kind: "set" };
    if (listType !== "map" || !items) return leaf;
    const keys = schema.listKeys.toSorted().map((name) => ({ name, fallback: items.properties?.get(name)?.default }));
    return { kind: "keyed", of: shapeOfSchema(items), keys };
  }
  if (mapType === "atomic") return leaf;
  if (properties) return structOf(membersOf(schema), preserves);
  if (typeof additional === "object") return { kind: "map", of: shapeOfSchema(additional) };
  if (preserves) return free;
  if (type === "object") return additional === undefined ? structOf([], false) : { kind: "map", of: free };
  return leaf;
}

function membersOf({ properties, embedded }: Structural): ShapeField[] {
  const own = [...(properties ?? [])].map(([name, schema]) => plain(name, shapeOfSchema(schema)));
  if (!embedded) return own;
  const given = new Set(own.map(({ name }) => name));
  const more = ["apiVersion", "kind", "metadata"].filter((name) => !given.has(name));
  return [...own, ...more.map((name) => plain(name, name === "metadata" ? free : leaf))];
}
