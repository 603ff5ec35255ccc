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
}

/** Throws a sentence about the first flag that cannot be used, or the help that was asked for. */
export function readCommandLine<T extends FlagTable>(words: readonly string[], dialect: Dialect<T>): FlagValues<T> {
  const { table, fixed, refused } = dialect;
  const typeOf = (flag: string): FlagType | undefined => {
    if (Object.hasOwn(table, flag)) return table[flag]![0];
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
  return readFlagTable(
    table,
    said.filter(({ name: flag }) => !Object.hasOwn(fixed, flag)),
  );
}

function helpOf({ name, about, table, fixed }: Dialect<FlagTable>): string {
  const only = Object.entries(fixed)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([flag, { takes, why }]) => `      --${flag} ${takes[0] === "" ? '""' : takes[0]}   only: ${why}`);
  return `${about}\n\nUsage:\n  spoke ${name} [flags]\n\nFlags, by upstream's names and with its defaults:\n\n${flagLines(table).join("\n")}\n  -v, --v Level\n\nFlags that take one value:\n\n${only.join("\n")}\n`;
}
