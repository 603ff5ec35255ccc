/**
 * Which cluster of this machine has which slot. Bridges, address ranges, namespaces and cgroups are the machine's, whatever
 * folder a cluster's state is in, so there is one list for all: a file a slot, void when its cluster is no longer there.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Clock } from "#base/mod.ts";
import { isRoot, links } from "#linux/mod.ts";
import { type ClusterConfig, clusterNames, firstPort, mostSlots } from "./cluster.ts";
import { withLockFile } from "./lock.ts";
import type { Place } from "./place.ts";

export interface Claim {
  slot: number;
  cluster: string;
  /** The cluster's state folder. */
  state: string;
}

/** The same for every SPOKE_STATE: what it tells apart is not in any state folder. */
export function claimsFolder(): string {
  return isRoot() ? "/var/lib/spoke/.slots" : join(process.env.XDG_DATA_HOME || join(homedir(), ".local/share"), "spoke/.slots");
}

/** Claims of clusters that are there: their description names the slot. */
export function readClaims(folder = claimsFolder()): Claim[] {
  return written(folder).flatMap(({ claim }) => (claim && slotOf(claim.state) === claim.slot ? [claim] : []));
}

function written(folder: string): { file: string; claim?: Claim }[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => /^\d+\.json$/.test(name));
  return files.map((name) => ({ file: join(folder, name), claim: readJson<Claim>(join(folder, name)) }));
}

const slotOf = (state: string): number | undefined => readJson<ClusterConfig>(join(state, "cluster.json"))?.slot;

/** Undefined when it is gone, or half written by somebody that died. */
function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    return undefined;
  }
}

/** Every other cluster of this machine; those without a claim are from before there were claims. */
export function othersHere(place: Place, folder = claimsFolder()): Claim[] {
  const found = new Map(readClaims(folder).map((claim) => [claim.state, claim]));
  for (const root of new Set([dirname(place.state), dirname(folder)])) {
    for (const cluster of clusterNames(root)) {
      const state = join(root, cluster);
      const slot = slotOf(state);
      if (slot !== undefined && !found.has(state)) found.set(state, { slot, cluster, state });
    }
  }
  found.delete(place.state);
  return [...found.values()];
}

/** Address ranges follow from the slot, and are the cluster's that is joined. */
export function refuseTakenSlot(place: Place, slot: number): void {
  const other = othersHere(place).find((claim) => claim.slot === slot);
  if (other)
    throw new Error(
      `cluster "${other.cluster}" of this machine has the same address ranges (slot ${slot}) as the one to join: remove it with spoke destroy`,
    );
}

/** Runs `work` while nobody else of this machine takes or gives back a slot. */
export function withClaims<T>(clock: Clock, work: () => Promise<T>, folder = claimsFolder()): Promise<T> {
  return withLockFile(join(folder, "lock"), { what: "the list of clusters of this machine", clock }, work).finally(() =>
    removeEmpty(folder),
  );
}

export function writeClaim(place: Place, slot: number, folder = claimsFolder()): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const claim: Claim = { slot, cluster: place.cluster, state: place.state };
  writeFileSync(join(folder, `${slot}.json`), JSON.stringify(claim), { mode: 0o600 });
}

/** Takes back whatever is claimed for this state folder, whose cluster is being removed, and what is void. */
export function dropClaims(place: Place, folder = claimsFolder()): void {
  for (const { file, claim } of written(folder)) {
    if (!claim || claim.state === place.state || slotOf(claim.state) !== claim.slot) rmSync(file, { force: true });
  }
}

/**
 * Slots that a new cluster must not take: those of other clusters, those whose bridge somebody made that no claim speaks of
 * (another mount namespace, say), and unless a port is asked for those whose port is in use.
 */
export async function takenSlots(others: readonly Claim[], askedPort: number | undefined): Promise<Set<number>> {
  const taken = new Set(others.map((claim) => claim.slot));
  const names = isRoot() ? new Set((await links().catch(() => [])).map((link) => link.ifname)) : new Set();
  for (let slot = 0; slot < mostSlots; slot++) {
    if (taken.has(slot)) continue;
    if (names.has(`spoke${slot}`) || (askedPort === undefined && !(await portIsFree(firstPort + slot)))) taken.add(slot);
    else break; // the first free one is all that is asked for
  }
  return taken;
}

export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function removeEmpty(folder: string): void {
  for (const each of [folder, dirname(folder)]) {
    try {
      rmdirSync(each);
    } catch {
      return; // others are there
    }
  }
}
