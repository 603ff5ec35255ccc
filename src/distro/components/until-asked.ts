/** The life of a component's process: until it is asked to end, or until something happens that nobody expected. */
import type { Log } from "#base/mod.ts";

/** EX_SOFTWARE of sysexits. */
const unexpectedExitCode = 70;

/** Aborts when this process is asked to end; a second time, it ends at once. */
export function untilAsked(log: Log): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const)
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  for (const what of ["uncaughtException", "unhandledRejection"] as const)
    process.on(what, (error) => {
      log.error("this process ends: an error that nobody expected", { error: error instanceof Error ? error.stack : String(error) });
      process.exit(unexpectedExitCode);
    });
  return stop.signal;
}
