/** Command lines of Spoke's own commands (kubectl has its own dialect): what they take, their help, and refusals. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { clusterHere, defaultCluster } from "./roles/yaml-file.ts";

export interface Option {
  type: "string" | "boolean";
  /** What it is for, in the help. */
  text: string;
  /** What its value is called there. */
  value?: string;
  short?: string;
  default?: string;
  /** It may be said several times: its value is a list. */
  several?: true;
  /** What it is in a configuration file; absent: a text. */
  inFile?: "integer" | "list" | "words" | "labels" | "path";
}

/** What a command takes; its help is made of it. */
export interface Usage<T extends Record<string, Option> = Record<string, Option>> {
  /** `up`, `image load`. */
  name: string;
  /** Words after the options: `[PROCESS]`; absent: there are none. */
  words?: string;
  /** How many there may be at most; absent: none, or any number where `words` says so. */
  mostWords?: number;
  about: string;
  options?: T;
}

/** Not a failure: the help that was asked for. */
export class HelpWanted extends Error {
  override name = "HelpWanted";
}

export type Values<T extends Record<string, Option>> = {
  [K in keyof T]:
    | (T[K]["type"] extends "boolean" ? boolean : T[K] extends { several: true } ? string[] : string)
    | (T[K] extends { default: string } ? never : undefined);
};

const common = {
  name: { type: "string", text: `the cluster ($SPOKE_CLUSTER, or that of the configuration file, or ${defaultCluster})`, value: "NAME" },
  help: { type: "boolean", text: "this text", short: "h" },
} satisfies Record<string, Option>;

/** Parses, with `--name` and `--help` for every command; `said`: options without a default that were there. Throws a sentence that names what was wrong, or the help. */
export function readOptions<T extends Record<string, Option> = Record<never, Option>>(
  words: string[],
  usage: Usage<T>,
): { values: Values<T> & { name: string }; positionals: string[]; said: ReadonlySet<string> } {
  const all: Record<string, Option> = { ...usage.options, ...common };
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { type, short, default: value, several = false }] of Object.entries(all))
    options[name] = { type, multiple: several, ...(short ? { short } : {}), ...(value === undefined ? {} : { default: value }) };
  const hint = `see: spoke ${usage.name} --help`;
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: words, options, allowPositionals: true, allowNegative: true, strict: true });
  } catch (error) {
    const known = Object.keys(all).map((name) => `--${name}`);
    throw new Error(`${(error as Error).message.split(". ")[0]}; this command takes ${known.join(", ")} (${hint})`);
  }
  if (parsed.values.help) throw new HelpWanted(helpOf({ ...usage, options: all }));
  const most = usage.mostWords ?? (usage.words ? Number.POSITIVE_INFINITY : 0);
  const extra = parsed.positionals[most];
  if (extra !== undefined) throw new Error(`${JSON.stringify(extra)} is a word too many: ${usageLine(usage)} (${hint})`);
  const said = new Set(Object.keys(parsed.values).filter((name) => all[name]?.default === undefined));
  const { name = clusterHere() } = parsed.values;
  return { values: { ...parsed.values, name } as Values<T> & { name: string }, positionals: parsed.positionals, said };
}

const usageLine = ({ name, words }: Pick<Usage, "name" | "words">): string => `spoke ${name} [options]${words ? ` ${words}` : ""}`;

function helpOf({ name, words, about, options = {} }: Usage): string {
  const rows = Object.entries(options).map(([option, { short, value, type, text, default: otherwise }]) => [
    `${short ? `-${short}, ` : "    "}--${option}${type === "string" ? ` ${value ?? "VALUE"}` : ""}`,
    `${text}${otherwise === undefined ? "" : ` (default ${otherwise})`}`,
  ]);
  const width = Math.max(...rows.map(([left]) => left!.length));
  return `${about}\n\nusage: ${usageLine({ name, words })}\n\n${rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}`).join("\n")}\n`;
}

export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`--${name} ${text}: a whole number is needed`);
  return Number(text);
}
