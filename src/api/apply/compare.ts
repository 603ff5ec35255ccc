/** Which fields an object has, and which of them a write added, changed or removed. */
import { sameJson } from "#codec/mod.ts";
import { addChild, addMember, type FieldSet, isEmptySet } from "./field-set.ts";
import { elementName, isSaid, type Shape, wholeValue } from "./shape.ts";

export interface Delta {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

type JsonObject = Record<string, unknown>;

export function isSame({ added, modified, removed }: Delta): boolean {
  return isEmptySet(added) && isEmptySet(modified) && isEmptySet(removed);
}

/** Undefined stands for an object of which nothing was said yet. */
export function compareObjects(shape: Shape, from: JsonObject | undefined, to: JsonObject): Delta {
  const delta: Delta = { added: {}, modified: {}, removed: {} };
  compareMembers(shape, from ?? {}, to, delta);
  return delta;
}

function compareMembers(shape: Shape, from: JsonObject, to: JsonObject, delta: Delta): void {
  if (shape.kind !== "struct") {
    const of = shape.kind === "map" ? shape.of : shape;
    for (const key in to) compareValue(of, from[key], to[key], `f:${key}`, delta);
    for (const key in from) if (!(key in to)) compareValue(of, from[key], undefined, `f:${key}`, delta);
    return;
  }
  for (const key in to) {
    const field = shape.fields.get(key);
    if (field) compareValue(field.shape, wholeValue(field, from), wholeValue(field, to), `f:${key}`, delta);
  }
  for (const key in from) {
    const field = to[key] === undefined && shape.fields.get(key);
    if (field) compareValue(field.shape, wholeValue(field, from), field.zero, `f:${key}`, delta);
  }
}

function compareValue(shape: Shape, from: unknown, to: unknown, element: string, delta: Delta): void {
  if (from === to || (isFull(from) && isFull(to) && sameJson(from, to))) return;
  if (from === undefined) {
    addMember(delta.added, element);
    addChild(delta.added, element, fieldsBelow(shape, to, false));
    return;
  }
  if (to === undefined) {
    addMember(delta.removed, element);
    addChild(delta.removed, element, fieldsBelow(shape, from, false));
    return;
  }
  const kind = granularKind(shape, from, to);
  if (kind === "leaf" || (isBare(from) && isBare(to))) {
    if (!sameJson(from, to)) addMember(delta.modified, element);
    return;
  }
  const inner: Delta = { added: {}, modified: {}, removed: {} };
  if (kind === "list") compareLists(shape, (from ?? []) as unknown[], (to ?? []) as unknown[], inner);
  else compareMembers(shape, (from ?? {}) as JsonObject, (to ?? {}) as JsonObject, inner);
  addChild(delta.added, element, inner.added);
  addChild(delta.modified, element, inner.modified);
  addChild(delta.removed, element, inner.removed);
}

function granularKind(shape: Shape, a: unknown, b: unknown): "leaf" | "list" | "object" {
  switch (shape.kind) {
    case "leaf":
      return "leaf";
    case "set":
    case "keyed":
      return isListOrNull(a) && isListOrNull(b) ? "list" : "leaf";
    case "free":
      return isObject(a) && isObject(b) ? "object" : "leaf";
    default:
      return isObjectOrNull(a) && isObjectOrNull(b) ? "object" : "leaf";
  }
}

function compareLists(shape: Shape, from: unknown[], to: unknown[], delta: Delta): void {
  const before = grouped(shape, from);
  const after = grouped(shape, to);
  const of = shape.kind === "keyed" ? shape.of : shape;
  for (const element of new Set([...before.keys(), ...after.keys()])) {
    const left = before.get(element) ?? [];
    const right = after.get(element) ?? [];
    if (left.length <= 1 && right.length <= 1) compareElement(of, left[0], right[0], element, delta);
    else if (left.length >= 2 && right.length >= 2) {
      if (!sameJson(left, right)) addMember(delta.modified, element);
    } else if (left.length >= 2) {
      if (right.length > 0) compareElement(of, undefined, right[0], element, delta);
      addMember(delta.removed, element);
    } else {
      if (left.length > 0) compareElement(of, left[0], undefined, element, delta);
      addMember(delta.added, element);
    }
  }
}

function compareElement(of: Shape, from: unknown, to: unknown, element: string, delta: Delta): void {
  if (of.kind === "set") {
    if (from === undefined) addMember(delta.added, element);
    else if (to === undefined) addMember(delta.removed, element);
  } else compareValue(of, from, to, element, delta);
}

/** Elements by name; those that share one together. */
export function grouped(shape: Shape, list: readonly unknown[]): Map<string, unknown[]> {
  const out = new Map<string, unknown[]>();
  for (const item of list) {
    const element = elementName(shape, item);
    if (element === undefined) continue;
    const same = out.get(element);
    if (same) same.push(item);
    else out.set(element, [item]);
  }
  return out;
}

/** Every field that the object sets: what an applier owns. */
export function fieldsOf(shape: Shape, object: JsonObject): FieldSet {
  return fieldsBelow(shape, object, true);
}

/**
 * The paths below a value. `applied`: only what was said, with structs and lists themselves left out; otherwise as a
 * comparison with nothing finds them, where every level counts and structs that upstream always writes are there.
 */
function fieldsBelow(shape: Shape, value: unknown, applied: boolean): FieldSet {
  const out: FieldSet = {};
  if (value === null || typeof value !== "object") return out;
  if (Array.isArray(value)) {
    if (shape.kind !== "keyed" && shape.kind !== "set") return out;
    for (const [element, items] of grouped(shape, value)) {
      addMember(out, element);
      if (items.length === 1 && shape.kind === "keyed") addChild(out, element, fieldsBelow(shape.of, items[0], applied));
    }
    return out;
  }
  const object = value as JsonObject;
  switch (shape.kind) {
    case "struct":
      for (const key in object) {
        const field = shape.fields.get(key);
        if (field && (applied ? object[key] !== undefined : isSaid(field, object)))
          addField(out, field.shape, object[key], key, applied, true);
      }
      if (!applied) for (const field of shape.filled) if (object[field.name] === undefined) addMember(out, `f:${field.name}`);
      return out;
    case "map":
      for (const key in object) addField(out, shape.of, object[key], key, applied, false);
      return out;
    case "free":
      for (const key in object) addField(out, shape, object[key], key, applied, false);
      return out;
    default:
      return out;
  }
}

function addField(out: FieldSet, shape: Shape, value: unknown, key: string, applied: boolean, named: boolean): void {
  const element = `f:${key}`;
  const below = fieldsBelow(shape, value, applied);
  const isLeaf = shape.kind === "leaf" || (shape.kind === "free" && !isObject(value)) || value === null;
  if (!applied || isLeaf || !named || (isObject(value) && Object.keys(value).length === 0)) addMember(out, element);
  addChild(out, element, below);
}

function isBare(value: unknown): boolean {
  if (value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Whole parts that are equal need no walk of the shape, which is dearer. */
const isFull = (value: unknown) => typeof value === "object" && value !== null;

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

const isObjectOrNull = (value: unknown) => value === null || isObject(value);
const isListOrNull = (value: unknown) => value === null || Array.isArray(value);
