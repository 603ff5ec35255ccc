/** What a call cost once it has run: by the sizes of what it was given, in units that upstream chose. */
import { operators } from "../ast.ts";
import type { Value } from "../declare.ts";
import { CelObject, isList, isMap, List, type ListValue, mapEntries, mapSize, Optional, stringSize } from "../value.ts";

export const traversal = 0.1;
export const regexFactor = 0.25;
export const listCost = 10;
export const mapCost = 30;
export const structCost = 40;

export type ActualCost = (args: readonly Value[], result: Value) => number;

/** Characters, bytes, elements, entries; 1 for what has no size. */
export function sizeOf(value: Value): number {
  if (typeof value === "string") return stringSize(value);
  if (typeof value !== "object" || value === null) return 1;
  if (Array.isArray(value) || value instanceof List || value instanceof Uint8Array) return (value as ListValue).length;
  if (value instanceof CelObject) return value.size ?? 1;
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOf(value.value);
  return isMap(value) ? mapSize(value) : 1;
}

const walked = (size: number, factor = traversal) => Math.ceil(size * factor);
const walk =
  (factor: number): ActualCost =>
  (args) =>
    walked(sizeOf(args[0]), factor);
const shorter: ActualCost = ([a, b]) => walked(Math.min(sizeOf(a), sizeOf(b)));
const both: ActualCost = ([a, b]) => walked(sizeOf(a) + sizeOf(b));
const pattern: ActualCost = ([text, pattern]) => walked(1 + sizeOf(text)) * walked(sizeOf(pattern), regexFactor);

/** By overload, when only one can be meant. */
const byOverload: Record<string, ActualCost> = {
  starts_with_string: walk(traversal),
  ends_with_string: walk(traversal),
  string_to_bytes: walk(traversal),
  bytes_to_string: walk(traversal),
  strings_quote: walk(traversal),
  string_format: walk(traversal),
  in_list: (args) => sizeOf(args[1]),
  add_string: both,
  add_bytes: both,
  matches_string: pattern,
  contains_string: ([text, part]) => walked(sizeOf(text)) * walked(sizeOf(part)),
  equals: shorter,
  not_equals: shorter,
};
for (const relation of ["less", "less_equals", "greater", "greater_equals"])
  for (const kind of ["string", "bytes"]) byOverload[`${relation}_${kind}`] = shorter;

/** Of a tree: every string in it, and 1 for what has no length. */
function traversalCost(value: Value): number {
  if (typeof value === "string") return Math.trunc(Buffer.byteLength(value) * traversal);
  if (value instanceof Uint8Array) return Math.trunc(value.length * traversal);
  if (isList(value)) {
    let cost = 0;
    for (const each of value) cost += traversalCost(each);
    return cost;
  }
  if (!isMap(value)) return 1;
  let cost = 0;
  for (const [key, each] of mapEntries(value)) cost += traversalCost(key) + traversalCost(each);
  return cost;
}

/** A list of requirements, the text read once, and one requirement for every two characters. */
function selectorCost(size: number): number {
  return listCost + walked(size) + walked(walked(size, 0.5), listCost + structCost);
}

const containsCost =
  (extra: (size: number) => number, ofString: boolean): ActualCost =>
  ([cidr, other]) => {
    const size = sizeOf(cidr);
    return walked(size + size) + extra(size) + (ofString ? walked(sizeOf(other)) : 0);
  };

const one: ActualCost = () => 1;
const check: ActualCost = () => 350_000;
const overList: ActualCost = ([list]) => traversalCost(list);
/** The longest pattern of a format: what is matched is not looked into. */
const validate: ActualCost = ([format, text]) =>
  walked(1 + sizeOf(text)) * walked((format as { maxRegexSize?: number } | null)?.maxRegexSize ?? 0, regexFactor);

/** By name: Kubernetes' own libraries. */
const byName: Record<string, ActualCost> = {
  check,
  fieldSelector: (args) => selectorCost(sizeOf(args[1])),
  labelSelector: (args) => selectorCost(sizeOf(args[1])),
  replace: walk(2 * traversal),
  split: walk(2 * traversal),
  join: (_, result) => walked(sizeOf(result), 2 * traversal),
  find: pattern,
  findAll: pattern,
  "ip.isCanonical": walk(2 * traversal),
  validate,
};
const ones =
  "serviceAccount path group resource subresource namespace name allowed reason error errored masked prefixLength family isUnspecified " +
  "isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast format.named sign asInteger isInteger asApproximateFloat " +
  "isGreaterThan isLessThan compareTo add sub major minor patch getScheme getHostname getHost getPort getEscapedPath getQuery";
for (const name of ones.split(" ")) byName[name] = one;
for (const name of ["isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"]) byName[name] = overList;
for (const name of "url lowerAscii upperAscii substring trim jsonpatch.escapeKey cidr isIP isCIDR ip quantity isQuantity semver isSemver".split(
  " ",
))
  byName[name] = walk(traversal);

/** Undefined: always 1. `overload` is empty when only the values tell which one runs. */
export function actualCost(name: string, overload: string): ActualCost | undefined {
  if (Object.hasOwn(extended, overload)) return extended[overload];
  if (overload === "cidr_ip") return undefined;
  if (name === "containsIP") return containsCost(() => 0, overload === "cidr_contains_ip_string");
  if (name === "containsCIDR") return containsCost((size) => walked(size) + 1, overload === "cidr_contains_cidr_string");
  const named = Object.hasOwn(byName, name) ? byName[name] : undefined;
  if (named) return named === one ? undefined : named;
  if (name === operators.equals)
    return ([a, b]) => (a instanceof CelObject && a.typeName.includes(".") && !isTime(a) ? 1 : shorter([a, b], undefined));
  return Object.hasOwn(byOverload, overload) ? byOverload[overload] : undefined;
}

const isTime = ({ typeName }: CelObject) => typeName.startsWith("google.");

/** A call that makes a list. */
const allocated = (factor: number, size: number) => Math.trunc(size * factor) + 1 + listCost;
const made: ActualCost = (_, result) => allocated(1, sizeOf(result));
const flattened: ActualCost = ([list, depth]) => allocated(typeof depth === "number" ? depth : 1, sizeOf(list));
/** Every element with every other. */
const compared = (at: number): ActualCost => {
  return (args) => {
    const list = args[at];
    if (!isList(list)) return 1;
    const first = list.length > 0 ? list.at(0) : undefined;
    return allocated(typeof first === "string" || first instanceof Uint8Array ? 2 + traversal : 2, list.length ** 2);
  };
};
const sets = (factor: number): ActualCost => {
  return ([a, b]) => 1 + Math.trunc(sizeOf(a) * sizeOf(b) * factor);
};

/** Of cel-go's own extensions, which bring their costs along. */
const extended: Record<string, ActualCost> = {
  list_slice: made,
  list_flatten: flattened,
  list_flatten_int: flattened,
  lists_range: made,
  list_reverse: made,
  list_distinct: compared(0),
  list_sets_contains_list: sets(1),
  list_sets_intersects_list: sets(1),
  list_sets_equivalent_list: sets(2),
};
for (const kind of ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"]) {
  extended[`list_${kind}_sort`] = compared(0);
  extended[`list_${kind}_sortByAssociatedKeys`] = compared(1);
}
