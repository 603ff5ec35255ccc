/**
 * Strategic merge patches as the API server applies them: lists with merge keys merge by element, `$patch`, `$retainKeys`,
 * `$deleteFromPrimitiveList` and `$setElementOrder` direct it. Inputs are never changed; what a patch leaves is shared.
 */
import { goPrint } from "../go-template-functions.ts";
import { setKey } from "../json.ts";
import { PatchError } from "../json-patch.ts";
import { sameJson } from "../same-json.ts";

export type JsonObject = Record<string, unknown>;

export const directive = "$patch";
export const retainKeysDirective = "$retainKeys";
export const deleteListPrefix = "$deleteFromPrimitiveList";
export const setOrderPrefix = "$setElementOrder";

/** What merging must know of a kind: the server asks its declarations, kubectl the server's OpenAPI document. */
export interface PatchLookup {
  /** Undefined when nothing is known: objects merge, lists are replaced. May throw a PatchError for a field that is not there. */
  field(name: string): PatchMeta | undefined;
}

export interface PatchMeta {
  /** "merge", "replace" or "". */
  strategy: string;
  retainKeys: boolean;
  mergeKey: string;
  /** Of the member itself, or of the elements of a list. */
  lookup: PatchLookup | undefined;
}

const unknown: PatchMeta = { strategy: "", retainKeys: false, mergeKey: "", lookup: undefined };

export function patchMetaOf(lookup: PatchLookup | undefined, key: string): PatchMeta {
  return lookup?.field(key) ?? unknown;
}

/** As it is written in declarations and OpenAPI documents: `merge,retainKeys`. */
export function patchMeta(strategies: string | undefined, mergeKey: string | undefined, lookup: PatchLookup | undefined): PatchMeta {
  const all = strategies?.split(",") ?? [];
  return {
    strategy: all.find((strategy) => strategy !== "retainKeys") ?? "",
    retainKeys: all.includes("retainKeys"),
    mergeKey: mergeKey ?? "",
    lookup,
  };
}

/** Throws PatchError. Nulls in the patch remove. */
export function strategicMerge(lookup: PatchLookup | undefined, original: JsonObject, patch: JsonObject): JsonObject {
  return mergeMap(original, patch, lookup, { parallelLists: true, dropNulls: true });
}

/** Combines two patches into one that does both. */
export function mergePatches(lookup: PatchLookup | undefined, first: JsonObject, second: JsonObject): JsonObject {
  return mergeMap(first, second, lookup, { parallelLists: false, dropNulls: false });
}

interface MergeOptions {
  /** True when a patch is applied to an object: directives act. False when patches are combined: directives are kept. */
  parallelLists: boolean;
  dropNulls: boolean;
}

function mergeMap(before: JsonObject, patchIn: JsonObject, lookup: PatchLookup | undefined, options: MergeOptions): JsonObject {
  const action = patchIn[directive];
  if (action !== undefined) {
    if (action === "replace") return without(patchIn, directive);
    if (action === "delete") return {};
    throw badPatchType(action, patchIn);
  }
  const original = { ...before };
  const patch = { ...patchIn };
  applyRetainKeys(original, patch, options);
  applySetOrder(original, patch, lookup, options);
  for (let key of Object.keys(patch)) {
    const value = patch[key];
    let isDeleteList = false;
    if (key.startsWith(deleteListPrefix)) {
      if (!options.parallelLists) {
        original[key] = value;
        continue;
      }
      key = keyAfter(key, deleteListPrefix);
      isDeleteList = true;
    }
    if (value === null || value === undefined) {
      delete original[key];
      if (options.dropNulls) continue;
    }
    const current = Object.hasOwn(original, key) ? original[key] : undefined;
    if (current === undefined || kindOf(current) !== kindOf(value)) {
      if (isDeleteList) continue;
      const added = withoutDirectives(options.dropNulls ? withoutNulls(value) : value);
      if (added === undefined) delete original[key];
      else setKey(original, key, added);
      continue;
    }
    if (isObject(current) && isObject(value)) {
      const meta = patchMetaOf(lookup, key);
      setKey(original, key, meta.strategy === "replace" ? value : mergeMap(current, value, meta.lookup, options));
    } else if (Array.isArray(current) && Array.isArray(value)) {
      const meta = patchMetaOf(lookup, key);
      const merges = meta.strategy === "merge" || isDeleteList;
      setKey(original, key, merges ? mergeList(current, value, meta, isDeleteList, options) : value);
    } else setKey(original, key, value);
  }
  return original;
}

function applyRetainKeys(original: JsonObject, patch: JsonObject, options: MergeOptions): void {
  const keep = patch[retainKeysDirective];
  if (keep === undefined) return;
  delete patch[retainKeysDirective];
  if (!options.parallelLists) {
    const other = original[retainKeysDirective];
    if (other === undefined) original[retainKeysDirective] = keep;
    else if (!sameJson(other, keep))
      throw new PatchError(
        "internal",
        `${goPrint(other)} and ${goPrint(keep)} are not deep equal: this may happen when calculating the 3-way diff patch`,
      );
    return;
  }
  const bad = () => new PatchError("badRequest", "invalid patch format of retainKeys");
  if (!Array.isArray(keep)) throw bad();
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || key.startsWith(deleteListPrefix) || key.startsWith(setOrderPrefix)) continue;
    if (!keep.includes(key)) throw bad();
  }
  for (const key of Object.keys(original)) if (!keep.includes(key)) delete original[key];
}

/** Merges the lists whose order the patch sets, and takes them out of the patch. */
function applySetOrder(original: JsonObject, patch: JsonObject, lookup: PatchLookup | undefined, options: MergeOptions): void {
  for (const directiveKey of Object.keys(patch)) {
    if (!directiveKey.startsWith(setOrderPrefix)) continue;
    const order = patch[directiveKey];
    if (!options.parallelLists) {
      const other = original[directiveKey];
      if (other === undefined) original[directiveKey] = order;
      else if (!sameJson(other, order)) throw badSetOrder();
    }
    delete patch[directiveKey];
    if (!Array.isArray(order)) throw badKind("slice", order);
    const key = keyAfter(directiveKey, setOrderPrefix);
    const current = original[key];
    const change = patch[key];
    if (current !== undefined && !Array.isArray(current)) throw badKind("slice", current);
    if (change !== undefined && !Array.isArray(change)) throw badKind("slice", change);
    const meta = patchMetaOf(lookup, key);
    checkSetOrder(change ?? [], order, meta.mergeKey);
    let merged: unknown[];
    if (current && change) merged = meta.strategy === "merge" ? mergeList(current, change, meta, false, options) : change;
    else if (current) merged = current;
    else if (change) merged = withoutDirectives(change) as unknown[];
    else continue;
    const [inPatch, serverOnly] = partition(merged, order, meta.mergeKey);
    setKey(original, key, inOrder(inPatch, serverOnly, order, current ?? [], meta.mergeKey));
    delete patch[key];
  }
}

/** The patch's elements must stand in the order that it sets. */
function checkSetOrder(patch: unknown[], order: unknown[], mergeKey: string): void {
  if (order.length === 0 || patch.length === 0) return;
  const kept = mergeKey ? patch.filter((item) => !(isObject(item) && item[directive] === "delete")) : patch;
  let at = 0;
  let inOrderAt = 0;
  while (at < kept.length && inOrderAt < order.length) {
    const item = kept[at];
    if (isObject(item) && directive in item) {
      at++;
      continue;
    }
    if (keyOf(item, mergeKey) === keyOf(order[inOrderAt], mergeKey)) at++;
    inOrderAt++;
  }
  if (at < kept.length)
    throw new PatchError(
      "internal",
      `The order in patch list:\n${goPrint(patch)}\n doesn't match ${setOrderPrefix} list:\n${goPrint(order)}\n`,
    );
}

function mergeList(original: unknown[], patch: unknown[], meta: PatchMeta, isDeleteList: boolean, options: MergeOptions): unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  const kind = elementKind([original, patch]);
  const { mergeKey } = meta;
  let from = original;
  let wanted = patch;
  let merged: unknown[];
  if (kind !== "map") {
    if (options.parallelLists && isDeleteList) {
      const gone = new Set(patch);
      return original.filter((item) => !gone.has(item));
    }
    merged = deduplicated([...original, ...patch]);
  } else {
    if (!mergeKey) throw new PatchError("internal", "cannot merge lists without merge key");
    [from, wanted] = applyElementDirectives(original as JsonObject[], patch as JsonObject[], mergeKey);
    merged = [...from];
    const places = new Map(merged.map((item, i) => [(item as JsonObject)[mergeKey], i] as const).reverse());
    for (const item of wanted as JsonObject[]) {
      const key = item[mergeKey];
      if (key === undefined) throw noMergeKey(item, mergeKey);
      const at = places.get(key);
      if (at === undefined) places.set(key, merged.push(item) - 1);
      else merged[at] = mergeMap(merged[at] as JsonObject, item, meta.lookup, options);
    }
  }
  const [inPatch, serverOnly] = partition(merged, wanted, mergeKey);
  return inOrder(inPatch, serverOnly, wanted, from, mergeKey);
}

function applyElementDirectives(original: JsonObject[], patch: JsonObject[], mergeKey: string): [JsonObject[], JsonObject[]] {
  const gone = new Set<unknown>();
  let replace = false;
  const plain: JsonObject[] = [];
  for (const item of patch) {
    const action = item[directive];
    if (action === undefined) plain.push(item);
    else if (action === "delete") {
      if (item[mergeKey] === undefined) throw noMergeKey(item, mergeKey);
      gone.add(item[mergeKey]);
    } else if (action === "replace") replace = true;
    else if (action === "merge") throw new PatchError("internal", "merging lists cannot yet be specified in the patch");
    else throw badPatchType(action, item);
  }
  if (replace) return [plain, []];
  return [gone.size === 0 ? original : original.filter((other) => !gone.has(other[mergeKey])), plain];
}

/** Elements that the order names, and the others. */
function partition(list: unknown[], order: unknown[], mergeKey: string): [unknown[], unknown[]] {
  const named = new Set(order.map((item) => keyOf(item, mergeKey)));
  const yes: unknown[] = [];
  const no: unknown[] = [];
  for (const item of list) {
    if (mergeKey && isObject(item) && item[mergeKey] === undefined) throw noMergeKey(item, mergeKey);
    (named.has(keyOf(item, mergeKey)) ? yes : no).push(item);
  }
  return [yes, no];
}

/** The patch's elements in its order, the server's own between them where they stood. */
function inOrder(patch: unknown[], serverOnly: unknown[], order: unknown[], serverOrder: unknown[], mergeKey: string): unknown[] {
  const right = sortedBy(patch, order, mergeKey);
  const left = sortedBy(serverOnly, serverOrder, mergeKey);
  const place = new Map(serverOrder.map((item, i) => [keyOf(item, mergeKey), i] as const).reverse());
  const out: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i >= left.length) out.push(right[j++]);
    else if (j >= right.length) out.push(left[i++]);
    else {
      const l = place.get(keyOf(left[i], mergeKey));
      const r = place.get(keyOf(right[j], mergeKey));
      out.push(l !== undefined && r !== undefined && l < r ? left[i++] : right[j++]);
    }
  }
  return out;
}

/**
 * By place in the order, deletions last. What the order does not name stands before and after everything for upstream's
 * comparison; short lists are sorted by insertion there, and so here; in longer ones it comes first.
 */
export function sortedBy(list: unknown[], order: unknown[], mergeKey: string): unknown[] {
  const isDelete = (item: unknown) => mergeKey !== "" && isObject(item) && item[directive] === "delete";
  const place = new Map(order.map((item, i) => [keyOf(item, mergeKey), i] as const).reverse());
  const placeOf = (item: unknown) => place.get(keyOf(item, mergeKey));
  const out = list.filter((item) => !isDelete(item));
  if (out.length > insertionSorted) out.sort((a, b) => (placeOf(a) ?? -1) - (placeOf(b) ?? -1));
  else {
    const before = (a: unknown, b: unknown) => {
      const [i, j] = [placeOf(a), placeOf(b)];
      return i === undefined || j === undefined || i < j;
    };
    for (let i = 1; i < out.length; i++)
      for (let j = i; j > 0 && before(out[j], out[j - 1]); j--) [out[j], out[j - 1]] = [out[j - 1], out[j]];
  }
  return [...out, ...list.filter(isDelete)];
}

/** Go's sort inserts up to so many. */
const insertionSorted = 12;

function keyOf(item: unknown, mergeKey: string): unknown {
  return mergeKey && isObject(item) ? item[mergeKey] : item;
}

function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (directive in value) return undefined;
  const out: JsonObject = {};
  for (const key of Object.keys(value)) {
    const kept = withoutDirectives(value[key]);
    if (kept !== undefined) setKey(out, key, kept);
  }
  return out;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const key of Object.keys(value)) if (value[key] !== null) setKey(out, key, withoutNulls(value[key]));
  return out;
}

/** All elements must be of one kind. */
export function elementKind(lists: unknown[][]): string {
  let kind: string | undefined;
  for (const list of lists)
    for (const item of list) {
      const own = kindOf(item);
      // Upstream looks for them at the first element only.
      if (own === "slice" && kind === undefined) throw new PatchError("unprocessable", "lists of lists are not supported");
      if (kind !== undefined && kind !== own) throw new PatchError("internal", `list element types are not identical: ${goPrint(lists)}`);
      kind = own;
    }
  if (kind === undefined) throw new PatchError("internal", "no elements in any of the given slices");
  return kind;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "slice" : value === null ? "nil" : typeof value === "object" ? "map" : typeof value;
}

export function deduplicated(list: unknown[]): unknown[] {
  return [...new Set(list)];
}

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function without(object: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = object;
  return rest;
}

function keyAfter(key: string, prefix: string): string {
  if (key[prefix.length] !== "/")
    throw prefix === setOrderPrefix ? badSetOrder() : new PatchError("badRequest", "invalid patch format of primitive list");
  return key.slice(prefix.length + 1);
}

const badSetOrder = () => new PatchError("badRequest", "invalid patch format of setElementOrder list");
const badKind = (expected: string, value: unknown) => new PatchError("internal", `expected a ${expected}, but received a ${kindOf(value)}`);
const badPatchType = (action: unknown, item: JsonObject) =>
  new PatchError("internal", `unknown patch type: ${goPrint(action)} in map: ${goPrint(item)}`);

export function noMergeKey(item: JsonObject, mergeKey: string): PatchError {
  return new PatchError("internal", `map: ${goPrint(item)} does not contain declared merge key: ${mergeKey}`);
}
