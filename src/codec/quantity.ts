/**
 * Amounts of resources as Kubernetes writes them: `100m`, `1.5`, `128Mi`, `2e3`. Kept as an integer of billionths, so that
 * sums and comparisons are exact, with the suffix family in which it was written.
 */

export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

export interface Quantity {
  /** The amount times 10^9. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

export class QuantityError extends Error {
  override name = "QuantityError";
}

/** Number, then a suffix that is looked up apart: what is no number and what is no suffix have messages of their own. */
const shape = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;
const grammar = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const badSuffix = "unable to parse quantity's suffix";
const decimal: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binary: Record<string, number> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const billion = 1_000_000_000n;
const largest = 2n ** 63n - 1n;
/** Upstream takes any length and exponent; no amount needs them, and a bigint of a megabyte of digits is slow. */
const maxLength = 1000;
const maxExponent = 1000;

interface Written {
  negative: boolean;
  /** Digits before the point without leading zeros, `0` when there are none, and those behind it. */
  whole: string;
  fraction: string;
  format: QuantityFormat;
  /** Of ten, or of two for the binary family. */
  exponent: number;
}

function readQuantity(text: string): Written {
  const match = text.length > maxLength || text === "" ? null : shape.exec(text);
  if (!match) throw new QuantityError(grammar);
  const [, sign, digits = "", fraction = "", suffix = ""] = match;
  const written = { negative: sign === "-", whole: digits.replace(/^0+/, "") || "0", fraction };
  if (Object.hasOwn(decimal, suffix)) return { ...written, format: "DecimalSI", exponent: decimal[suffix]! };
  if (Object.hasOwn(binary, suffix)) return { ...written, format: "BinarySI", exponent: binary[suffix]! };
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1];
  if (exponent === undefined || Math.abs(Number(exponent)) > maxExponent) throw new QuantityError(badSuffix);
  return { ...written, format: "DecimalExponent", exponent: Number(exponent) };
}

/** The same few amounts are written again and again: in every pod of a template, and in each status. */
const mostKnown = 2000;
const longestKnown = 24;

function remembering<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value !== undefined) return value;
    value = read(text);
    if (known.size >= mostKnown) known.clear();
    if (text.length <= longestKnown) known.set(text, value);
    return value;
  };
}

/** Throws QuantityError with upstream's words. Amounts finer than a billionth are rounded up, binary ones beyond 2^63-1 capped. */
export const parseQuantity: (text: string) => Quantity = remembering((text) => Object.freeze(amountOf(readQuantity(text))));

function amountOf({ negative, whole, fraction, format, exponent }: Written): Quantity {
  const digits = BigInt(whole + fraction);
  let nanos: bigint;
  if (format === "BinarySI") nanos = divideUp(digits * billion * 2n ** BigInt(exponent), 10n ** BigInt(fraction.length));
  else {
    const scale = 9 + exponent - fraction.length;
    nanos = scale >= 0 ? digits * 10n ** BigInt(scale) : divideUp(digits, 10n ** BigInt(-scale));
  }
  if (format === "BinarySI" && nanos > largest * billion) nanos = largest * billion;
  return { nanos: negative ? -nanos : nanos, format };
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

/** The canonical form: no fraction, the largest suffix that allows it; binary amounts below 1024 become decimal. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return "0";
  const sign = nanos < 0n ? "-" : "";
  const size = nanos < 0n ? -nanos : nanos;
  const fitsBinary = format === "BinarySI" && size % billion === 0n && size / billion >= 1024n;
  if (fitsBinary) {
    let value = size / billion;
    let suffix = "";
    for (const next of ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]) {
      if (value % 1024n !== 0n) break;
      value /= 1024n;
      suffix = next;
    }
    return `${sign}${value}${suffix}`;
  }
  let value = size;
  let exponent = -9;
  while (value % 1000n === 0n && (format === "DecimalExponent" || exponent < 18)) {
    value /= 1000n;
    exponent += 3;
  }
  if (format === "DecimalExponent") return `${sign}${value}${exponent === 0 ? "" : `e${exponent}`}`;
  const suffix = Object.keys(decimal).find((key) => decimal[key] === exponent)!;
  return `${sign}${value}${suffix}`;
}

/** What the API server writes back for a quantity: upstream keeps what is canonical already, or nearly so. */
export const canonicalQuantity: (text: string) => string = remembering((text) => {
  const written = readQuantity(text);
  return isKept(written) ? text : formatQuantity(amountOf(written));
});

function isKept({ whole, fraction, format, exponent }: Written): boolean {
  if (format === "BinarySI") {
    const digits = 15 - whole.length - Math.trunc(Math.fround((exponent * 3) / 10)) - 1;
    return fraction === "" && digits >= 0 && BigInt(whole) % 8n !== 0n;
  }
  const digits = whole + fraction;
  const scale = exponent - fraction.length;
  return digits.length <= 18 && scale >= -9 && scale % 3 === 0 && !digits.endsWith("000") && digits[0] !== "0";
}

export function compareQuantity(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/** The sum, in the form of the first that is not zero. */
export function addQuantity(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function subtractQuantity(a: Quantity, b: Quantity): Quantity {
  return addQuantity(a, { nanos: -b.nanos, format: b.format });
}

/** As a float: exact below 2^53. */
export function quantityToNumber({ nanos }: Quantity): number {
  return nanos % billion === 0n ? Number(nanos / billion) : Number(nanos) / 1e9;
}

/** Whole units, rounded up. */
export function quantityValue({ nanos }: Quantity): number {
  return Number(roundUp(nanos, billion));
}

/** Thousandths, rounded up. */
export function milliValue({ nanos }: Quantity): number {
  return Number(roundUp(nanos, 1_000_000n));
}

function roundUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value > 0n && value % by !== 0n ? quotient + 1n : quotient;
}
