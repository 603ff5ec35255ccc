/** Command lines of single components, in upstream's dialect: what is obeyed, what takes one value only, what is refused and why. */
import { type FlagTable, type FlagType, type FlagValues, flagLines, flagWords, readFlagTable } from "#codec/mod.ts";
import { HelpWanted } from "../options.ts";

/** Flags that are taken where they say what is so anyway. */
export type FixedFlags = Readonly<Record<string, { takes: readonly string[]; why: string }>>;

export interface Dialect<T extends FlagTable> {
  /** `apiserver`. */
  name: string;
  about: string;
  table: T;
  fixed: FixedFlags;
  /** Why, by flag. */
  refused: Readonly<Record<string, string>>;
  /** Taken with any value of its type, and without effect: why, by flag. Who starts the component is told. */
  idle?: Readonly<Record<string, readonly [FlagType, string]>>;
}

/** A line for each flag that was said and has no effect. */
export function idleNotes<T extends FlagTable>(words: readonly string[], { idle = {} }: Dialect<T>): string[] {
  const said = new Set(words.flatMap((word) => /^--([^=]+)/.exec(word)?.[1]?.replaceAll("_", "-") ?? []));
  return Object.entries(idle).flatMap(([flag, [, why]]) => (said.has(flag) ? [`--${flag} has no effect: ${why}`] : []));
}

/** Throws a sentence about the first flag that cannot be used, or the help that was asked for. */
export function readCommandLine<T extends FlagTable>(words: readonly string[], dialect: Dialect<T>): FlagValues<T> {
  const { table, fixed, refused, idle = {} } = dialect;
  const typeOf = (flag: string): FlagType | undefined => {
    if (Object.hasOwn(table, flag)) return table[flag]![0];
    if (Object.hasOwn(idle, flag)) return idle[flag]![0];
    if (!Object.hasOwn(fixed, flag)) return undefined;
    return ["true", "false"].includes(fixed[flag]!.takes[0]!) ? "bool" : "text";
  };
  if (words.some((word) => word === "--help" || word === "-h")) throw new HelpWanted(helpOf(dialect));
  const said = flagWords(words, typeOf);
  for (const { name: flag, text = "true" } of said) {
    if (Object.hasOwn(refused, flag)) throw new Error(`--${flag}: ${refused[flag]}`);
    if (!Object.hasOwn(fixed, flag)) continue;
    const { takes, why } = fixed[flag]!;
    const shown = takes.map((value) => (value === "" ? "nothing" : value)).join(" or ");
    if (!takes.includes(text)) throw new Error(`--${flag}=${text}: only ${shown} can be said: ${why}`);
  }
  const idleTable: FlagTable = Object.fromEntries(Object.entries(idle).map(([flag, [type]]) => [flag, [type, undefined]]));
  readFlagTable(
    idleTable,
    said.filter(({ name: flag }) => Object.hasOwn(idle, flag)),
  );
  return readFlagTable(
    table,
    said.filter(({ name: flag }) => !Object.hasOwn(fixed, flag) && !Object.hasOwn(idle, flag)),
  );
}

function helpOf({ name, about, table, fixed, idle = {} }: Dialect<FlagTable>): string {
  const only = Object.entries(fixed)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([flag, { takes, why }]) => `      --${flag} ${takes[0] === "" ? '""' : takes[0]}   only: ${why}`);
  const none = Object.entries(idle).map(([flag, [, why]]) => `      --${flag}   ${why}`);
  const tail = none.length > 0 ? `\nFlags without effect:\n\n${none.join("\n")}\n` : "";
  return `${about}\n\nUsage:\n  spoke ${name} [flags]\n\nFlags, by upstream's names and with its defaults:\n\n${flagLines(table).join("\n")}\n  -v, --v Level\n\nFlags that take one value:\n\n${only.join("\n")}\n${tail}`;
}
