/** Which Spoke this is, and whether another one started what runs: after an upgrade the processes of the version before go on until they are asked. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, messageOf } from "#base/mod.ts";
import { stopProcess } from "#linux/mod.ts";
import { tooNew } from "#store/mod.ts";
import { versionsNow } from "../admin.ts";
import { hasUnit } from "../boot.ts";
import { type ClusterConfig, controlPlaneGraceMs } from "../cluster.ts";
import { hasControlPlane } from "../machines/seat.ts";
import type { Place } from "../place.ts";
import { keeperOf, type ProcessSpec, processesOf, runningId, supervisorOf } from "../processes.ts";
import { skewObstacle } from "./skew.ts";

const folder = join(import.meta.dirname, "../../..");

/** Of a checkout it is its package.json's, whatever is changed in it. */
export const versionHere = (): string => (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;

/** Here nothing needs to be made ready: packages brought all of it. */
export const isInstalled = (): boolean => !existsSync(join(folder, "package-lock.json"));

const markOf = (place: Place): string => join(place.run, "version");

/** Who started what runs now; undefined: nothing did, or one from before there was a mark. */
export const versionOf = (place: Place): string | undefined =>
  existsSync(markOf(place)) ? readFileSync(markOf(place), "utf8").trim() : undefined;

interface Replacing {
  place: Place;
  cluster: ClusterConfig;
  clock: Clock;
  say(line: string): void;
}

/**
 * Ends what another version started; whoever calls starts it again as this one. containerd is no part of Spoke and goes on, and pods with
 * it; so does a unit's keeper, which is a shell that watches.
 */
export async function endOtherVersion({ place, cluster, clock, say }: Replacing): Promise<void> {
  const [before, now] = [versionOf(place), versionHere()];
  const refused = tooNew(join(place.state, "store/state.db"));
  if (refused) throw new Error(refused);
  if (before === now) return;
  const watchers = [...(hasUnit(cluster) ? [] : [keeperOf(place)]), supervisorOf(place)];
  const others = processesOf(place, cluster).filter(({ name }) => !name.endsWith("-containerd"));
  if ([...watchers, ...others].some((spec) => runningId(spec))) {
    await refuseSkew(place, cluster, say);
    say(`what runs was started by ${before ?? "an older version"}, and starts again as ${now}; pods go on`);
    await endAll(clock, watchers, others, controlPlaneGraceMs(cluster));
  }
  mkdirSync(place.run, { recursive: true, mode: 0o700 });
  writeFileSync(markOf(place), `${now}\n`, { mode: 0o600 });
}

/** Watchers that were ended may be started again by what they watched, in its last moment, and start again what was ended. */
const mostRounds = 5;

/** Who needs another one ends before it: an agent that cannot say goodbye to the API server waits to be killed. */
async function endAll(clock: Clock, watchers: readonly ProcessSpec[], others: readonly ProcessSpec[], graceMs: number): Promise<void> {
  const stages = [...new Set(others.map(({ stage }) => stage))].toSorted((a, b) => b - a);
  const end = (specs: readonly ProcessSpec[]) => Promise.all(specs.map(({ pidFile }) => stopProcess(clock, pidFile, { graceMs })));
  for (let round = 0; round < mostRounds; round++) {
    if (![...watchers, ...others].some((spec) => runningId(spec))) return;
    for (const spec of watchers) await end([spec]);
    for (const stage of stages) await end(others.filter((spec) => spec.stage === stage));
  }
}

/** By what answers now: who does not answer is asked for nothing. */
async function refuseSkew(place: Place, cluster: ClusterConfig, say: Replacing["say"]): Promise<void> {
  // Much to load, and seldom needed.
  const { gitVersion } = await import("#apiserver/mod.ts");
  const own = new Set(cluster.nodes.map(({ name }) => name));
  let now: Awaited<ReturnType<typeof versionsNow>>;
  try {
    now = await versionsNow(place, cluster);
  } catch (error) {
    say(`the API server does not answer (${messageOf(error)}): versions are not compared`);
    return;
  }
  const kubelets = now.kubelets.filter(({ node }) => !own.has(node));
  const obstacle = skewObstacle({ here: gitVersion, server: now.server, isServer: hasControlPlane(cluster), kubelets });
  if (obstacle) throw new Error(`${obstacle}. What runs goes on`);
}
