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

const shape = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/;
const grammar = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const decimal: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binary: Record<string, bigint> = { Ki: 1n << 10n, Mi: 1n << 20n, Gi: 1n << 30n, Ti: 1n << 40n, Pi: 1n << 50n, Ei: 1n << 60n };
const billion = 1_000_000_000n;
const largest = 2n ** 63n - 1n;

/** Throws QuantityError with upstream's words. Amounts finer than a billionth are rounded up, larger than 2^63-1 capped. */
export function parseQuantity(text: string): Quantity {
  const match = shape.exec(text);
  if (!match || (!match[2] && !match[3])) throw new QuantityError(text === "" ? `${grammar}` : grammar);
  const [, sign, whole = "", fraction = "", suffix = ""] = match;
  const digits = BigInt(whole + fraction || "0");
  const scaled = scaleOf(suffix);
  let nanos: bigint;
  if (typeof scaled === "bigint") nanos = divideUp(digits * billion * scaled, 10n ** BigInt(fraction.length));
  else {
    const exponent = 9 + scaled - fraction.length;
    nanos = exponent >= 0 ? digits * 10n ** BigInt(Math.min(exponent, 64)) : divideUp(digits, 10n ** BigInt(Math.min(-exponent, 4096)));
  }
  if (nanos > largest * billion) nanos = largest * billion;
  const format = suffix.endsWith("i") ? "BinarySI" : /^[eE][+-]?\d/.test(suffix) ? "DecimalExponent" : "DecimalSI";
  return { nanos: sign === "-" ? -nanos : nanos, format };
}

function scaleOf(suffix: string): number | bigint {
  if (/^[eE][+-]?\d/.test(suffix)) return Number(suffix.slice(1));
  return binary[suffix] ?? decimal[suffix]!;
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
  while (value % 1000n === 0n && exponent < 18) {
    value /= 1000n;
    exponent += 3;
  }
  if (format === "DecimalExponent") return `${sign}${value}${exponent === 0 ? "" : `e${exponent}`}`;
  const suffix = Object.keys(decimal).find((key) => decimal[key] === exponent)!;
  return `${sign}${value}${suffix}`;
}

/** What the API server writes back for a quantity: upstream keeps a form that is canonical already. */
export function canonicalQuantity(text: string): string {
  return formatQuantity(parseQuantity(text));
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
