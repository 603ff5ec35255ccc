/** Members in the order of their declarations: how upstream prints objects that it made or read by its own types. */
import { builtInKinds, type schema } from "#api/mod.ts";
import type { KObject } from "./values.ts";

type Value = unknown;

/** The object with its members reordered; of kinds that are not built in, the object itself. */
export function inDeclaredOrder<T extends KObject>(object: T): T {
  const kind = builtInKinds.find((each) => each.apiVersion === object.apiVersion && each.kind === object.kind);
  return kind ? (ordered(object, kind.schema) as T) : object;
}

function ordered(value: Value, form: schema.Schema): Value {
  if (value === null || typeof value !== "object") return value;
  if (form.type === "list") return Array.isArray(value) ? value.map((item) => ordered(item, form.of)) : value;
  const entries = Object.entries(value);
  if (form.type === "map") {
    const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([key, item]) => [key, ordered(item, form.of)]));
  }
  if (form.type !== "struct") return value;
  const known = new Map(entries);
  const names = [...(form.isKind ? ["kind"] : []), ...form.fields.keys()];
  const inOrder = new Map<string, Value>();
  for (const name of [...names, ...known.keys()]) {
    const field = form.fields.get(name);
    if (known.has(name) && !inOrder.has(name)) inOrder.set(name, field ? ordered(known.get(name), field.schema) : known.get(name));
  }
  return Object.fromEntries(inOrder);
}
