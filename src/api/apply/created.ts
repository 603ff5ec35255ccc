/**
 * The fields of a new object, written straight as `fieldsV1`: what comparing it with nothing gives, without the sets in
 * between. Every create passes here, so it allocates little more than its answer.
 */
import { sameJson, setKey } from "#codec/mod.ts";
import { grouped } from "./compare.ts";
import { compareElements, type FieldSet } from "./field-set.ts";
import { isSaid, type Shape, type ShapeField, wholeValue } from "./shape.ts";

type Fields = Record<string, unknown>;

/** Undefined when the creator owns nothing. `reset`: top-level fields that it does not own. */
export function createdFields(shape: Shape, object: Fields, reset: FieldSet): Fields | undefined {
  return sinceZero(shape, object, (key) => key === "apiVersion" || key === "kind" || reset.members?.has(`f:${key}`) === true, true);
}

const fromServer = new Set("name namespace creationTimestamp selfLink uid clusterName generation managedFields resourceVersion".split(" "));
const none = () => false;

/** Of a struct that upstream's types always hold: only what differs from its zero value. */
function sinceZero(shape: Shape, object: Fields, skip: (key: string) => boolean, isRoot: boolean): Fields | undefined {
  if (shape.kind !== "struct") return undefined;
  let out: Fields | undefined;
  for (const key of Object.keys(object).sort()) {
    const field = shape.fields.get(key);
    const value = field && wholeValue(field, object);
    if (!field || value === field.zero || skip(key)) continue;
    const { zero } = field;
    let below: Fields | undefined;
    if (zero === undefined) below = wholly(field.shape, value);
    // An empty list that came this far was told from an absent one.
    else if (zero === null && Array.isArray(value) && value.length === 0) below = {};
    else if (field.shape.kind === "struct" && isObject(value))
      below = sinceZero(field.shape, value, isRoot && key === "metadata" ? (name) => fromServer.has(name) : none, false);
    else if (zero === null && hasParts(field.shape, value)) below = parts(field.shape, value, {});
    else if (!isBare(zero) || !isBare(value)) below = sameJson(zero, value) ? undefined : {};
    if (below) {
      out ??= {};
      out[`f:${key}`] = below;
    }
  }
  return out;
}

/** Of a value that nothing was before: every level of it. */
function wholly(shape: Shape, value: unknown): Fields {
  return hasParts(shape, value) ? parts(shape, value, { ".": {} }) : {};
}

function hasParts(shape: Shape, value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && (shape.kind === "keyed" || shape.kind === "set");
  if (!isObject(value)) return false;
  if (shape.kind === "struct") return shape.filled.length > 0 || Object.keys(value).length > 0;
  return (shape.kind === "map" || shape.kind === "free") && Object.keys(value).length > 0;
}

function parts(shape: Shape, value: unknown, out: Fields): Fields {
  if (Array.isArray(value)) {
    const groups = grouped(shape, value);
    const names = [...groups.keys()];
    for (const element of names.length > 1 ? names.sort(compareElements) : names) {
      const items = groups.get(element)!;
      out[element] = items.length === 1 && shape.kind === "keyed" ? wholly(shape.of, items[0]) : {};
    }
    return out;
  }
  const object = value as Fields;
  if (shape.kind === "struct") {
    const keys = Object.keys(object).filter((key) => isThere(shape.fields.get(key), object));
    for (const field of shape.filled) if (object[field.name] === undefined) keys.push(field.name);
    for (const key of keys.sort()) {
      const own = object[key];
      out[`f:${key}`] = own === undefined ? {} : wholly(shape.fields.get(key)!.shape, own);
    }
    return out;
  }
  const of = shape.kind === "map" ? shape.of : shape;
  for (const key of Object.keys(object).sort()) setKey(out, `f:${key}`, wholly(of, object[key]));
  return out;
}

const isThere = (field: ShapeField | undefined, object: Fields) => field !== undefined && isSaid(field, object);

function isObject(value: unknown): value is Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function isBare(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
