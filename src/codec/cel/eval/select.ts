/** What `.name` and `[key]` find in a value, and cel-go's words for what they do not find. */
import type { Value } from "../declare.ts";
import { formatDouble } from "../functions/conversions.ts";
import { CelObject, Double, Fault, isList, isMap, type ListValue, mapGet, typeNameOf, Uint } from "../value.ts";

/** Undefined when it is not there. Faults for keys that such a value never has. */
export function find(of: Value, key: Value): Value {
  if (typeof of !== "object" || of === null) return undefined;
  if (isList(of)) return element(of, key);
  if (of instanceof CelObject) return typeof key === "string" ? of.get(key) : undefined;
  return isMap(of) ? mapGet(of, key) : undefined;
}

/** As `find`, for the usual case: a field of an object. `isOwn`: names that every object has are looked for as its own only. */
export function findField(of: Value, name: string, isOwn: boolean): Value {
  if (typeof of === "object" && of !== null && Object.getPrototypeOf(of) === Object.prototype)
    return isOwn && !Object.hasOwn(of, name) ? undefined : (of as Record<string, Value>)[name];
  return find(of, name);
}

/** Whether reading it of any object may find what is not its own: `constructor`, `toString`. */
export const isInherited = (name: string): boolean => name in Object.prototype;

export function get(of: Value, key: Value): Value {
  const found = find(of, key);
  if (found !== undefined) return found;
  if (isList(of)) throw new Fault(`index out of bounds: ${shown(key)}`);
  throw new Fault(`no such key: ${shown(key)}`);
}

export function has(of: Value, name: string): boolean {
  return of instanceof CelObject ? of.has(name) : findField(of, name, true) !== undefined;
}

function element(list: ListValue, key: Value): Value {
  const index = typeof key === "number" ? key : key instanceof Double ? key.value : key instanceof Uint ? Number(key.value) : undefined;
  if (index === undefined) {
    if (typeof key === "bigint") return undefined;
    throw new Fault(`unsupported index type '${typeNameOf(key)}' in list`);
  }
  if (!Number.isInteger(index)) throw new Fault(`unsupported index value ${formatDouble(index)} in list`);
  return index < 0 || index >= list.length ? undefined : list.at(index);
}

const shown = (key: Value): string =>
  key instanceof Uint || key instanceof Double ? String(key.value) : typeof key === "number" ? formatDouble(key) : String(key);
