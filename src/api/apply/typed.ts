/** Whether an applied configuration has the fields and types of its schema: the first value that has not, in the words of upstream's merge library. */
import type { Schema, Struct } from "../schema.ts";
import { printedElement } from "./merge.ts";
import { elementName, type Shape } from "./shape.ts";
import { shapeOf } from "./shape-of.ts";

export function firstWrongType(schema: Struct, applied: object): string | undefined {
  return wrongIn(schema, shapeOf(schema), applied, "");
}

function wrongIn(schema: Schema, shape: Shape, value: unknown, path: string): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (schema.type === "scalar") return wrongScalar(schema.kind, value, path);
  if (schema.type === "list") {
    if (!Array.isArray(value)) return `${path}: expected list, got &{${plain(value)}}`;
    return first(value, (item, i) => {
      const element = elementName(shape, item);
      return wrongIn(schema.of, shape.kind === "keyed" ? shape.of : leaf, item, path + (element ? printedElement(element) : `[${i}]`));
    });
  }
  if (typeof value !== "object" || Array.isArray(value)) return `${path}: expected map, got &{${plain(value)}}`;
  return first(Object.entries(value), ([key, item]) => {
    if (schema.type === "map") return wrongIn(schema.of, shapeOf(schema.of), item, `${path}.${key}`);
    const field = schema.fields.get(key);
    if (!field) return `${path}.${key}: field not declared in schema`;
    return wrongIn(field.schema, shapeOf(field.schema, field), item, `${path}.${key}`);
  });
}

const leaf: Shape = { kind: "leaf" };

function first<T>(items: readonly T[], test: (item: T, i: number) => string | undefined): string | undefined {
  for (const [i, item] of items.entries()) {
    const found = test(item, i);
    if (found) return found;
  }
  return undefined;
}

function wrongScalar(kind: string, value: unknown, path: string): string | undefined {
  switch (kind) {
    case "int32":
    case "int64":
    case "double":
      if (typeof value === "number" || typeof value === "bigint") return undefined;
      return `${path}: expected numeric (int or float), got ${goType(value)}`;
    case "bool":
      return typeof value === "boolean" ? undefined : `${path}: expected boolean, got &{${plain(value)}}`;
    case "quantity":
    case "intOrString":
      return typeof value === "object" ? `${path}: expected any scalar, got &{${plain(value)}}` : undefined;
    case "raw":
    case "json":
    case "either":
      return undefined;
    default:
      return typeof value === "string" ? undefined : `${path}: expected string, got &value.valueUnstructured{Value:${syntax(value)}}`;
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  return typeof value === "string" ? "string" : typeof value === "boolean" ? "bool" : "map[string]interface {}";
}

const entriesOf = (value: object) => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

/** Go's %v. */
function plain(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(plain).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  return `map[${entriesOf(value)
    .map(([key, item]) => `${key}:${plain(item)}`)
    .join(" ")}]`;
}

/** Go's %#v. */
function syntax(value: unknown): string {
  if (value === null) return "interface {}(nil)";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(syntax).join(", ")}}`;
  return `map[string]interface {}{${entriesOf(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${syntax(item)}`)
    .join(", ")}}`;
}
