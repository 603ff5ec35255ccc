/** kubectl's flag dialect (pflag's): `-o=json`, `-ojson`, `-it`, `--x=false`, flags after arguments, `--`. */
import { parseGoDuration } from "#codec/go-duration.ts";
import { CliError } from "../failure.ts";

export type FlagType = "bool" | "string" | "strings" | "list" | "pairs" | "int" | "duration";

export interface Flag {
  name: string;
  short?: string;
  type: FlagType;
  /** Value when the flag is absent, as text. */
  value: string;
  /** Value when the flag stands without one (`--dry-run`); such a flag takes a value only by `=`. */
  bare?: string;
  help: string;
  hidden?: boolean;
  /** It is there only when this variable of the environment is true. */
  gate?: string;
  /** What stands in its place; said when it is given. */
  deprecated?: string;
  /** Its default is shown as it is, without quotes. */
  unquoted?: boolean;
}

type Rest = { bare?: string; hidden?: boolean; unquoted?: boolean };

export function bool(names: string, help: string, value = false): Flag {
  return { ...split(names), type: "bool", value: String(value), bare: "true", help };
}
export function text(names: string, help: string, value = "", rest: Rest = {}): Flag {
  return { ...split(names), type: "string", value, help, ...rest };
}
/** May be repeated; commas are part of a value. */
export function texts(names: string, help: string): Flag {
  return { ...split(names), type: "strings", value: "", help };
}
/** May be repeated; commas separate values. */
export function list(names: string, help: string, value = ""): Flag {
  return { ...split(names), type: "list", value, help };
}
/** `key=value,key=value`; may be repeated. */
export function pairs(names: string, help: string): Flag {
  return { ...split(names), type: "pairs", value: "", help };
}
export function int(names: string, help: string, value = 0): Flag {
  return { ...split(names), type: "int", value: String(value), help };
}
export function duration(names: string, help: string, value = "0s"): Flag {
  return { ...split(names), type: "duration", value, help };
}

function split(names: string): { name: string; short?: string } {
  const [name, short] = names.split("|");
  return short ? { name, short } : { name };
}

/** Flag values after parsing. Asking for a flag that the command did not declare is a bug. */
export class Flags {
  #specs: Map<string, Flag>;
  #given = new Map<string, string[]>();
  /** Names and values in the order in which they were typed. */
  readonly typed: [name: string, value: string][] = [];

  constructor(specs: Iterable<Flag>) {
    this.#specs = new Map([...specs].map((flag) => [flag.name, flag]));
  }
  has(name: string): boolean {
    return this.#specs.has(name);
  }
  declared(name: string): Flag | undefined {
    return this.#specs.get(name);
  }
  /** The user set this flag. */
  given(name: string): boolean {
    return this.#given.has(name);
  }
  text(name: string): string {
    return this.#given.get(name)?.at(-1) ?? this.#spec(name).value;
  }
  bool(name: string): boolean {
    return parseBool(this.text(name)) ?? false;
  }
  int(name: string): number {
    return Number(intOf(this.text(name)));
  }
  /** Milliseconds. */
  duration(name: string): number {
    return parseDuration(this.text(name)) ?? 0;
  }
  list(name: string): string[] {
    const spec = this.#spec(name);
    const given = this.#given.get(name) ?? (spec.value === "" ? [] : [spec.value]);
    return spec.type === "list" ? given.flatMap((item) => (item === "" ? [] : item.split(","))) : given;
  }
  /** Later values of a key replace earlier ones. */
  pairs(name: string): Map<string, string> {
    return new Map((this.#given.get(name) ?? []).flatMap(splitPairs));
  }
  set(name: string, value: string): void {
    const spec = this.#spec(name);
    check(spec, value);
    this.typed.push([name, value]);
    const before = spec.type === "strings" || spec.type === "list" || spec.type === "pairs" ? (this.#given.get(name) ?? []) : [];
    this.#given.set(name, [...before, value]);
  }
  #spec(name: string): Flag {
    const spec = this.#specs.get(name);
    if (!spec) throw new Error(`the command has no flag --${name}`);
    return spec;
  }
}

export interface Parsed {
  args: string[];
  /** How many arguments stood before `--`; -1 without it. */
  dash: number;
}

/** Sets `flags` from `argv` and returns the arguments. Stops at the first argument when `interspersed` is false. */
export function parseFlags(argv: string[], specs: Flag[], flags: Flags, options: { interspersed?: boolean } = {}): Parsed {
  const args: string[] = [];
  const byShort = new Map(specs.flatMap((flag) => (flag.short ? [[flag.short, flag] as const] : [])));
  const byName = new Map(specs.map((flag) => [flag.name, flag]));
  // What was set before are defaults of the user's.
  flags.typed.length = 0;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    if (word === "--") return { args: [...args, ...argv.slice(i + 1)], dash: args.length };
    if (word.length < 2 || word[0] !== "-") {
      if (options.interspersed === false) return { args: argv.slice(i), dash: -1 };
      args.push(word);
      continue;
    }
    i += word.startsWith("--") ? long(word, argv[i + 1], byName, flags) : shorthand(word, argv[i + 1], byShort, flags);
  }
  return { args, dash: -1 };
}

/** Returns how many further words it took. */
function long(word: string, next: string | undefined, byName: Map<string, Flag>, flags: Flags): number {
  const [name, value] = cutAt(word.slice(2), "=");
  if (name === "" || name[0] === "-") throw new CliError(`bad flag syntax: ${word}`);
  const flag = byName.get(name);
  if (!flag) throw new CliError(`unknown flag: --${name}`);
  if (value !== undefined) flags.set(name, value);
  else if (flag.bare !== undefined) flags.set(name, flag.bare);
  else if (next === undefined) throw new CliError(`flag needs an argument: --${name}`);
  else {
    flags.set(name, next);
    return 1;
  }
  return 0;
}

function shorthand(word: string, next: string | undefined, byShort: Map<string, Flag>, flags: Flags): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at];
    const flag = byShort.get(letter);
    if (!flag) throw new CliError(`unknown shorthand flag: '${letter}' in ${word.slice(0, 1)}${word.slice(at)}`);
    const rest = word.slice(at + 1);
    if (rest[0] === "=" && rest.length > 1) {
      flags.set(flag.name, rest.slice(1));
      return 0;
    }
    if (flag.bare !== undefined) {
      flags.set(flag.name, flag.bare);
      continue;
    }
    if (rest !== "") {
      flags.set(flag.name, rest);
      return 0;
    }
    if (next === undefined) throw new CliError(`flag needs an argument: '${letter}' in ${word.slice(0, 1)}${word.slice(at)}`);
    flags.set(flag.name, next);
    return 1;
  }
  return 0;
}

function check(flag: Flag, value: string): void {
  const refuse = (why: string) => {
    const names = flag.short ? `-${flag.short}, --${flag.name}` : `--${flag.name}`;
    return new CliError(`invalid argument ${JSON.stringify(value)} for ${JSON.stringify(names)} flag: ${why}`);
  };
  if (flag.type === "bool" && parseBool(value) === undefined)
    throw refuse(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
  const pair = flag.type === "pairs" ? splitPairs(value).find(([, item]) => item === undefined) : undefined;
  if (pair) throw refuse(`${pair[0]} must be formatted as key=value`);
  const wrong = flag.type === "int" ? wrongInt(value) : undefined;
  if (wrong) throw refuse(`strconv.ParseInt: parsing ${JSON.stringify(value)}: ${wrong}`);
  if (flag.type === "duration" && parseDuration(value) === undefined) {
    const unitless = /^[-+]?[\d.]+$/.test(value);
    throw refuse(unitless ? `time: missing unit in duration ${JSON.stringify(value)}` : `time: invalid duration ${JSON.stringify(value)}`);
  }
}

/** As Go reads whole numbers with base 0: `0x10`, `0b1`, `0o7`, `017` and `1_000` are numbers, too. */
function wrongInt(text: string): string | undefined {
  const form = /^([-+]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?\d)*)$/.exec(text);
  if (!form) return "invalid syntax";
  const value = intOf(text);
  return value > 2n ** 63n - 1n || value < -(2n ** 63n) ? "value out of range" : undefined;
}

function intOf(text: string): bigint {
  const digits = text.replace(/^[-+]/, "").replaceAll("_", "");
  const value = BigInt(/^0\d+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return text.startsWith("-") ? -value : value;
}

/** One pair may hold commas; of several, values with commas stand in double quotes. A pair without `=` has no value. */
function splitPairs(text: string): [string, string][] {
  const marks = text.split("=").length - 1;
  const parts = marks === 1 ? [text.replace(/^"+|"+$/g, "")] : csv(text);
  return parts.map((part) => cutAt(part, "=") as [string, string]);
}

/** One record of comma-separated values, quoted where needed. */
export function csv(text: string): string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}

export function parseBool(value: string): boolean | undefined {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(value)) return true;
  return ["0", "f", "F", "false", "FALSE", "False"].includes(value) ? false : undefined;
}

/** Go's durations (`1h30m`, `1.5s`, `0`) in milliseconds. */
export const parseDuration = parseGoDuration;

export function cutAt(value: string, mark: string): [string, string | undefined] {
  const at = value.indexOf(mark);
  return at < 0 ? [value, undefined] : [value.slice(0, at), value.slice(at + mark.length)];
}
