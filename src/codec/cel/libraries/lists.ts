/** Kubernetes' functions of lists, cel-go's extension of lists (third version), and sets. */
import { declare, type FunctionDeclaration, member, overload, type Value } from "../declare.ts";
import { compare, equals } from "../equality.ts";
import { addInts } from "../functions/arithmetic.ts";
import { Duration } from "../time.ts";
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  intType,
  listOf,
  param,
  stringType,
  type Type,
  timestampType,
  uintType,
} from "../types.ts";
import { type Double, double, doubleValue, Fault, isList, type ListValue, maxUint, noSuchOverload, runtimeType, Uint } from "../value.ts";

const A = param("A");
const T = listOf(param("T"));

const comparable: readonly Type[] = [intType, uintType, doubleType, boolType, durationType, timestampType, stringType, bytesType];

const overEach = (name: string, id: (kind: string) => string, result: (type: Type) => Type, run: (list: ListValue) => Value) =>
  declare(name, ...comparable.map((type) => member(id(type.kind), [listOf(type)], result(type), run)));

/** What has no order is in order: upstream looks for what is greater, and finds an error, which is not. */
function isGreater(a: Value, b: Value): boolean {
  try {
    return compare(a, b) > 0;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

function isSorted(list: ListValue): boolean {
  let before: Value;
  for (const each of list) {
    if (before !== undefined && isGreater(before, each)) return false;
    before = each;
  }
  return true;
}

const extreme = (name: string, isBetter: (a: Value, b: Value) => boolean) => (list: ListValue) => {
  let best: Value;
  for (const each of list) if (best === undefined || isBetter(each, best)) best = each;
  if (best === undefined) throw new Fault(`${name} called on empty list`);
  return best;
};

function addUints(a: Uint, b: Uint): Uint {
  const sum = a.value + b.value;
  if (sum > maxUint) throw new Fault("unsigned integer overflow");
  return new Uint(sum);
}

const summed =
  <V>(zero: V, add: (a: V, b: V) => V) =>
  (list: Iterable<V>): V => {
    const { kind } = runtimeType(zero);
    let sum = zero;
    for (const each of list) {
      if (runtimeType(each).kind !== kind) throw noSuchOverload();
      sum = add(sum, each);
    }
    return sum;
  };
type Int = number | bigint;
type Real = number | Double;
const sums: [Type, (list: never) => Value][] = [
  [intType, summed<Int>(0, addInts)],
  [uintType, summed(new Uint(0n), addUints)],
  [doubleType, summed<Real>(double(0), (a, b) => double(doubleValue(a) + doubleValue(b)))],
  [durationType, summed(new Duration(0n), (a, b) => new Duration(a.nanos + b.nanos))],
];

function indexOf(list: ListValue, wanted: Value): number {
  let index = 0;
  for (const each of list) {
    if (equals(each, wanted)) return index;
    index++;
  }
  return -1;
}

function lastIndexOf(list: ListValue, wanted: Value): number {
  for (let index = list.length - 1; index >= 0; index--) if (equals(list.at(index), wanted)) return index;
  return -1;
}

function slice(list: ListValue, from: number, to: number): Value[] {
  const wrong = (why: string) => new Fault(`cannot slice(${from}, ${to}), ${why}`);
  if (from < 0 || to < 0) throw wrong("negative indexes not supported");
  if (from > to) throw wrong("start index must be less than or equal to end index");
  if (list.length < to) throw wrong(`list is length ${list.length}`);
  return elements(list).slice(from, to);
}

const elements = (list: ListValue): Value[] => (Array.isArray(list) ? (list as Value[]) : [...list]);

/** Lists within lists come up; depth is bounded by what JSON and expressions nest. */
function flatten(list: ListValue, depth = 1): Value[] {
  if (depth < 0) throw new Fault("level must be non-negative");
  const flat: Value[] = [];
  for (const each of list) {
    if (depth > 0 && isList(each)) for (const inner of flatten(each, depth - 1)) flat.push(inner);
    else flat.push(each);
  }
  return flat;
}

function sortBy(list: ListValue, keys: ListValue): ListValue {
  if (list.length !== keys.length)
    throw new Fault(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${list.length} and ${keys.length} elements respectively`,
    );
  if (list.length === 0) return list;
  const kind = runtimeType(keys.at(0)).kind;
  if (!comparable.some((type) => type.kind === kind)) throw new Fault("list elements must be comparable");
  const pairs = elements(keys).map((key, i) => ({ key, element: list.at(i) }));
  if (pairs.some(({ key }) => runtimeType(key).kind !== kind)) throw new Fault("list elements must have the same type");
  return pairs.sort((a, b) => compare(a.key, b.key) || 0).map(({ element }) => element);
}

/** Longer ranges than any budget pays for are cut off before they are made. */
const longestRange = 1_000_000;
function range(count: number | bigint): number[] {
  if (count > longestRange) throw new Fault("operation cancelled: actual cost limit exceeded", true);
  return Array.from({ length: Math.max(0, Number(count)) }, (_, i) => i);
}

function distinct(list: ListValue): Value[] {
  const seen: Value[] = [];
  for (const each of list) if (!seen.some((other) => equals(each, other))) seen.push(each);
  return seen;
}

const contains = (list: ListValue, wanted: ListValue) => elements(wanted).every((each) => indexOf(list, each) >= 0);
const set = (name: string, run: (a: ListValue, b: ListValue) => boolean) =>
  declare(`sets.${name}`, overload(`list_sets_${name}_list`, [T, T], boolType, run));

export const lists: readonly FunctionDeclaration[] = [
  overEach(
    "isSorted",
    (kind) => `list_${kind}_is_sorted_bool`,
    () => boolType,
    isSorted,
  ),
  overEach(
    "max",
    (kind) => `list_${kind}_max_${kind}`,
    (type) => type,
    extreme("max", isGreater),
  ),
  overEach(
    "min",
    (kind) => `list_${kind}_min_${kind}`,
    (type) => type,
    extreme("min", (a, b) => isGreater(b, a)),
  ),
  declare("sum", ...sums.map(([type, run]) => member(`list_${type.kind}_sum_${type.kind}`, [listOf(type)], type, run))),
  declare("indexOf", member("list_a_index_of_int", [listOf(A), A], intType, indexOf)),
  declare("lastIndexOf", member("list_a_last_index_of_int", [listOf(A), A], intType, lastIndexOf)),
  declare("slice", member("list_slice", [T, intType, intType], T, slice)),
  declare(
    "flatten",
    member("list_flatten", [listOf(T)], T, (list: ListValue) => flatten(list)),
    member("list_flatten_int", [listOf(dynType), intType], listOf(dynType), flatten),
  ),
  overEach(
    "sort",
    (kind) => `list_${kind}_sort`,
    listOf,
    (list) => sortBy(list, list),
  ),
  declare(
    "@sortByAssociatedKeys",
    ...comparable.map((type) => member(`list_${type.kind}_sortByAssociatedKeys`, [T, listOf(type)], T, sortBy)),
  ),
  declare("lists.range", overload("lists_range", [intType], listOf(intType), range)),
  declare(
    "reverse",
    member("list_reverse", [T], T, (list: ListValue) => elements(list).toReversed()),
  ),
  declare("distinct", member("list_distinct", [T], T, distinct)),
  set("contains", contains),
  set("equivalent", (a, b) => contains(a, b) && contains(b, a)),
  set("intersects", (a, b) => elements(a).some((each) => indexOf(b, each) >= 0)),
];
