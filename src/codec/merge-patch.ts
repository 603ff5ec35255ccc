/** RFC 7386 patches: applied, and made from two states. Inputs stay as they are; what did not change is shared. */
import { setKey } from "./json.ts";
import { sameJson } from "./same-json.ts";

type JsonObject = Record<string, unknown>;

/** null removes a member; objects merge; everything else replaces. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(document) ? { ...document } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete result[key];
    else if (isObject(value)) setKey(result, key, applyMergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value));
    else setKey(result, key, value);
  }
  return result;
}

/** The patch that leads from one state to the other; `{}` when they are the same. */
export function createMergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(to)) {
    const value = to[key];
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (before === undefined) setKey(patch, key, value);
    else if (isObject(before) && isObject(value)) {
      const inner = createMergePatch(before, value);
      if (Object.keys(inner).length > 0) setKey(patch, key, inner);
    } else if (!sameJson(before, value)) setKey(patch, key, value);
  }
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) setKey(patch, key, null);
  return patch;
}

/**
 * What `kubectl apply` sends for kinds without merge keys: everything that `modified` says differently from `current`, and
 * removals of what was in `original` (the last applied) and is gone from `modified`.
 */
export function createThreeWayJsonMergePatch(original: JsonObject, modified: JsonObject, current: JsonObject): JsonObject {
  const changes = withoutNulls(createMergePatch(current, modified));
  const removals = onlyNulls(createMergePatch(original, modified));
  return overlay(removals, changes);
}

function withoutNulls(patch: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) continue;
    if (!isObject(value) || Object.keys(value).length === 0) setKey(out, key, value);
    else {
      const inner = withoutNulls(value);
      if (Object.keys(inner).length > 0) setKey(out, key, inner);
    }
  }
  return out;
}

function onlyNulls(patch: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) setKey(out, key, null);
    else if (isObject(value)) {
      const inner = onlyNulls(value);
      if (Object.keys(inner).length > 0) setKey(out, key, inner);
    }
  }
  return out;
}

/** Merges two patches whose nulls are both meant: the second wins. */
function overlay(first: JsonObject, second: JsonObject): JsonObject {
  const out: JsonObject = { ...first };
  for (const key of Object.keys(second)) {
    const a = Object.hasOwn(out, key) ? out[key] : undefined;
    const b = second[key];
    setKey(out, key, isObject(a) && isObject(b) ? overlay(a, b) : b);
  }
  return out;
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
