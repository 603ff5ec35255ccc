/** Order, membership, sizes, and what `==` and the logical operators are declared as; those run in the plan itself. */
import { operators } from "../ast.ts";
import { declare, type FunctionDeclaration, member, overload } from "../declare.ts";
import { compare, equals } from "../equality.ts";
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  intType,
  listOf,
  mapOf,
  param,
  stringType,
  type Type,
  timestampType,
  uintType,
} from "../types.ts";
import { isList, isMap, type ListValue, type MapValue, mapHas, mapSize, noSuchOverload, stringSize } from "../value.ts";

const A = param("A");
const B = param("B");
const listA = listOf(A);
const mapAB = mapOf(A, B);

const ordered: [name: string, Type][] = [
  ["bool", boolType],
  ["int64", intType],
  ["uint64", uintType],
  ["double", doubleType],
  ["string", stringType],
  ["bytes", bytesType],
  ["timestamp", timestampType],
  ["duration", durationType],
];
const numeric = ordered.slice(1, 4);

function relation(name: string, id: string, holds: (order: number) => boolean): FunctionDeclaration {
  const run = (a: unknown, b: unknown) => holds(compare(a, b));
  const crossed = numeric.flatMap(([one, a]) =>
    numeric.filter(([two]) => two !== one).map(([two, b]) => overload(`${id}_${one}_${two}`, [a, b], boolType, run)),
  );
  return declare(name, ...ordered.map(([of, type]) => overload(`${id}_${of}`, [type, type], boolType, run)), ...crossed);
}

/** The plan evaluates these itself: operands are not all evaluated, or may be of any type. */
const inPlan = (): never => {
  throw noSuchOverload();
};

function isIn(element: unknown, of: ListValue): boolean {
  if (!isList(of)) throw noSuchOverload();
  for (const each of of) if (equals(element, each)) return true;
  return false;
}

function isKey(key: unknown, of: MapValue): boolean {
  if (!isMap(of)) throw noSuchOverload();
  return mapHas(of, key);
}

const sizes: [name: string, Type, (value: never) => number][] = [
  ["bytes", bytesType, (value: Uint8Array) => value.length],
  ["list", listA, (value: ListValue) => value.length],
  ["map", mapAB, (value: MapValue) => mapSize(value)],
  ["string", stringType, (value: string) => stringSize(value)],
];

export const relations = [
  declare(operators.conditional, overload("conditional", [boolType, A, A], A, inPlan)),
  declare(operators.and, overload("logical_and", [boolType, boolType], boolType, inPlan)),
  declare(operators.or, overload("logical_or", [boolType, boolType], boolType, inPlan)),
  declare(
    operators.not,
    overload("logical_not", [boolType], boolType, (a: boolean) => !a),
  ),
  declare(operators.notStrictlyFalse, overload("not_strictly_false", [boolType], boolType, inPlan)),
  declare(operators.equals, overload("equals", [A, A], boolType, inPlan)),
  declare(operators.notEquals, overload("not_equals", [A, A], boolType, inPlan)),
  relation(operators.less, "less", (order) => order < 0),
  relation(operators.lessEquals, "less_equals", (order) => order <= 0),
  relation(operators.greater, "greater", (order) => order > 0),
  relation(operators.greaterEquals, "greater_equals", (order) => order >= 0),
  declare(operators.index, overload("index_list", [listA, intType], A, inPlan), overload("index_map", [mapAB, A], B, inPlan)),
  declare(operators.in, overload("in_list", [A, listA], boolType, isIn), overload("in_map", [A, mapAB], boolType, isKey)),
  declare(
    "size",
    ...sizes.flatMap(([name, type, run]) => [overload(`size_${name}`, [type], intType, run), member(`${name}_size`, [type], intType, run)]),
  ),
];
