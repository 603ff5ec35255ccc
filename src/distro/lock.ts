/** One change at a time: of a cluster, or of what all clusters of a machine share. */
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "#base/mod.ts";
import { identify, isAlive, type ProcessId } from "#linux/mod.ts";
import type { Place } from "./place.ts";

const patienceMs = 900_000;
const quietMs = 2000;

/** Waits for another `up`, `down` or `destroy` of the same cluster; a lock whose owner has died is taken over. */
export function withLock<T>(place: Place, clock: Clock, work: () => Promise<T>, say?: (line: string) => void): Promise<T> {
  return withLockFile(join(place.run, "lock"), { what: `cluster ${place.cluster}`, clock, say }, work);
}

/** Somebody changes the cluster now, and leaves it as it is to be. */
export const isBeingChanged = (place: Place): boolean => isAlive(ownerOf(join(place.run, "lock")));

export interface Waiting {
  /** What the others are changing. */
  what: string;
  clock: Clock;
  /** Told when somebody else is waited for. */
  say?(line: string): void;
}

export async function withLockFile<T>(file: string, { what, clock, say }: Waiting, work: () => Promise<T>): Promise<T> {
  const start = clock.monotonic();
  const end = start + patienceMs;
  let told = false;
  while (!take(file)) {
    const owner = ownerOf(file);
    if (!isAlive(owner)) removeDead(file);
    else if (clock.monotonic() > end)
      throw new Error(`another spoke command (pid ${owner?.pid}) has been changing ${what} for fifteen minutes: wait for it or stop it`);
    else {
      if (!told && clock.monotonic() - start > quietMs)
        say?.(`waiting for another spoke command that is changing ${what} (pid ${owner?.pid})`);
      told ||= clock.monotonic() - start > quietMs;
      await clock.sleep(50);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const handle = openSync(file, "wx", 0o600);
    writeSync(handle, JSON.stringify(identify(process.pid)));
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new Error(`${file} cannot be made`, { cause: error });
  }
}

/** Two may find the same dead owner: whoever moved away a lock that was taken meanwhile puts it back. */
function removeDead(file: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (isAlive(ownerOf(aside))) linkSync(aside, file);
  } catch {
    // Gone already, or taken again.
  }
  rmSync(aside, { force: true });
}

function ownerOf(file: string): ProcessId | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ProcessId;
  } catch {
    return undefined; // half written or gone
  }
}
