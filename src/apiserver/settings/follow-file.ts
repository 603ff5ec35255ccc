/** Tells when a file was changed, so that a configuration is taken up without a restart. */
import { statSync } from "node:fs";
import { type Clock, every } from "#base/mod.ts";

const lookMs = 1000;
/** What could not be taken up is tried again, though the file stays as it is. */
const retryMs = 60_000;

/** Looks once a second at what the file is (a new one in its place, a change of it) and calls `changed`, one call at a time. */
export function followFile(file: string, clock: Clock, changed: () => Promise<void> | void): () => void {
  let known = markOf(file);
  let calledAt = clock.monotonic();
  const timer = every(clock, lookMs, async () => {
    const mark = markOf(file);
    if (mark === known && clock.monotonic() - calledAt < retryMs) return;
    known = mark;
    calledAt = clock.monotonic();
    await changed();
  });
  return () => timer.cancel();
}

function markOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found ? `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}` : "";
}
