/** `spoke down`: stops everything; all state stays, and the next `up` brings it back. */
import { mkdirSync, writeFileSync } from "node:fs";
import { type Clock, systemClock } from "#base/mod.ts";
import { stopProcess } from "#linux/mod.ts";
import { type ClusterConfig, controlPlaneGraceMs, readCluster } from "../cluster.ts";
import { withLock } from "../lock.ts";
import { removeNetwork } from "../node-network.ts";
import { stopContainers, tidyShimFolder } from "../node-removal.ts";
import { readOptions } from "../options.ts";
import { type Place, placeOf } from "../place.ts";
import { keeperOf, processesOf, stoppedMark, supervisorOf } from "../processes.ts";
import { showProgress } from "../progress.ts";

const containerGraceMs = 5000;

const usage = { name: "down", about: "Stops everything and keeps all state; spoke up brings it back." };

export async function command(words: string[]): Promise<number> {
  const { values } = readOptions(words, usage);
  const place = placeOf(values.name);
  const cluster = readCluster(place);
  if (!cluster) {
    process.stdout.write(`There is no cluster "${values.name}" here.\n`);
    return 0;
  }
  const { say } = showProgress(systemClock);
  await withLock(place, systemClock, () => stopCluster({ place, cluster, clock: systemClock, say, graceMs: containerGraceMs }));
  say(`cluster "${cluster.name}" is stopped; its state is kept in ${place.state}: spoke up brings it back`);
  return 0;
}

export interface StopCluster {
  place: Place;
  cluster: ClusterConfig;
  clock: Clock;
  say(line: string): void;
  graceMs: number;
}

/** Supervisor, agents, containers, containerd, control plane, network: in this order nobody starts again what was stopped. */
export async function stopCluster({ place, cluster, clock, say, graceMs }: StopCluster): Promise<void> {
  mkdirSync(place.run, { recursive: true, mode: 0o700 });
  writeFileSync(stoppedMark(place), "");
  const specs = processesOf(place, cluster);
  const stop = async (specsToStop: typeof specs) => {
    const stopped = await Promise.all(
      specsToStop.map(async (spec) =>
        (await stopProcess(clock, spec.pidFile, { graceMs: controlPlaneGraceMs(cluster) })) ? spec.name : "",
      ),
    );
    const names = stopped.filter((name) => name !== "");
    if (names.length > 0) say(`stopped ${names.join(", ")}`);
  };
  await stop([keeperOf(place), supervisorOf(place)]);
  await stop(specs.filter((spec) => spec.stage === 1));
  const counts = await Promise.all(cluster.nodes.map((node) => stopContainers(place, node.name, clock, graceMs)));
  const containers = counts.reduce((sum, count) => sum + count, 0);
  if (containers > 0) say(`stopped ${containers} container${containers === 1 ? "" : "s"}`);
  await stop(specs.filter((spec) => spec.stage === 0));
  await stop(specs.filter((spec) => spec.stage < 0));
  // The control plane may have started a supervisor in its last second.
  await stop([supervisorOf(place)]);
  await removeNetwork(cluster);
  tidyShimFolder();
}
