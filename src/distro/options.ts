/** Command lines of Spoke's own commands (kubectl has its own dialect). */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { defaultCluster } from "./place.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Parses, with `--name` for every command. Throws a sentence that names what was wrong. */
export function readOptions<T extends Options>(words: string[], options: T) {
  const all = { name: { type: "string", default: process.env.SPOKE_CLUSTER || defaultCluster }, ...options } as const;
  try {
    return parseArgs({ args: words, options: all, allowPositionals: true, strict: true });
  } catch (error) {
    const known = Object.keys(all).map((name) => `--${name}`);
    throw new Error(`${(error as Error).message.split(". ")[0]}; this command takes ${known.join(", ")}`);
  }
}

export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`--${name} ${text}: a whole number is needed`);
  return Number(text);
}

/** Lines for people, with the seconds since the start. */
export function progress(now: () => number): (line: string) => void {
  const start = now();
  return (line) => process.stdout.write(`${((now() - start) / 1000).toFixed(1).padStart(5)}s  ${line}\n`);
}
