/** Command lines as upstream's components read them: `--name=value`, `--name value`, `--switch`, `-v 2`, with Go's words when they are wrong. */
import { parseGoDuration } from "./go-duration.ts";

export type FlagType = "text" | "file" | "list" | "array" | "pairs" | "map" | "bool" | "int" | "number" | "durationMs";
type ValueOf<T extends FlagType> = T extends "text" | "file"
  ? string
  : T extends "list" | "array"
    ? string[]
    : T extends "pairs" | "map"
      ? Record<string, string>
      : T extends "bool"
        ? boolean
        : number;

/** Type and default; undefined: none. A `list` and a `map` are split at commas, an `array` and `pairs` are not. */
export type FlagTable = Readonly<Record<string, readonly [FlagType, unknown]>>;

export type FlagValues<T extends FlagTable> = {
  readonly [N in keyof T]: ValueOf<T[N][0]> | (T[N][1] extends undefined ? undefined : never);
} & {
  /** Those that were set, and not left at their defaults. */
  readonly given: ReadonlySet<keyof T>;
};

/** A flag as it was said; a switch may be said without a value. */
export interface FlagWord {
  name: string;
  text: string | undefined;
}

/**
 * Takes words apart. `typeOf` knows the flags: a flag that is no switch takes the next word when it has no `=`. Underscores stand for
 * hyphens, as in upstream's components. Throws a sentence about what is no flag.
 */
export function flagWords(words: readonly string[], typeOf: (name: string) => FlagType | undefined): FlagWord[] {
  const found: FlagWord[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [, dashes = "", written = "", , text] = /^(--?)([^=]+)(=([\s\S]*))?$/.exec(word) ?? [];
    if (!dashes) throw new Error(`unknown command ${JSON.stringify(word)}`);
    const name = dashes === "-" && written.startsWith("v") ? "v" : written.replaceAll("_", "-");
    // `-v2` is `-v 2`.
    if (dashes === "-" && name === "v" && written.length > 1) found.push({ name, text: written.slice(1) });
    else if (dashes === "-" && name !== "v" && name !== "h") throw new Error(`unknown shorthand flag: '${written[0]}' in ${word}`);
    else if (text !== undefined || typeOf(name) === "bool" || typeOf(name) === undefined) found.push({ name, text });
    else found.push({ name, text: words[++i] });
  }
  return found;
}

/** Throws a sentence about the first flag that cannot be used. A list that is given several times grows. */
export function readFlagTable<T extends FlagTable>(table: T, words: readonly FlagWord[]): FlagValues<T> {
  const values: Record<string, unknown> = Object.fromEntries(Object.entries(table).map(([name, [, otherwise]]) => [name, otherwise]));
  const given = new Set<string>();
  for (const { name, text } of words) {
    if (!Object.hasOwn(table, name)) throw new Error(`unknown flag: --${name}`);
    const [type] = table[name]!;
    if (text === undefined && type !== "bool") throw new Error(`flag needs an argument: --${name}`);
    values[name] = readFlag(name, type, text ?? "true", given.has(name) ? values[name] : undefined);
    given.add(name);
  }
  return { ...values, given } as unknown as FlagValues<T>;
}

function readFlag(name: string, type: FlagType, text: string, before: unknown): unknown {
  const wrong = (why: string) => new Error(`invalid argument ${JSON.stringify(text)} for "--${name}" flag: ${why}`);
  switch (type) {
    case "text":
    case "file":
      return text;
    case "array":
      return [...((before as string[] | undefined) ?? []), text];
    case "list":
      return [...((before as string[] | undefined) ?? []), ...(text === "" ? [] : text.split(","))];
    case "pairs":
      return { ...(before as object | undefined), ...pairOf(text, wrong) };
    case "map": {
      const pairs = text === "" ? [] : text.split(",").map((pair) => pairOf(pair, wrong));
      return Object.assign({ ...(before as object | undefined) }, ...pairs);
    }
    case "bool":
      if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
      if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
      throw wrong(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
    case "int":
      if (!/^[+-]?\d+$/.test(text)) throw wrong(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
      return Number(text);
    case "number":
      if (text.trim() === "" || Number.isNaN(Number(text)))
        throw wrong(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
      return Number(text);
    case "durationMs": {
      const duration = parseGoDuration(text);
      if (duration === undefined) throw wrong(`time: invalid duration ${JSON.stringify(text)}`);
      return duration;
    }
  }
}

function pairOf(pair: string, wrong: (why: string) => Error): Record<string, string> {
  const at = pair.indexOf("=");
  if (at < 0) throw wrong(`malformed pair, expect string=string`);
  return { [pair.slice(0, at).trim()]: pair.slice(at + 1).trim() };
}

const typeNames: Readonly<Record<FlagType, string>> = {
  text: "string",
  file: "string",
  list: "strings",
  array: "stringArray",
  pairs: "mapStringString",
  map: "mapStringString",
  bool: "",
  int: "int",
  number: "float",
  durationMs: "duration",
};

/** A line for each flag, as upstream's help begins them. */
export function flagLines(table: FlagTable): string[] {
  return Object.keys(table)
    .filter((name) => name.length > 1)
    .sort()
    .map((name) => `      --${name} ${typeNames[table[name]![0]]}`.trimEnd());
}
