/** `"%s is %d".format([x, y])`: cel-go's clauses, as it writes them in English. */
import type { Value } from "../declare.ts";
import { formatDouble } from "../functions/conversions.ts";
import { Duration, Timestamp } from "../time.ts";
import {
  type Double,
  doubleValue,
  Fault,
  isDouble,
  isInt,
  isList,
  isMap,
  type ListValue,
  type MapValue,
  mapEntries,
  TypeValue,
  typeNameOf,
  Uint,
} from "../value.ts";

/** What is wrong with a template or with an argument. */
export class FormatError extends Error {
  /** Where the argument that does not fit stands in the source; undefined when it is the template. */
  readonly argument: number | undefined;
  constructor(message: string, argument?: number) {
    super(message);
    this.argument = argument;
  }
}

export interface Clause {
  verb: string;
  precision: number | undefined;
}

export type Piece = string | Clause;

/** Digits behind the point unless the clause says. */
const usual = 6;
const mostDigits = 100;

/** Calls `argument` for each clause in order; what it returns stands in its place. */
export function fill(template: string, count: number, argument: (clause: Clause, at: number) => string): { text: string; used: number } {
  let text = "";
  let used = 0;
  let at = 0;
  for (;;) {
    const percent = template.indexOf("%", at);
    if (percent < 0) return { text: text + template.slice(at), used };
    text += template.slice(at, percent);
    if (template[percent + 1] === "%") {
      text += "%";
      at = percent + 2;
      continue;
    }
    if (used >= count) throw new FormatError(`index ${used} out of range`);
    const { clause, end } = clauseAt(template, percent + 1);
    text += argument(clause, used++);
    at = end;
  }
}

function clauseAt(template: string, from: number): { clause: Clause; end: number } {
  if (from >= template.length) throw new FormatError("unexpected end of string");
  const dotted = /\.(\d*)/y;
  dotted.lastIndex = from;
  const found = dotted.exec(template);
  const at = from + (found?.[0].length ?? 0);
  const broken = (why: string) => new FormatError(`could not parse formatting clause: ${why}`);
  if (found && at >= template.length) throw broken("error while parsing precision: could not find end of precision specifier");
  if (found?.[1] === "")
    throw broken('error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax');
  const verb = template[at]!;
  if (!"sdfebxXo".includes(verb)) throw broken(`unrecognized formatting clause "${verb}"`);
  return { clause: { verb, precision: found ? Math.min(Number(found[1]), mostDigits) : undefined }, end: at + 1 };
}

export function formatString(template: string, args: ListValue): string {
  try {
    return fill(template, args.length, (clause, at) => format(clause, args.at(at))).text;
  } catch (error) {
    if (error instanceof FormatError) throw new Fault(error.message);
    throw error;
  }
}

/** What each clause takes, and its complaint. */
export const wants: Record<string, { kinds: readonly string[]; words: string }> = {
  d: { kinds: ["int", "uint"], words: "decimal clause can only be used on integers" },
  f: { kinds: ["double", "string"], words: "fixed-point clause can only be used on doubles" },
  e: { kinds: ["double", "string"], words: "scientific clause can only be used on doubles" },
  b: { kinds: ["int", "uint", "bool"], words: "only integers and bools can be formatted as binary" },
  x: { kinds: ["int", "uint", "string", "bytes"], words: "only integers, byte buffers, and strings can be formatted as hex" },
  o: { kinds: ["int", "uint"], words: "octal clause can only be used on integers" },
  s: {
    kinds: ["list", "map", "int", "uint", "double", "bool", "string", "timestamp", "bytes", "duration", "type", "null"],
    words: "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
  },
};

export const misfit = (verb: string, given: string) => `error during formatting: ${wants[verb.toLowerCase()]!.words}, was given ${given}`;

function format({ verb, precision = usual }: Clause, value: Value): string {
  const refuse = () => new FormatError(misfit(verb, typeNameOf(value)));
  const integer = isInt(value) ? BigInt(value) : value instanceof Uint ? value.value : undefined;
  switch (verb) {
    case "s":
      return shown(value);
    case "d":
      if (integer !== undefined) return String(integer);
      break;
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      if (integer !== undefined) return integer.toString(2);
      break;
    case "o":
      if (integer !== undefined) return integer.toString(8);
      break;
    case "x":
    case "X": {
      const hex =
        integer?.toString(16) ??
        (typeof value === "string" || value instanceof Uint8Array ? Buffer.from(value).toString("hex") : undefined);
      if (hex !== undefined) return verb === "X" ? hex.toUpperCase() : hex;
      break;
    }
    case "f":
    case "e": {
      const number = numberOf(value);
      if (number !== undefined) return verb === "f" ? fixedPoint(number, precision) : scientific(number);
    }
  }
  throw refuse();
}

const specials: Record<string, number> = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, "-Infinity": Number.NEGATIVE_INFINITY };
function numberOf(value: Value): number | undefined {
  if (isDouble(value)) return doubleValue(value as number | Double);
  return typeof value === "string" && Object.hasOwn(specials, value) ? specials[value] : undefined;
}

function special(value: number): string | undefined {
  return Number.isFinite(value) ? undefined : Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
}

function fixedPoint(value: number, precision: number): string {
  const text = special(value) ?? plainFixed(value, precision);
  const [whole, fraction] = text.split(".") as [string, string | undefined];
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction === undefined ? "" : `.${fraction}`);
}

/** `toFixed` gives up at 10^21. */
function plainFixed(value: number, precision: number): string {
  if (Math.abs(value) < 1e21) return halfEven(value, precision);
  return BigInt(value).toString() + (precision > 0 ? `.${"0".repeat(precision)}` : "");
}

/** Go rounds what is exactly between to the even digit, JavaScript away from zero. */
function halfEven(value: number, precision: number): string {
  const rounded = value.toFixed(precision);
  if (precision > 80 || !/[13579]$/.test(rounded)) return rounded;
  const exact = value.toFixed(100);
  const point = exact.indexOf(".");
  if (!/^50*$/.test(exact.slice(point + 1 + precision))) return rounded;
  return exact.slice(0, precision === 0 ? point : point + 1 + precision);
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** Always with the usual digits: Go's printer of languages, which this is like, takes no notice of the clause's. */
function scientific(value: number): string {
  const known = special(value);
  if (known) return known;
  const [digits, exponent] = value.toExponential(usual).split("e") as [string, string];
  const raised = [...exponent.slice(1).padStart(2, "0")].map((digit) => superscripts[Number(digit)]).join("");
  return `${digits}×10${exponent.startsWith("-") ? "⁻" : ""}${raised}`;
}

/** `%s` of anything. */
function shown(value: Value): string {
  if (isList(value) || isMap(value)) return nested(value);
  if (value === null) return "null";
  if (typeof value === "string") return value;
  if (isDouble(value)) return formatDouble(doubleValue(value as number | Double));
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof TypeValue) return value.name;
  if (["boolean", "number", "bigint"].includes(typeof value) || value instanceof Timestamp || value instanceof Duration)
    return String(value);
  throw new FormatError(misfit("s", typeNameOf(value)));
}

/** Within lists and maps, where texts are quoted. */
function nested(value: Value): string {
  if (isList(value)) return list(value);
  if (isMap(value)) return map(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) return `b${JSON.stringify(new TextDecoder().decode(value))}`;
  if (value instanceof Timestamp) return `timestamp("${value}")`;
  if (value instanceof Duration) return `duration("${value}")`;
  if (!isDouble(value)) return shown(value);
  const number = doubleValue(value as number | Double);
  return Number.isFinite(number) ? plainFixed(number, usual) : `"${formatDouble(number)}"`;
}

const list = (value: ListValue) => `[${Array.from(value as Iterable<Value>, nested).join(", ")}]`;

function map(value: MapValue): string {
  const pairs: [string, string][] = [];
  for (const [key, each] of mapEntries(value)) {
    if (typeof key === "object" || isDouble(key)) {
      if (!(key instanceof Uint))
        throw new FormatError(`error during formatting: no formatting function for map key of type ${typeNameOf(key)}`);
    }
    pairs.push([nested(key), nested(each)]);
  }
  return `{${pairs
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => `${key}:${each}`)
    .join(", ")}}`;
}
