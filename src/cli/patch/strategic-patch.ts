/** Three-way merge for `apply`: what changed between the last applied, the live and the wanted object, as a patch. */
import { isDeepStrictEqual } from "node:util";
import type { Schema, Schemas } from "../connect/openapi.ts";
import { CliError } from "../failure.ts";

type Json = Record<string, unknown>;

interface Mode {
  /** Leave out what only the first side has. */
  ignoreDeletions?: boolean;
  /** Keep only what the second side lacks. */
  onlyDeletions?: boolean;
}

/** A strategic merge patch that turns `current` into what `modified` wants and `original` no longer wants. */
export function threeWayStrategic(original: Json, modified: Json, current: Json, schemas: Schemas, schema: Schema): Json {
  const diff = new StrategicDiff(schemas);
  const delta = diff.maps(current, modified, schema, { ignoreDeletions: true });
  const deletions = diff.maps(original, modified, schema, { onlyDeletions: true });
  return mergePatches(deletions, delta, schemas, schema);
}

class StrategicDiff {
  #schemas: Schemas;
  constructor(schemas: Schemas) {
    this.#schemas = schemas;
  }

  maps(from: Json, to: Json, schema: Schema | undefined, mode: Mode): Json {
    const patch: Json = {};
    for (const key of Object.keys(to)) {
      if (!(key in from)) {
        if (!mode.onlyDeletions) patch[key] = to[key];
        continue;
      }
      this.#field(patch, key, { from: from[key], to: to[key], schema: this.#schemas.property(schema, key), mode });
    }
    if (!mode.ignoreDeletions) for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
    return patch;
  }

  #field(patch: Json, key: string, at: { from: unknown; to: unknown; schema: Schema | undefined; mode: Mode }): void {
    const { from, to, schema, mode } = at;
    const strategy = (schema?.["x-kubernetes-patch-strategy"] ?? "").split(",");
    if (isMap(from) && isMap(to)) {
      if (strategy.includes("replace")) {
        if (!mode.onlyDeletions && !isDeepStrictEqual(from, to)) patch[key] = to;
        return;
      }
      const inner = this.maps(from, to, schema, mode);
      if (Object.keys(inner).length === 0) return;
      if (strategy.includes("retainKeys") && !mode.onlyDeletions) inner.$retainKeys = Object.keys(to).sort();
      patch[key] = inner;
      return;
    }
    if (Array.isArray(from) && Array.isArray(to) && strategy.includes("merge")) return this.#lists(patch, key, { ...at, from, to });
    if (!mode.onlyDeletions && !isDeepStrictEqual(from, to)) patch[key] = to;
  }

  #lists(patch: Json, key: string, at: { from: unknown[]; to: unknown[]; schema: Schema | undefined; mode: Mode }): void {
    const { from, to, schema, mode } = at;
    const mergeKey = schema?.["x-kubernetes-patch-merge-key"];
    if (mergeKey === undefined || [...from, ...to].some((item) => !isMap(item))) {
      const added = mode.onlyDeletions ? [] : to.filter((item) => !from.some((other) => isDeepStrictEqual(other, item)));
      const gone = mode.ignoreDeletions ? [] : from.filter((item) => !to.some((other) => isDeepStrictEqual(other, item)));
      if (added.length > 0) patch[key] = added;
      if (gone.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = gone;
      if (added.length > 0 || gone.length > 0) patch[`$setElementOrder/${key}`] = to;
      return;
    }
    const items = this.#schemas.resolve(schema)?.items;
    const retain = (schema?.["x-kubernetes-patch-strategy"] ?? "").split(",").includes("retainKeys");
    const changes: Json[] = [];
    const keyOf = (item: unknown) => {
      const value = (item as Json)[mergeKey];
      if (value === undefined) throw new CliError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
      return value;
    };
    for (const item of to as Json[]) {
      const other = (from as Json[]).find((candidate) => isDeepStrictEqual(keyOf(candidate), keyOf(item)));
      if (!other) {
        if (!mode.onlyDeletions) changes.push(item);
        continue;
      }
      const inner = this.maps(other, item, items, mode);
      if (Object.keys(inner).length === 0) continue;
      inner[mergeKey] = item[mergeKey];
      if (retain && !mode.onlyDeletions) inner.$retainKeys = Object.keys(item).sort();
      changes.push(inner);
    }
    if (!mode.ignoreDeletions) {
      for (const item of from as Json[]) {
        if (!(to as Json[]).some((candidate) => isDeepStrictEqual(keyOf(candidate), keyOf(item))))
          changes.push({ $patch: "delete", [mergeKey]: item[mergeKey] });
      }
    }
    const ordered = (list: Json[]) => list.map((item) => item[mergeKey]);
    const kept = ordered(from as Json[]).filter((value) => ordered(to as Json[]).some((other) => isDeepStrictEqual(other, value)));
    const wanted = ordered(to as Json[]).filter((value) => kept.some((other) => isDeepStrictEqual(other, value)));
    const reordered = !mode.onlyDeletions && !isDeepStrictEqual(kept, wanted);
    if (changes.length === 0 && !reordered) return;
    if (changes.length > 0) patch[key] = changes;
    patch[`$setElementOrder/${key}`] = (to as Json[]).map((item) => ({ [mergeKey]: item[mergeKey] }));
  }
}

/** Joins two patches of one object; the second wins. */
function mergePatches(first: Json, second: Json, schemas: Schemas, schema: Schema | undefined): Json {
  const result: Json = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const other = result[key];
    const inner = schemas.property(schema, key);
    if (isMap(other) && isMap(value)) result[key] = mergePatches(other, value, schemas, inner);
    else if (Array.isArray(other) && Array.isArray(value) && !key.startsWith("$setElementOrder/")) {
      const mergeKey = inner?.["x-kubernetes-patch-merge-key"];
      result[key] = mergeKey
        ? mergeItems(other as Json[], value as Json[], mergeKey, { schemas, items: schemas.resolve(inner)?.items })
        : [...other, ...value];
    } else result[key] = value;
  }
  return result;
}

function mergeItems(first: Json[], second: Json[], mergeKey: string, at: { schemas: Schemas; items: Schema | undefined }): Json[] {
  const result = [...first];
  for (const item of second) {
    const index = result.findIndex((other) => isDeepStrictEqual(other[mergeKey], item[mergeKey]));
    if (index < 0) result.push(item);
    else result[index] = mergePatches(result[index], item, at.schemas, at.items);
  }
  return result;
}

/** A JSON merge patch, for kinds whose schema knows no merge keys. */
export function threeWayMerge(original: Json, modified: Json, current: Json): Json {
  const changes = mergeDiff(current, modified, { ignoreDeletions: true });
  const deletions = mergeDiff(original, modified, { onlyDeletions: true });
  return combine(deletions, changes);
}

function mergeDiff(from: Json, to: Json, mode: Mode): Json {
  const patch: Json = {};
  for (const key of Object.keys(to)) {
    const [before, after] = [from[key], to[key]];
    if (!(key in from)) {
      if (!mode.onlyDeletions) patch[key] = after;
    } else if (isMap(before) && isMap(after)) {
      const inner = mergeDiff(before, after, mode);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (!mode.onlyDeletions && !isDeepStrictEqual(before, after)) patch[key] = after;
  }
  if (!mode.ignoreDeletions) for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  return patch;
}

function combine(first: Json, second: Json): Json {
  const result: Json = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const other = result[key];
    result[key] = isMap(other) && isMap(value) ? combine(other, value) : value;
  }
  return result;
}

/** Applies a strategic merge patch on this side, for --local and client dry runs. */
export function applyStrategic(current: Json, patch: Json, schemas: Schemas | undefined, schema: Schema | undefined): Json {
  if (patch.$patch === "replace") {
    const { $patch: _, ...rest } = patch;
    return rest;
  }
  const result: Json = { ...current };
  const retain = patch.$retainKeys as string[] | undefined;
  if (retain) for (const key of Object.keys(result)) if (!retain.includes(key)) delete result[key];
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith("$deleteFromPrimitiveList/")) {
      const name = key.slice(key.indexOf("/") + 1);
      result[name] = ((result[name] as unknown[]) ?? []).filter(
        (item) => !(value as unknown[]).some((gone) => isDeepStrictEqual(gone, item)),
      );
      continue;
    }
    if (key.startsWith("$")) continue;
    const inner = schemas?.property(schema, key);
    const before = result[key];
    const merges = (inner?.["x-kubernetes-patch-strategy"] ?? "").split(",").includes("merge");
    if (value === null) delete result[key];
    else if (isMap(value) && isMap(before)) result[key] = applyStrategic(before, value, schemas, inner);
    else if (isMap(value)) result[key] = applyStrategic({}, value, schemas, inner);
    else if (Array.isArray(value) && Array.isArray(before) && merges) result[key] = applyItems(before, value, { schemas, inner });
    else if (Array.isArray(value)) result[key] = value.filter((item) => !(isMap(item) && item.$patch === "delete"));
    else result[key] = value;
  }
  return result;
}

function applyItems(before: unknown[], patch: unknown[], at: { schemas: Schemas | undefined; inner: Schema | undefined }): unknown[] {
  const mergeKey = at.inner?.["x-kubernetes-patch-merge-key"];
  if (!mergeKey) return [...before, ...patch.filter((item) => !before.some((other) => isDeepStrictEqual(other, item)))];
  const items = at.schemas?.resolve(at.inner)?.items;
  let result = before as Json[];
  for (const item of patch as Json[]) {
    const same = (other: Json) => isDeepStrictEqual(other[mergeKey], item[mergeKey]);
    if (item.$patch === "delete") result = result.filter((other) => !same(other));
    else if (result.some(same)) result = result.map((other) => (same(other) ? applyStrategic(other, item, at.schemas, items) : other));
    else result = [...result, item];
  }
  return result;
}

function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
