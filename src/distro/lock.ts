/** One change of a cluster at a time. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#base/mod.ts";
import { identify, isAlive, type ProcessId } from "#linux/mod.ts";
import type { Place } from "./place.ts";

const patienceMs = 120_000;

/** Waits for another `up`, `down` or `destroy` of the same cluster; a lock whose owner has died is taken over. */
export async function withLock<T>(place: Place, clock: Clock, work: () => Promise<T>): Promise<T> {
  const file = join(place.run, "lock");
  mkdirSync(place.run, { recursive: true, mode: 0o700 });
  const end = clock.monotonic() + patienceMs;
  while (!take(file)) {
    const owner = ownerOf(file);
    if (!isAlive(owner)) rmSync(file, { force: true });
    else if (clock.monotonic() > end)
      throw new Error(
        `another spoke command (pid ${owner?.pid}) has been changing cluster ${place.cluster} for two minutes: wait for it or stop it`,
      );
    else await clock.sleep(50);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
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

function ownerOf(file: string): ProcessId | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ProcessId;
  } catch {
    return undefined; // half written or gone
  }
}
