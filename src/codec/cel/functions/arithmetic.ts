/** `+ - * / %` and the sign: exact in 64 bits, an overflow is a fault. */
import { operators } from "../ast.ts";
import { declare, overload } from "../declare.ts";
import { Duration, Timestamp } from "../time.ts";
import { bytesType, doubleType, durationType, intType, listOf, param, stringType, type Type, timestampType, uintType } from "../types.ts";
import { concatLists, type Double, double, doubleValue, Fault, intOf, maxInt, maxUint, minInt, Uint } from "../value.ts";

type Int = number | bigint;
type Real = number | Double;

const overflow = (what: string) => new Fault(`${what} overflow`);

function checkedInt(value: bigint): Int {
  if (value < minInt || value > maxInt) throw overflow("integer");
  return intOf(value);
}

function checkedUint(value: bigint): Uint {
  if (value < 0n || value > maxUint) throw overflow("unsigned integer");
  return new Uint(value);
}

/** Numbers as long as they are exact; bigints beyond. */
const ints = (fast: (a: number, b: number) => number, exact: (a: bigint, b: bigint) => bigint) => (a: Int, b: Int) => {
  if (typeof a === "number" && typeof b === "number") {
    const result = fast(a, b);
    if (Number.isSafeInteger(result)) return result + 0;
  }
  return checkedInt(exact(BigInt(a), BigInt(b)));
};

export const addInts = ints(
  (a, b) => a + b,
  (a, b) => a + b,
);
export const subtractInts = ints(
  (a, b) => a - b,
  (a, b) => a - b,
);
const multiplyInts = ints(
  (a, b) => a * b,
  (a, b) => a * b,
);

function divideInts(a: Int, b: Int): Int {
  if (b === 0) throw new Fault("division by zero");
  return typeof a === "number" && typeof b === "number" ? Math.trunc(a / b) + 0 : checkedInt(BigInt(a) / BigInt(b));
}

function moduloInts(a: Int, b: Int): Int {
  if (b === 0) throw new Fault("modulus by zero");
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  if (BigInt(a) === minInt && b === -1) throw overflow("integer");
  return intOf(BigInt(a) % BigInt(b));
}

function divideUints(a: Uint, b: Uint): Uint {
  if (b.value === 0n) throw new Fault("division by zero");
  return new Uint(a.value / b.value);
}

function moduloUints(a: Uint, b: Uint): Uint {
  if (b.value === 0n) throw new Fault("modulus by zero");
  return new Uint(a.value % b.value);
}

const reals = (run: (a: number, b: number) => number) => (a: Real, b: Real) => double(run(doubleValue(a), doubleValue(b)));
const uints = (run: (a: bigint, b: bigint) => bigint) => (a: Uint, b: Uint) => checkedUint(run(a.value, b.value));

const A = param("A");
const two = (type: Type) => [type, type];

export const arithmetic = [
  declare(
    operators.add,
    overload("add_bytes", two(bytesType), bytesType, (a: Uint8Array, b: Uint8Array) => new Uint8Array(Buffer.concat([a, b]))),
    overload(
      "add_double",
      two(doubleType),
      doubleType,
      reals((a, b) => a + b),
    ),
    overload("add_duration_duration", two(durationType), durationType, (a: Duration, b: Duration) => durationOf(a.nanos + b.nanos)),
    overload("add_duration_timestamp", [durationType, timestampType], timestampType, (a: Duration, b: Timestamp) => shifted(b, a.nanos)),
    overload("add_timestamp_duration", [timestampType, durationType], timestampType, (a: Timestamp, b: Duration) => shifted(a, b.nanos)),
    overload("add_int64", two(intType), intType, addInts),
    overload("add_list", two(listOf(A)), listOf(A), concatLists),
    overload("add_string", two(stringType), stringType, (a: string, b: string) => a + b),
    overload(
      "add_uint64",
      two(uintType),
      uintType,
      uints((a, b) => a + b),
    ),
  ),
  declare(
    operators.subtract,
    overload(
      "subtract_double",
      two(doubleType),
      doubleType,
      reals((a, b) => a - b),
    ),
    overload("subtract_duration_duration", two(durationType), durationType, (a: Duration, b: Duration) => durationOf(a.nanos - b.nanos)),
    overload("subtract_int64", two(intType), intType, subtractInts),
    overload("subtract_timestamp_duration", [timestampType, durationType], timestampType, (a: Timestamp, b: Duration) =>
      shifted(a, -b.nanos),
    ),
    overload(
      "subtract_timestamp_timestamp",
      two(timestampType),
      durationType,
      (a: Timestamp, b: Timestamp) => new Duration(a.nanos - b.nanos),
    ),
    overload(
      "subtract_uint64",
      two(uintType),
      uintType,
      uints((a, b) => a - b),
    ),
  ),
  declare(
    operators.multiply,
    overload(
      "multiply_double",
      two(doubleType),
      doubleType,
      reals((a, b) => a * b),
    ),
    overload("multiply_int64", two(intType), intType, multiplyInts),
    overload(
      "multiply_uint64",
      two(uintType),
      uintType,
      uints((a, b) => a * b),
    ),
  ),
  declare(
    operators.divide,
    overload(
      "divide_double",
      two(doubleType),
      doubleType,
      reals((a, b) => a / b),
    ),
    overload("divide_int64", two(intType), intType, divideInts),
    overload("divide_uint64", two(uintType), uintType, divideUints),
  ),
  declare(
    operators.modulo,
    overload("modulo_int64", two(intType), intType, moduloInts),
    overload("modulo_uint64", two(uintType), uintType, moduloUints),
  ),
  declare(
    operators.negate,
    overload("negate_double", [doubleType], doubleType, (a: Real) => double(-doubleValue(a))),
    overload("negate_int64", [intType], intType, (a: Int) => (typeof a === "number" ? 0 - a : checkedInt(-a))),
  ),
];

function durationOf(nanos: bigint): Duration {
  if (nanos < minInt || nanos > maxInt) throw overflow("integer");
  return new Duration(nanos);
}

/** A sum beyond 64 bits of nanoseconds is one of durations; one beyond the years of timestamps is theirs. */
function shifted(time: Timestamp, by: bigint): Timestamp {
  return new Timestamp(time.nanos + by);
}
