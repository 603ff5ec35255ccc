/** Amounts of resources: `quantity("1.5Gi").isGreaterThan(quantity("1Gi"))`. */
import {
  addQuantity,
  compareQuantity,
  parseQuantity,
  type Quantity,
  QuantityError,
  quantityToNumber,
  subtractQuantity,
} from "../../quantity.ts";
import { declare, member, overload } from "../declare.ts";
import { boolType, doubleType, intType, objectOf, stringType } from "../types.ts";
import { CelObject, double, Fault, intOf, maxInt, minInt } from "../value.ts";

const type = objectOf("kubernetes.Quantity");
const billion = 1_000_000_000n;

class Amount extends CelObject {
  readonly typeName = type.name;
  readonly quantity: Quantity;
  /** False when it is written with a fraction, or in thousandths: upstream does not look whether that comes out even. */
  readonly isWhole: boolean;
  constructor(quantity: Quantity, isWhole: boolean) {
    super();
    this.quantity = quantity;
    this.isWhole = isWhole && quantity.nanos % billion === 0n;
  }
  equals(other: unknown): boolean {
    return other instanceof Amount && compareQuantity(this.quantity, other.quantity) === 0;
  }
  get integer(): bigint | undefined {
    const value = this.quantity.nanos / billion;
    return this.isWhole && value >= minInt && value <= maxInt ? value : undefined;
  }
}

function read(text: string): Amount {
  try {
    return new Amount(parseQuantity(text), !/\.|[num]$|[eE]-/.test(text));
  } catch (error) {
    if (error instanceof QuantityError) throw new Fault(error.message);
    throw error;
  }
}

function isQuantity(text: string): boolean {
  try {
    read(text);
    return true;
  } catch {
    return false;
  }
}

function asInteger({ integer }: Amount) {
  if (integer === undefined) throw new Fault("cannot convert value to integer");
  return intOf(integer);
}

const whole = (value: number | bigint) => new Amount({ nanos: BigInt(value) * billion, format: "DecimalExponent" }, true);
const added = (a: Amount, b: Amount) => new Amount(addQuantity(a.quantity, b.quantity), a.isWhole && b.isWhole);
const subtracted = (a: Amount, b: Amount) => new Amount(subtractQuantity(a.quantity, b.quantity), a.isWhole && b.isWhole);
const order = (a: Amount, b: Amount) => compareQuantity(a.quantity, b.quantity);

const [one, two, withInt] = [[type], [type, type], [type, intType]];
export const quantities = [
  declare("quantity", overload("string_to_quantity", [stringType], type, read)),
  declare("isQuantity", overload("is_quantity_string", [stringType], boolType, isQuantity)),
  declare(
    "sign",
    overload("quantity_sign", one, intType, ({ quantity: { nanos } }: Amount) => (nanos > 0n ? 1 : nanos < 0n ? -1 : 0)),
  ),
  declare(
    "isGreaterThan",
    member("quantity_is_greater_than", two, boolType, (a: Amount, b: Amount) => order(a, b) > 0),
  ),
  declare(
    "isLessThan",
    member("quantity_is_less_than", two, boolType, (a: Amount, b: Amount) => order(a, b) < 0),
  ),
  declare("compareTo", member("quantity_compare_to", two, intType, order)),
  declare(
    "asApproximateFloat",
    member("quantity_get_float", one, doubleType, ({ quantity }: Amount) => double(quantityToNumber(quantity))),
  ),
  declare("asInteger", member("quantity_get_int", one, intType, asInteger)),
  declare(
    "isInteger",
    member("quantity_is_integer", one, boolType, ({ integer }: Amount) => integer !== undefined),
  ),
  declare(
    "add",
    member("quantity_add", two, type, added),
    member("quantity_add_int", withInt, type, (a: Amount, b: number | bigint) => added(a, whole(b))),
  ),
  declare(
    "sub",
    member("quantity_sub", two, type, subtracted),
    member("quantity_sub_int", withInt, type, (a: Amount, b: number | bigint) => subtracted(a, whole(b))),
  ),
];
