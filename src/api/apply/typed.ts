/** Whether an applied configuration has the fields and types of its schema: what has not, in the words of upstream's merge library. */
import type { Schema, Struct } from "../schema.ts";
import { printedElement } from "./merge.ts";
import { elementName, type Shape } from "./shape.ts";
import { shapeOf } from "./shape-of.ts";

export function wrongTypes(schema: Struct, applied: object): string | undefined {
  const wrong: string[] = [];
  collect(schema, shapeOf(schema), applied, "", wrong);
  if (wrong.length <= 1) return wrong[0];
  return ["errors:", ...wrong.map((one) => `  ${one}`)].join("\n");
}

function collect(schema: Schema, shape: Shape, value: unknown, path: string, wrong: string[]): void {
  if (value === null || value === undefined) return;
  if (schema.type === "scalar") {
    const found = wrongScalar(schema.kind, value, path);
    if (found) wrong.push(found);
  } else if (schema.type === "list") {
    if (Array.isArray(value)) collectItems(schema.of, shape, value, path, wrong);
    else wrong.push(`${path}: expected list, got &{${plain(value)}}`);
  } else if (typeof value !== "object" || Array.isArray(value)) wrong.push(`${path}: expected map, got &{${plain(value)}}`);
  else if (schema.type === "map") {
    for (const [key, item] of Object.entries(value)) collect(schema.of, shapeOf(schema.of), item, `${path}.${key}`, wrong);
  } else {
    for (const [key, item] of Object.entries(value)) {
      const field = schema.fields.get(key);
      if (field) collect(field.schema, shapeOf(field.schema, field), item, `${path}.${key}`, wrong);
    }
    // The first one ends the walk.
    const unknown = Object.keys(value).find((key) => !schema.fields.has(key));
    if (unknown !== undefined) wrong.push(`${path}.${unknown}: field not declared in schema`);
  }
}

const leaf: Shape = { kind: "leaf" };

function collectItems(of: Schema, shape: Shape, items: readonly unknown[], path: string, wrong: string[]): void {
  const seen = new Set<string>();
  for (const [i, item] of items.entries()) {
    if (shape.kind !== "keyed" && shape.kind !== "set") {
      collect(of, leaf, item, `${path}[${i}]`, wrong);
      continue;
    }
    const why = withoutKey(shape, item);
    if (why) {
      // What has no key has no path: nothing behind it is looked at.
      wrong.push(`${path}: element ${i}: ${why}`);
      return;
    }
    const element = elementName(shape, item)!;
    const printed = printedElement(element);
    if (seen.has(element)) wrong.push(`${path}: duplicate entries for key ${printed}`);
    seen.add(element);
    collect(of, shape.kind === "keyed" ? shape.of : leaf, item, path + printed, wrong);
  }
}

/** Why an item of an associative list cannot be told from others. */
function withoutKey(shape: Shape & { kind: "keyed" | "set" }, item: unknown): string | undefined {
  if (shape.kind === "set") {
    const about = "associative list without keys has an element that's";
    if (item === null) return `${about} an explicit null`;
    if (Array.isArray(item)) return "not supported: associative list with lists as elements";
    return typeof item === "object" ? `${about} a map type` : undefined;
  }
  if (item === null) return "associative list with keys may not have a null element";
  if (typeof item !== "object" || Array.isArray(item)) return "associative list with keys may not have non-map elements";
  if (elementName(shape, item) !== undefined) return undefined;
  const keys = shape.keys.map(({ name }) => JSON.stringify(name)).join(" ");
  return `associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`;
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
    case "time":
    case "microTime":
      return typeof value === "object" ? `${path}: expected any scalar, got &{${plain(value)}}` : undefined;
    case "intOrString":
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
