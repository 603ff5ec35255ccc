/**
 * Strategic merge as kustomize does it: lists with merge keys merge by element, and what a patch has stands before what it
 * has not. Lists of fields that the schema does not know are replaced.
 */
import { CliError } from "../failure.ts";

/** What is known of a field. */
export interface Known {
  /** Of a list that merges: the keys of its elements, none for plain values. Undefined for a list that is replaced. */
  mergeKeys?: readonly string[];
  /** Of the members of an object, or of the elements of a list. */
  field(name: string): Known | undefined;
}

type Map = Record<string, unknown>;

const isMap = (value: unknown): value is Map => typeof value === "object" && value !== null && !Array.isArray(value);

/** Stands for what goes away. */
const gone = Symbol("gone");
type Merged = unknown | typeof gone;

/** The patched object; undefined when the patch deletes it. Neither argument is changed. */
export function mergePatch(target: Map, patch: Map, known: Known | undefined): Map | undefined {
  const merged = merge(target, patch, known);
  return merged === gone ? undefined : (merged as Map);
}

/** `patch` is undefined where it says nothing. */
function merge(target: unknown, patch: unknown, known: Known | undefined): Merged {
  if (patch === undefined) return target;
  if (patch === null) return gone;
  const kinds = [target, patch].filter((value) => value !== undefined && value !== null);
  if (kinds.every(isMap)) return mergeMaps(target as Map | null | undefined, patch as Map, known);
  if (kinds.every(Array.isArray)) return mergeLists((target ?? undefined) as unknown[] | undefined, patch as unknown[], known);
  if (kinds.some((value) => typeof value === "object"))
    throw new CliError(
      `wrong node kind: expected ${nodeKind(kinds[0])} but got ${nodeKind(kinds[1])}: node contents:\n${JSON.stringify(patch)}\n`,
    );
  return patch;
}

function nodeKind(value: unknown): string {
  return Array.isArray(value) ? "SequenceNode" : isMap(value) ? "MappingNode" : "ScalarNode";
}

function mergeMaps(target: Map | null | undefined, patch: Map, known: Known | undefined): Merged {
  const { $patch: directive, ...rest } = patch;
  if (directive === "delete") return gone;
  if (directive !== undefined && directive !== "replace" && directive !== "merge")
    throw new CliError(`unknown patch strategy '${String(directive)}'`);
  const result: Map = directive === "replace" ? {} : { ...target };
  for (const [name, value] of Object.entries(rest)) {
    const merged = merge(result[name], value, known?.field(name));
    if (merged === gone) delete result[name];
    else result[name] = merged;
  }
  return result;
}

function mergeLists(target: unknown[] | undefined, patch: unknown[], known: Known | undefined): Merged {
  const keys = known?.mergeKeys;
  if (!keys) return patch;
  const { directive, items } = withoutDirective(patch);
  if (directive === "delete") return gone;
  const base = directive === "replace" ? [] : (target ?? []);
  if (keys.length === 0) return [...new Set([...items, ...base])];
  return mergeElements(base, items, { keys, known });
}

/** A list may begin with, or hold, an element that only says what to do with the list. */
function withoutDirective(list: unknown[]): { directive: unknown; items: unknown[] } {
  const at = list.findIndex((item) => isMap(item) && Object.keys(item).length === 1 && "$patch" in item);
  if (at < 0) return { directive: undefined, items: list };
  const directive = (list[at] as Map).$patch;
  if (!["delete", "replace", "merge"].includes(directive as string)) throw new CliError(`unknown patch strategy '${String(directive)}'`);
  return { directive, items: list.toSpliced(at, 1) };
}

type Values = string[];

function mergeElements(target: unknown[], patch: unknown[], how: { keys: readonly string[]; known: Known | undefined }): unknown[] {
  const { keys, known } = how;
  const valuesOf = (item: unknown): Values =>
    keys.map((key) => (isMap(item) && item[key] !== undefined && item[key] !== null ? String(item[key]) : ""));
  const same = (a: Values, b: Values) =>
    a.every((value, index) => value === b[index] || value === "" || b[index] === "") &&
    a.some((value, index) => value !== "" && value === b[index]);
  const element = known?.field("[]");
  const rest = [...target];
  const first: { values: Values; item: unknown }[] = [];
  const merged = new globalThis.Map<unknown, unknown>();
  for (const item of patch) {
    const values = valuesOf(item);
    const old = rest.find((each) => same(valuesOf(each), values));
    const result = merge(old, item, element);
    if (old !== undefined) {
      if (result === gone || isEmptyMap(result)) rest.splice(rest.indexOf(old), 1);
      else if (keys.length > 1) merged.set(old, result);
      else {
        rest.splice(rest.indexOf(old), 1);
        first.push({ values, item: result });
      }
    } else if (result !== gone && !isEmptyMap(result)) first.push({ values, item: result });
  }
  return [...first.map(({ item }) => item), ...rest.map((item) => merged.get(item) ?? item)];
}

const isEmptyMap = (value: unknown) => isMap(value) && Object.keys(value).length === 0;
