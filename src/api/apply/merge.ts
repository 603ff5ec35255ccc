/** Puts an applied configuration over an object, and takes fields out of one. Inputs stay as they are. */
import { setKey } from "#codec/mod.ts";
import { addChild, addMember, type FieldSet, isEmptySet } from "./field-set.ts";
import { elementName, type Shape } from "./shape.ts";

type JsonObject = Record<string, unknown>;

export class TypedError extends Error {
  override name = "TypedError";
}

/** The applied configuration wins. Throws TypedError on an element that it names twice. */
export function mergeApplied(shape: Shape, live: JsonObject, applied: JsonObject): JsonObject {
  return mergeValue(shape, live, applied, "") as JsonObject;
}

function mergeValue(shape: Shape, live: unknown, applied: unknown, path: string): unknown {
  if (applied === undefined) return live;
  if (live === undefined && shape.kind === "leaf") return applied;
  switch (shape.kind) {
    case "leaf":
      return applied;
    case "set":
    case "keyed":
      if (!Array.isArray(applied)) return applied === null && Array.isArray(live) && live.length > 0 ? live : applied;
      return mergeLists(shape, Array.isArray(live) ? live : [], applied, path);
    default: {
      if (!isObject(applied)) return applied === null && isObject(live) && Object.keys(live).length > 0 ? live : applied;
      const out: JsonObject = isObject(live) ? { ...live } : {};
      for (const key of Object.keys(applied)) {
        const field = shape.kind === "struct" ? shape.fields.get(key)?.shape : shape.kind === "map" ? shape.of : shape;
        const value = mergeValue(field ?? { kind: "leaf" }, out[key], applied[key], `${path}.${key}`);
        if (value === null || value === undefined) delete out[key];
        else setKey(out, key, value);
      }
      return out;
    }
  }
}

/** Keeps the live order of what both have; what only the configuration has stands where it says. */
function mergeLists(shape: Shape, live: unknown[], applied: unknown[], path: string): unknown[] {
  const left = live.map((item) => elementName(shape, item));
  const right = applied.map((item) => elementName(shape, item));
  const appliedBy = new Map<string, unknown>();
  for (const [i, element] of right.entries()) {
    if (element === undefined)
      throw new TypedError(`${path}: element ${i}: associative list with keys has an element that omits all key fields`);
    if (appliedBy.has(element)) throw new TypedError(`${path}: duplicate entries for key ${printedElement(element)}`);
    appliedBy.set(element, applied[i]);
  }
  const liveBy = new Map<string, unknown>();
  for (const [i, element] of left.entries()) if (element !== undefined) liveBy.set(element, liveBy.has(element) ? undefined : live[i]);
  const of: Shape = shape.kind === "keyed" ? shape.of : { kind: "leaf" };
  const shared = right.filter((element) => liveBy.has(element!));
  const out: unknown[] = [];
  const merged = new Set<string>();
  let l = 0;
  let r = 0;
  let next = shared.shift();
  const take = (element: string) => {
    merged.add(element);
    out.push(mergeValue(of, liveBy.get(element), appliedBy.get(element), path + printedElement(element)));
  };
  while (l < left.length || r < right.length) {
    if (l < left.length && r < right.length) {
      const element = left[l];
      if (element !== undefined && element === right[r]) {
        take(element);
        l++;
        r++;
        next = shared.shift();
        continue;
      }
      if (element !== undefined && appliedBy.has(element) && next !== undefined && next !== element) {
        l++;
        continue;
      }
    }
    if (l < left.length) {
      const element = left[l];
      if (element === undefined || !appliedBy.has(element)) {
        out.push(live[l++]);
        continue;
      }
      if (merged.has(element)) l++;
    }
    if (r < right.length) {
      const element = right[r++]!;
      take(element);
      if (next === element) next = shared.shift();
    }
  }
  return out;
}

export function printedElement(element: string): string {
  if (element.startsWith("v:")) return `[=${element.slice(2)}]`;
  const keys = Object.entries(JSON.parse(element.slice(2)) as JsonObject);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`;
}

/** The value without these fields; undefined when nothing is left. */
export function removeFields(shape: Shape, value: unknown, fields: FieldSet): unknown {
  if (Array.isArray(value)) {
    if ((shape.kind !== "set" && shape.kind !== "keyed") || value.length === 0) return value;
    const out: unknown[] = [];
    for (const item of value) {
      const element = elementName(shape, item);
      if (element !== undefined && fields.members?.has(element)) continue;
      const below = element === undefined ? undefined : fields.children?.get(element);
      out.push(below && shape.kind === "keyed" ? removeFields(shape.of, item, below) : item);
    }
    return out.length > 0 ? out : undefined;
  }
  if (!isObject(value) || shape.kind === "leaf" || Object.keys(value).length === 0) return value;
  const out: JsonObject = {};
  let kept = false;
  for (const key of Object.keys(value)) {
    const element = `f:${key}`;
    if (fields.members?.has(element)) continue;
    const below = fields.children?.get(element);
    const field = shape.kind === "struct" ? shape.fields.get(key)?.shape : shape.kind === "map" ? shape.of : shape;
    const left = below && !isEmptySet(below) ? removeFields(field ?? { kind: "leaf" }, value[key], below) : value[key];
    kept = true;
    if (left !== undefined) setKey(out, key, left);
  }
  return kept ? out : undefined;
}

/** Structs' named fields that have members below become members themselves. */
export function withNamedFields(shape: Shape, set: FieldSet): FieldSet {
  const out: FieldSet = {};
  if (set.members) out.members = new Set(set.members);
  for (const [element, child] of set.children ?? []) {
    let below: Shape = { kind: "leaf" };
    if (element.startsWith("f:")) {
      const name = element.slice(2);
      if (shape.kind === "struct") {
        const field = shape.fields.get(name);
        if (field) {
          addMember(out, element);
          below = field.shape;
        }
      } else if (shape.kind === "map") below = shape.of;
      else if (shape.kind === "free") below = shape;
    } else if (shape.kind === "keyed") below = shape.of;
    addChild(out, element, withNamedFields(below, child));
  }
  return out;
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
