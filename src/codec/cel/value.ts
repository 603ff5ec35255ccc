/**
 * CEL's values as JavaScript's, so that what JSON holds is used as it is, without a copy:
 *
 *   null, bool, string   null, boolean, string
 *   int                  a number that is a safe integer, else a bigint: always the one that fits (`intOf`)
 *   double               a number that is not a safe integer, else a `Double`: always the one that fits (`double`)
 *   uint, bytes          `Uint`, `Uint8Array`
 *   list                 an array, or a `List` (views, concatenations)
 *   map                  a plain object (string keys), or a `CelMap`
 *   everything else      a `CelObject` of its own class
 */
import {
  boolType,
  bytesType,
  doubleType,
  dynType,
  intType,
  listOf,
  mapOf,
  nullType,
  stringType,
  type Type,
  typeType,
  uintType,
} from "./types.ts";

export const minInt = -(2n ** 63n);
export const maxInt = 2n ** 63n - 1n;
export const maxUint = 2n ** 64n - 1n;

/** What evaluation fails with. Thrown as it is: an Error would take a stack for each, and `||` and `&&` catch many. */
export class Fault {
  readonly message: string;
  /** True: the evaluation was cut off, and no `||` absorbs it. */
  readonly isFinal: boolean;
  constructor(message: string, isFinal = false) {
    this.message = message;
    this.isFinal = isFinal;
  }
}

export const noSuchOverload = () => new Fault("no such overload");

/** A double that an integer could be mistaken for. */
export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A type as a value: `type(1)`, or the name `int`. */
export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Optional {
  /** Undefined: `optional.none()`. */
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}
export const noValue = new Optional(undefined);
export const optionalType = "optional_type";

/** What a library or a host brings: opaque values, and objects whose fields are made when they are asked for. */
export abstract class CelObject {
  abstract readonly typeName: string;
  get celType(): Type {
    return { kind: "opaque", name: this.typeName, params: [] };
  }
  /** What `.name` selects; undefined when there is none. */
  get(_name: string): unknown {
    return undefined;
  }
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }
  abstract equals(other: unknown): boolean;
  /** As far as costs go; undefined for what has no size. */
  get size(): number | undefined {
    return undefined;
  }
}

/** A list that is not an array. */
export abstract class List {
  abstract readonly length: number;
  abstract at(index: number): unknown;
  abstract [Symbol.iterator](): Iterator<unknown>;
  /** Undefined: compare element by element. */
  equalsList(_other: ListValue): boolean | undefined {
    return undefined;
  }
  concat(_other: ListValue): ListValue | undefined {
    return undefined;
  }
}
export type ListValue = readonly unknown[] | List;

/** Two lists one after another, neither copied: what is doubled again and again stays small. */
export class ConcatList extends List {
  readonly length: number;
  readonly #left: ListValue;
  readonly #right: ListValue;
  constructor(left: ListValue, right: ListValue) {
    super();
    this.#left = left;
    this.#right = right;
    this.length = left.length + right.length;
  }
  at(index: number): unknown {
    let list: ListValue = this;
    while (list instanceof ConcatList) {
      const left: ListValue = list.#left;
      if (index < left.length) list = left;
      else {
        index -= left.length;
        list = list.#right;
      }
    }
    return list.at(index);
  }
  *[Symbol.iterator](): Iterator<unknown> {
    const open: ListValue[] = [this];
    for (let list = open.pop(); list; list = open.pop()) {
      if (list instanceof ConcatList) open.push(list.#right, list.#left);
      else yield* list;
    }
  }
}

/** Lists below this are copied, which is faster to read; no expression may make one longer than `longestList`. */
const copiedBelow = 256;
const longestList = 2 ** 24;

export function concatLists(left: ListValue, right: ListValue): ListValue {
  const own = left instanceof List ? left.concat(right) : undefined;
  if (own) return own;
  const length = left.length + right.length;
  if (length > longestList) throw new Fault("operation cancelled: actual cost limit exceeded", true);
  if (right.length === 0) return left;
  if (left.length === 0) return right;
  return length <= copiedBelow ? [...left, ...right] : new ConcatList(left, right);
}

/** A map that is no plain object. */
export abstract class MapLike {
  abstract readonly size: number;
  abstract get(key: unknown): unknown;
  abstract entries(): Iterable<readonly [unknown, unknown]>;
  /** What `in` says: a map that answers for every key has only some. */
  has(key: unknown): boolean {
    return this.get(key) !== undefined;
  }
}

/** A map whose keys need not be strings, or that an expression made. */
export class CelMap extends MapLike {
  /** By what `keyOf` makes of the key. */
  readonly #entries = new Map<string | number | boolean | bigint, readonly [key: unknown, value: unknown]>();
  get size(): number {
    return this.#entries.size;
  }
  entries(): Iterable<readonly [unknown, unknown]> {
    return this.#entries.values();
  }
  get(key: unknown): unknown {
    const at = keyOf(key);
    return at === undefined ? undefined : this.#entries.get(at)?.[1];
  }
  set(key: unknown, value: unknown): void {
    const at = keyOf(key);
    if (at === undefined) throw new Fault(`unsupported key type: ${typeNameOf(key)}`);
    this.#entries.set(at, [key, value]);
  }
  /** False when the key is there already. */
  insert(key: unknown, value: unknown): boolean {
    const at = keyOf(key);
    if (at !== undefined && this.#entries.has(at)) return false;
    this.set(key, value);
    return true;
  }
}

/** Numbers that are equal are one key, whatever their type. Undefined for what can be no key. */
export function keyOf(key: unknown): string | number | boolean | bigint | undefined {
  switch (typeof key) {
    case "string":
    case "boolean":
    case "bigint":
      return key;
    case "number":
      return Number.isInteger(key) && !Number.isSafeInteger(key) ? BigInt(key) : key;
  }
  if (key instanceof Uint) return intOf(key.value);
  return key instanceof Double ? key.value + 0 : undefined;
}

/** The one form of an int: a bigint only beyond what a number holds exactly. */
export function intOf(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The one form of a double. */
export const double = (value: number): number | Double => (Number.isSafeInteger(value) ? new Double(value) : value);

export const isInt = (value: unknown): value is number | bigint => typeof value === "bigint" || Number.isSafeInteger(value);
export const isDouble = (value: unknown): value is number | Double =>
  value instanceof Double || (typeof value === "number" && !Number.isSafeInteger(value));
export const doubleValue = (value: number | Double): number => (typeof value === "number" ? value : value.value);
export const isList = (value: unknown): value is ListValue => Array.isArray(value) || value instanceof List;

export type MapValue = MapLike | Record<string, unknown>;
export function isMap(value: unknown): value is MapValue {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof MapLike) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
export const mapSize = (map: MapValue): number => (map instanceof MapLike ? map.size : Object.keys(map).length);
export function mapGet(map: MapValue, key: unknown): unknown {
  if (map instanceof MapLike) return map.get(key);
  return typeof key === "string" && Object.hasOwn(map, key) ? map[key] : undefined;
}
export const mapHas = (map: MapValue, key: unknown): boolean => (map instanceof MapLike ? map.has(key) : mapGet(map, key) !== undefined);
export function mapEntries(map: MapValue): Iterable<readonly [unknown, unknown]> {
  return map instanceof MapLike ? map.entries() : Object.entries(map);
}
export const mapKeys = (map: MapValue): unknown[] =>
  map instanceof MapLike ? Array.from(map.entries(), ([key]) => key) : Object.keys(map);

const dynList = listOf(dynType);
const dynMap = mapOf(dynType, dynType);

export function runtimeType(value: unknown): Type {
  switch (typeof value) {
    case "boolean":
      return boolType;
    case "string":
      return stringType;
    case "bigint":
      return intType;
    case "number":
      return Number.isSafeInteger(value) ? intType : doubleType;
  }
  if (value === null) return nullType;
  if (isList(value)) return dynList;
  if (isMap(value)) return dynMap;
  if (value instanceof Double) return doubleType;
  if (value instanceof Uint) return uintType;
  if (value instanceof Uint8Array) return bytesType;
  if (value instanceof TypeValue) return typeType;
  if (value instanceof Optional) return { kind: "opaque", name: optionalType, params: [dynType] };
  if (value instanceof CelObject) return value.celType;
  return dynType;
}

export const typeNameOf = (value: unknown): string => runtimeType(value).name;

const surrogate = /[\ud800-\udbff]/;

/** In characters, as everywhere in CEL, not in units of UTF-16. */
export function stringSize(text: string): number {
  if (text.length > 16 && !surrogate.test(text)) return text.length;
  let size = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) size--;
  }
  return size;
}
