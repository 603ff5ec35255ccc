/**
 * Strategic merge patches made from states: two (what a command changed) or three (what `kubectl apply` sends: last applied,
 * wanted and current). The patches are the ones upstream's kubectl makes, element order directives included.
 */
import { setKey } from "../json.ts";
import { PatchError } from "../json-patch.ts";
import { sameJson } from "../same-json.ts";
import {
  deduplicated,
  deleteListPrefix,
  directive,
  elementKind,
  isObject,
  type JsonObject,
  mergePatches,
  noMergeKey,
  type PatchLookup,
  type PatchMeta,
  patchMetaOf,
  retainKeysDirective,
  setOrderPrefix,
  sortedBy,
} from "./merge.ts";

interface DiffOptions {
  setOrder: boolean;
  ignoreChanges?: boolean;
  ignoreDeletions?: boolean;
  retainKeys?: boolean;
}

/** The patch that leads from one state to the other; `{}` when they are the same. */
export function createTwoWayMergePatch(lookup: PatchLookup | undefined, from: JsonObject, to: JsonObject): JsonObject {
  return diffMaps(from, to, lookup, { setOrder: true });
}

/** Changes of `modified` against `current`, and removals of what `original` had and `modified` has no more. */
export function createThreeWayMergePatch(
  lookup: PatchLookup | undefined,
  original: JsonObject,
  modified: JsonObject,
  current: JsonObject,
): JsonObject {
  const changes = diffMaps(current, modified, lookup, { setOrder: true, ignoreDeletions: true });
  const deletions = diffMaps(original, modified, lookup, { setOrder: true, ignoreChanges: true });
  return mergePatches(lookup, deletions, changes);
}

function diffMaps(original: JsonObject, modified: JsonObject, lookup: PatchLookup | undefined, options: DiffOptions): JsonObject {
  const patch: JsonObject = {};
  const retained: string[] = [];
  for (const key of Object.keys(modified)) {
    const value = modified[key];
    if (options.retainKeys && value !== null) retained.push(key);
    if (!Object.hasOwn(original, key)) {
      if (!options.ignoreChanges) setKey(patch, key, value);
      continue;
    }
    const before = original[key];
    if (key === directive) {
      if (typeof before !== "string" || typeof value !== "string")
        throw new PatchError("internal", `invalid value for special key: ${directive}`);
      if (before !== value) patch[directive] = value;
    } else if (isObject(before) && isObject(value)) diffObjects(key, before, value, patch, lookup, options);
    else if (Array.isArray(before) && Array.isArray(value)) diffSlices(key, before, value, patch, lookup, options);
    else if (!options.ignoreChanges && !sameJson(before, value)) setKey(patch, key, value);
  }
  if (!options.ignoreDeletions) for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key)) setKey(patch, key, null);
  const dropsOne = () => Object.keys(original).some((key) => original[key] !== null && !Object.hasOwn(modified, key));
  if (retained.length > 0 && (Object.keys(patch).length > 0 || dropsOne())) patch[retainKeysDirective] = retained.sort();
  return patch;
}

function diffObjects(
  key: string,
  before: JsonObject,
  value: JsonObject,
  patch: JsonObject,
  lookup: PatchLookup | undefined,
  options: DiffOptions,
): void {
  const meta = metaUnlessSame(lookup, key, before, value);
  if (!meta) return;
  if (meta.strategy === "replace") {
    if (!options.ignoreChanges) setKey(patch, key, value);
    return;
  }
  const inner = diffMaps(before, value, meta.lookup, { ...options, retainKeys: meta.retainKeys });
  if (Object.keys(inner).length > 0) setKey(patch, key, inner);
}

function diffSlices(
  key: string,
  before: unknown[],
  value: unknown[],
  patch: JsonObject,
  lookup: PatchLookup | undefined,
  options: DiffOptions,
): void {
  const meta = metaUnlessSame(lookup, key, before, value);
  if (!meta) return;
  if (meta.strategy !== "merge") {
    if (!options.ignoreChanges && !sameJson(before, value)) setKey(patch, key, value);
    return;
  }
  const { added, deleted, order } = diffLists(before, value, meta, { ...options, retainKeys: meta.retainKeys });
  if (added.length > 0) setKey(patch, key, added);
  if (deleted.length > 0) patch[`${deleteListPrefix}/${key}`] = deleted;
  if (order.length > 0) patch[`${setOrderPrefix}/${key}`] = order;
}

/** An unknown field matters only when it differs. */
function metaUnlessSame(lookup: PatchLookup | undefined, key: string, before: unknown, value: unknown): PatchMeta | undefined {
  try {
    return patchMetaOf(lookup, key);
  } catch (error) {
    if (sameJson(before, value)) return undefined;
    throw error;
  }
}

interface ListDiff {
  added: unknown[];
  deleted: unknown[];
  order: unknown[];
}

function diffLists(original: unknown[], modified: unknown[], meta: PatchMeta, options: DiffOptions): ListDiff {
  const { mergeKey } = meta;
  if (original.length === 0) return { added: options.ignoreChanges ? [] : modified, deleted: [], order: [] };
  const result: ListDiff = { added: [], deleted: [], order: [] };
  if (elementKind([original, modified]) === "map") {
    const { changed, deletions } = diffElements(original as JsonObject[], modified as JsonObject[], meta, options);
    result.added = [...sortedBy(changed, modified, mergeKey), ...deletions];
    const sameOrder =
      original.length === modified.length &&
      original.every((item, i) => (item as JsonObject)[mergeKey] === (modified[i] as JsonObject)[mergeKey]);
    const some = result.added.length > 0;
    if (options.setOrder && ((!options.ignoreChanges && (some || !sameOrder)) || (!options.ignoreDeletions && some)))
      result.order = modified.map((item) => ({ [mergeKey]: (item as JsonObject)[mergeKey] }));
    return result;
  }
  const before = new Set(original);
  const after = new Set(modified);
  if (!options.ignoreChanges) result.added = sortedBy(sortedScalars(modified.filter((item) => !before.has(item))), modified, mergeKey);
  if (!options.ignoreDeletions) result.deleted = deduplicated(sortedScalars(original.filter((item) => !after.has(item))));
  const changes = !options.ignoreChanges && !sameJson(original, modified);
  if (options.setOrder && ((!options.ignoreDeletions && result.deleted.length > 0) || changes)) result.order = modified;
  return result;
}

function diffElements(original: JsonObject[], modified: JsonObject[], meta: PatchMeta, options: DiffOptions) {
  const { mergeKey } = meta;
  const changed: JsonObject[] = [];
  const deletions: JsonObject[] = [];
  const left = sortedByKey(original, mergeKey);
  const right = sortedByKey(modified, mergeKey);
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const l = i < left.length ? printed(left[i]!, mergeKey) : undefined;
    const r = j < right.length ? printed(right[j]!, mergeKey) : undefined;
    if (l !== undefined && l === r) {
      const item = right[j]!;
      const inner = diffMaps(left[i]!, item, meta.lookup, options);
      if (Object.keys(inner).length > 0) changed.push({ ...inner, [mergeKey]: item[mergeKey] });
      i++;
      j++;
    } else if (l === undefined || (r !== undefined && l > r)) {
      if (!options.ignoreChanges) changed.push(right[j]!);
      j++;
    } else {
      if (!options.ignoreDeletions) deletions.push({ [directive]: "delete", [mergeKey]: left[i]![mergeKey] });
      i++;
    }
  }
  return { changed, deletions };
}

function printed(item: JsonObject, mergeKey: string): string {
  if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
  return String(item[mergeKey]);
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const sortedByKey = (list: JsonObject[], key: string) => list.toSorted((a, b) => compareText(String(a[key]), String(b[key])));
const sortedScalars = (list: unknown[]) => list.toSorted((a, b) => compareText(String(a), String(b)));
