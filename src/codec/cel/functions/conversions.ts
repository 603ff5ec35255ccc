/** `int(x)`, `string(x)` and their like. */
import { declare, type FunctionDeclaration, overload, type Value } from "../declare.ts";
import { Duration, parseDuration, parseTimestamp, Timestamp } from "../time.ts";
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  intType,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  param,
  stringType,
  type Type,
  timestampType,
  typeOf,
  typeType,
  uintType,
} from "../types.ts";
import { type Double, double, doubleValue, Fault, intOf, maxInt, maxUint, minInt, TypeValue, typeNameOf, Uint } from "../value.ts";

type Int = number | bigint;
type Real = number | Double;

const A = param("A");
const billion = 1_000_000_000n;

const failed = (to: Type): never => {
  throw new Fault(`type conversion error from 'string' to '${to.name}'`);
};

/** Go reads no blanks, no empty text, and no separators. */
const integer = /^[+-]?\d+$/;
const unsigned = /^\d+$/;
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const named = /^([+-]?)(inf(?:inity)?|nan)$/i;
/** No number needs more, and a bigint of many digits is slow. */
const longestNumber = 400;

function intOfString(text: string): Int {
  const value = text.length <= longestNumber && integer.test(text) ? BigInt(text.replace("+", "")) : failed(intType);
  return value < minInt || value > maxInt ? failed(intType) : intOf(value);
}

function uintOfString(text: string): Uint {
  const value = text.length <= longestNumber && unsigned.test(text) ? BigInt(text) : failed(uintType);
  return value > maxUint ? failed(uintType) : new Uint(value);
}

function doubleOfString(text: string): Real {
  const special = named.exec(text);
  if (special) return /nan/i.test(text) ? Number.NaN : special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (text.length > longestNumber || !decimal.test(text)) return failed(doubleType);
  const value = Number(text);
  return Number.isFinite(value) ? double(value) : failed(doubleType);
}

function intOfDouble(value: Real): Int {
  const number = Math.trunc(doubleValue(value));
  // The ends themselves are refused: doubles near them are not exact.
  if (!(number > -(2 ** 63) && number < 2 ** 63)) throw new Fault("integer overflow");
  return intOf(BigInt(number));
}

function uintOfDouble(value: Real): Uint {
  const number = doubleValue(value);
  if (!(number >= 0 && number < 2 ** 64)) throw new Fault("unsigned integer overflow");
  return new Uint(BigInt(Math.trunc(number)));
}

function uintOfInt(value: Int): Uint {
  if (value < 0) throw new Fault("unsigned integer overflow");
  return new Uint(BigInt(value));
}

function intOfUint({ value }: Uint): Int {
  if (value > maxInt) throw new Fault("integer overflow");
  return intOf(value);
}

const trueWords = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const falseWords = new Set(["0", "f", "F", "FALSE", "false", "False"]);
function boolOfString(text: string): boolean {
  return trueWords.has(text) || (falseWords.has(text) ? false : failed(boolType));
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
function stringOfBytes(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Fault("invalid UTF-8 in bytes, cannot convert to string");
  }
}

/** As Go's 'g' with the fewest digits: an exponent of two digits at least, from 21 on. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (power < -4 || power >= 21) return `${digits}e${power < 0 ? "-" : "+"}${Math.abs(power).toString().padStart(2, "0")}`;
  return power < 0 ? value.toFixed(digits.replace(/[-.]/g, "").length - power - 1) : value.toString();
}

function timestampOf(text: string): Timestamp {
  return parseTimestamp(text) ?? failed(timestampType);
}

function durationOf(text: string): Duration {
  return parseDuration(text) ?? failed(durationType);
}

const same = (value: Value) => value;

export const conversions: FunctionDeclaration[] = [
  declare(
    "type",
    overload("type", [A], typeOf(A), (value: Value) => new TypeValue(typeNameOf(value))),
  ),
  declare("dyn", overload("to_dyn", [A], dynType, same)),
  declare("bool", overload("bool_to_bool", [boolType], boolType, same), overload("string_to_bool", [stringType], boolType, boolOfString)),
  declare(
    "bytes",
    overload("bytes_to_bytes", [bytesType], bytesType, same),
    overload("string_to_bytes", [stringType], bytesType, (text: string) => encoder.encode(text)),
  ),
  declare(
    "double",
    overload("double_to_double", [doubleType], doubleType, same),
    overload("int64_to_double", [intType], doubleType, (value: Int) => double(Number(value))),
    overload("string_to_double", [stringType], doubleType, doubleOfString),
    overload("uint64_to_double", [uintType], doubleType, ({ value }: Uint) => double(Number(value))),
  ),
  declare(
    "duration",
    overload("duration_to_duration", [durationType], durationType, same),
    overload("int64_to_duration", [intType], durationType, (nanos: Int) => new Duration(BigInt(nanos))),
    overload("string_to_duration", [stringType], durationType, durationOf),
  ),
  declare(
    "int",
    overload("int64_to_int64", [intType], intType, same),
    overload("double_to_int64", [doubleType], intType, intOfDouble),
    overload("duration_to_int64", [durationType], intType, ({ nanos }: Duration) => intOf(nanos)),
    overload("string_to_int64", [stringType], intType, intOfString),
    overload("timestamp_to_int64", [timestampType], intType, ({ seconds }: Timestamp) => intOf(seconds)),
    overload("uint64_to_int64", [uintType], intType, intOfUint),
  ),
  declare(
    "string",
    overload("string_to_string", [stringType], stringType, same),
    overload("bool_to_string", [boolType], stringType, String),
    overload("bytes_to_string", [bytesType], stringType, stringOfBytes),
    overload("double_to_string", [doubleType], stringType, (value: Real) => formatDouble(doubleValue(value))),
    overload("duration_to_string", [durationType], stringType, String),
    overload("int64_to_string", [intType], stringType, String),
    overload("timestamp_to_string", [timestampType], stringType, String),
    overload("uint64_to_string", [uintType], stringType, ({ value }: Uint) => String(value)),
  ),
  declare(
    "timestamp",
    overload("timestamp_to_timestamp", [timestampType], timestampType, same),
    overload("int64_to_timestamp", [intType], timestampType, (seconds: Int) => new Timestamp(BigInt(seconds) * billion)),
    overload("string_to_timestamp", [stringType], timestampType, timestampOf),
  ),
  declare(
    "uint",
    overload("uint64_to_uint64", [uintType], uintType, same),
    overload("double_to_uint64", [doubleType], uintType, uintOfDouble),
    overload("int64_to_uint64", [intType], uintType, uintOfInt),
    overload("string_to_uint64", [stringType], uintType, uintOfString),
  ),
];

/** Functions that run at compile time when what they convert is constant. */
export const conversionNames: ReadonlySet<string> = new Set(conversions.map(({ name }) => name));

/** Names that are types. */
export const namedTypes: ReadonlyMap<string, Type> = new Map(
  [
    ...[boolType, bytesType, doubleType, durationType, intType, nullType, stringType, timestampType, uintType, typeType],
    ...[listOf(A), mapOf(A, param("B")), optionalOf(param("V"))],
  ].map((type) => [type.name, type]),
);
