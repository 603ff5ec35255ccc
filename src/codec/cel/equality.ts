/** Equality and order of values: across the types of numbers, and of lists and maps by what they hold. */
import { Duration, Timestamp } from "./time.ts";
import {
  CelObject,
  Double,
  Fault,
  isDouble,
  isList,
  isMap,
  List,
  type ListValue,
  type MapValue,
  mapEntries,
  mapGet,
  mapSize,
  noSuchOverload,
  Optional,
  TypeValue,
  Uint,
} from "./value.ts";

/** Below this, the comparison goes down by itself; JSON is not deeper. */
const deepest = 2000;

export function equals(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (typeof a !== "object" && typeof b !== "object") return looselyNumeric(a, b);
  if (a === null || b === null) return false;
  if (depth > deepest) throw new Fault("nested too deep to compare");
  if (isList(a)) return isList(b) && equalLists(a, b, depth);
  if (a instanceof CelObject) return a.equals(b);
  if (b instanceof CelObject) return b.equals(a);
  if (isMap(a)) return isMap(b) && equalMaps(a, b, depth);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Optional) {
    if (!(b instanceof Optional)) return false;
    if (a.value === undefined || b.value === undefined) return a.value === b.value;
    return equals(a.value, b.value, depth + 1);
  }
  return looselyNumeric(a, b);
}

/** What `===` did not see: equal numbers of different types. */
function looselyNumeric(a: unknown, b: unknown): boolean {
  return isNumeric(a) && isNumeric(b) && compareNumbers(a, b) === 0;
}

export type Numeric = number | bigint | Double | Uint;
export const isNumeric = (value: unknown): value is Numeric =>
  typeof value === "number" || typeof value === "bigint" || value instanceof Double || value instanceof Uint;

function equalLists(a: ListValue, b: ListValue, depth: number): boolean {
  const own = a instanceof List ? a.equalsList(b) : b instanceof List ? b.equalsList(a) : undefined;
  if (own !== undefined) return own;
  if (a.length !== b.length) return false;
  const others = b[Symbol.iterator]();
  for (const each of a) if (!equals(each, others.next().value, depth + 1)) return false;
  return true;
}

function equalMaps(a: MapValue, b: MapValue, depth: number): boolean {
  if (mapSize(a) !== mapSize(b)) return false;
  for (const [key, value] of mapEntries(a)) {
    const other = mapGet(b, key);
    if (other === undefined || !equals(value, other, depth + 1)) return false;
  }
  return true;
}

const plain = (value: Numeric): number | bigint => (value instanceof Double ? value.value : value instanceof Uint ? value.value : value);

/** NaN for what has no order. An integer is compared with a double as a double, within what integers can be. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  const [x, y] = [plain(a), plain(b)];
  if (isDouble(a) === isDouble(b)) return order(x, y);
  const [real, whole] = isDouble(a) ? [Number(x), y] : [Number(y), x];
  const limit = a instanceof Uint || b instanceof Uint ? 2 ** 64 : 2 ** 63;
  const result = real > limit ? 1 : real < -limit ? -1 : order(real, Number(whole));
  return isDouble(a) ? result : -result;
}

function order(x: number | bigint, y: number | bigint): number {
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number that are one value are equal by == only.
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : Number.NaN;
}

/** -1, 0 or 1; NaN when one is not a number. Faults for what has no order. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN;
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b);
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a instanceof Timestamp && b instanceof Timestamp) return sign(a.nanos - b.nanos);
  if (a instanceof Duration && b instanceof Duration) return sign(a.nanos - b.nanos);
  throw noSuchOverload();
}

const sign = (value: bigint) => (value < 0n ? -1 : value > 0n ? 1 : 0);

/** By code points, as Go's bytes are in order: half of a pair counts as above all that has none. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    const [xPair, yPair] = [(x & 0xf800) === 0xd800, (y & 0xf800) === 0xd800];
    return xPair !== yPair ? (xPair ? 1 : -1) : x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}
