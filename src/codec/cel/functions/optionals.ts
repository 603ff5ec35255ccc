/** Optional values: made, asked, and unwrapped. Selection by `.?` and `[?]`, `or` and `orValue` run in the plan itself. */
import { operators } from "../ast.ts";
import { declare, member, overload, type Value } from "../declare.ts";
import { Duration, Timestamp } from "../time.ts";
import { boolType, dynType, intType, listOf, mapOf, optionalOf, param, stringType } from "../types.ts";
import { Double, Fault, isList, isMap, type ListValue, mapSize, noSuchOverload, noValue, Optional, Uint } from "../value.ts";

const K = param("K");
const V = param("V");
const optionalV = optionalOf(V);
const listV = listOf(V);
const mapKV = mapOf(K, V);

const inPlan = (): never => {
  throw noSuchOverload();
};

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === "") return true;
  if (value instanceof Uint8Array) return value.length === 0;
  if (isList(value)) return value.length === 0;
  if (isMap(value)) return mapSize(value) === 0;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Double) return value.value === 0;
  if (value instanceof Duration || value instanceof Timestamp) return value.nanos === 0n;
  return value instanceof Optional && value.value === undefined;
}

function held({ value }: Optional): Value {
  if (value === undefined) throw new Fault("optional.none() dereference");
  return value;
}

function unwrap(list: ListValue): Value[] {
  const values: Value[] = [];
  for (const each of list) {
    if (!(each instanceof Optional)) throw new Fault(`value ${String(each)} is not optional`);
    if (each.value !== undefined) values.push(each.value);
  }
  return values;
}

export const optionals = [
  declare(
    "optional.of",
    overload("optional_of", [V], optionalV, (value: Value) => new Optional(value)),
  ),
  declare(
    "optional.ofNonZeroValue",
    overload("optional_ofNonZeroValue", [V], optionalV, (value: Value) => (isZero(value) ? noValue : new Optional(value))),
  ),
  declare(
    "optional.none",
    overload("optional_none", [], optionalV, () => noValue),
  ),
  declare("value", member("optional_value", [optionalV], V, held)),
  declare(
    "hasValue",
    member("optional_hasValue", [optionalV], boolType, ({ value }: Optional) => value !== undefined),
  ),
  declare("or", member("optional_or_optional", [optionalV, optionalV], optionalV, inPlan)),
  declare("orValue", member("optional_orValue_value", [optionalV, V], V, inPlan)),
  declare(operators.optionalSelect, overload("select_optional_field", [dynType, stringType], optionalV, inPlan)),
  declare(
    operators.optionalIndex,
    overload("list_optindex_optional_int", [listV, intType], optionalV, inPlan),
    overload("optional_list_optindex_optional_int", [optionalOf(listV), intType], optionalV, inPlan),
    overload("map_optindex_optional_value", [mapKV, K], optionalV, inPlan),
    overload("optional_map_optindex_optional_value", [optionalOf(mapKV), K], optionalV, inPlan),
  ),
  declare(
    operators.index,
    overload("optional_list_index_int", [optionalOf(listV), intType], optionalV, inPlan),
    overload("optional_map_index_value", [optionalOf(mapKV), K], optionalV, inPlan),
  ),
  declare(
    "first",
    member("list_first", [listV], optionalV, (list: ListValue) => (list.length === 0 ? noValue : new Optional(list.at(0)))),
  ),
  declare(
    "last",
    member("list_last", [listV], optionalV, (list: ListValue) => (list.length === 0 ? noValue : new Optional(list.at(list.length - 1)))),
  ),
  declare("optional.unwrap", overload("optional_unwrap", [listOf(optionalV)], listV, unwrap)),
  declare("unwrapOpt", member("optional_unwrapOpt", [listOf(optionalV)], listV, unwrap)),
];
