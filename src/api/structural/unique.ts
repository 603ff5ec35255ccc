/** Lists that are sets, or maps by their keys: what is in them twice. */
import { goJson } from "#codec/mod.ts";
import type { Problems } from "../checks/problems.ts";
import type { Structural } from "./structural.ts";

type Json = Record<string, unknown>;

export function checkUnique(schema: Structural, object: Json, problems: Problems, path = ""): void {
  const { properties, additional } = schema;
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (typeof value !== "object" || value === null) continue;
    if (typeof additional === "object") checkValue(additional, value, problems, `${path}[${key}]`);
    const own = properties?.get(key);
    if (own) checkValue(own, value, problems, path ? `${path}.${key}` : key);
  }
}

function checkValue(schema: Structural, value: object, problems: Problems, path: string): void {
  if (!Array.isArray(value)) return checkUnique(schema, value as Json, problems, path);
  if (schema.listType === "set") for (const i of twice(value)) problems.duplicate(`${path}[${i}]`, value[i]);
  else if (schema.listType === "map") checkKeyed(schema, value, problems, path);
  const { items } = schema;
  if (items)
    value.forEach((item, i) => {
      if (typeof item === "object" && item !== null) checkValue(items, item, problems, `${path}[${i}]`);
    });
}

function checkKeyed({ listKeys }: Structural, list: unknown[], problems: Problems, path: string): void {
  const odd = list.findIndex((item) => item !== null && (typeof item !== "object" || Array.isArray(item)));
  if (odd >= 0) return problems.invalid(`${path}[${odd}]`, list[odd], "must be an object for an array of list-type map");
  const keys = list.map((item) => {
    const key: Json = {};
    for (const name of listKeys) if (item !== null && Object.hasOwn(item as Json, name)) key[name] = (item as Json)[name];
    return key;
  });
  for (const i of twice(keys)) problems.duplicate(`${path}[${i}]`, keys[i]);
}

/** The second of each that there is more than one of. */
function twice(list: readonly unknown[]): number[] {
  if (list.length <= 1) return [];
  const seen = new Map<unknown, number>();
  const out: number[] = [];
  for (const [i, item] of list.entries()) {
    const id = typeof item === "object" && item !== null ? goJson(item) : typeof item === "string" ? `"${item}` : item;
    const times = seen.get(id) ?? 0;
    seen.set(id, times + 1);
    if (times === 1) out.push(i);
  }
  return out;
}
