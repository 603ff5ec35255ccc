/** The command of a component that runs alone: version, flags, a warning for each flag without effect, and its life. */
import { gitVersion } from "#apiserver/mod.ts";
import { createLog, type Log } from "#base/mod.ts";
import type { FlagTable, FlagValues } from "#codec/mod.ts";
import { type Dialect, idleNotes, readCommandLine } from "./command-line.ts";
import { untilAsked } from "./until-asked.ts";

type Run<T extends FlagTable> = (flags: FlagValues<T>, means: { log: Log; signal: AbortSignal }) => Promise<void>;

export function componentCommand<T extends FlagTable>(dialect: Dialect<T>, run: Run<T>): (words: string[]) => Promise<number> {
  return async (words) => {
    if (words.includes("--version") || words.includes("--version=true")) {
      process.stdout.write(`Kubernetes ${gitVersion}\n`);
      return 0;
    }
    const flags = readCommandLine(words, dialect);
    const log = createLog({ level: Number((flags as { v?: unknown }).v) >= 4 ? "debug" : "info" });
    for (const note of idleNotes(words, dialect)) log.warn(note);
    await run(flags, { log, signal: untilAsked(log) });
    return 0;
  };
}
