/** After `--boot`: what a person's shell started is started again by the unit, in its group and with its journal; pods go on. */
import { readFileSync } from "node:fs";
import { type Clock, systemClock } from "#base/mod.ts";
import { stopProcess } from "#linux/mod.ts";
import { isWithinUnit, systemdRuns, unitOf } from "../boot.ts";
import { type ClusterConfig, controlPlaneGraceMs, readCluster } from "../cluster.ts";
import { hasControlPlane } from "../machines/seat.ts";
import type { Place } from "../place.ts";
import { type ProcessSpec, processesOf, runningId, supervisorOf } from "../processes.ts";
import type { Progress } from "../progress.ts";
import { waitForNodes, waitForServer } from "./wait.ts";

/** Whoever is asked to end may in its last moment have started another one. */
const mostRounds = 5;

/** To be called without the cluster's lock, which the unit needs. Resolves with the exit code. */
export async function handOver(place: Place, code: number, progress: Progress, clock: Clock = systemClock): Promise<number> {
  const cluster = readCluster(place);
  if (code !== 0 || !cluster?.boot || isWithinUnit() || !systemdRuns()) return code;
  if (straysOf(place, cluster).length === 0) return 0;
  await progress.during("handing over to systemd", async () => {
    for (let round = 0; round < mostRounds; round++) {
      const strays = straysOf(place, cluster);
      if (strays.length === 0) break;
      await Promise.all(strays.map((spec) => stopProcess(clock, spec.pidFile, { graceMs: controlPlaneGraceMs(cluster) })));
    }
  });
  const running = { place, cluster, clock, progress };
  if (hasControlPlane(cluster)) await waitForServer(running, true);
  const late = await waitForNodes(running);
  for (const node of late) progress.say(`${node.name} is not Ready: ${node.message}`);
  return late.length > 0 ? 1 : 0;
}

const straysOf = (place: Place, cluster: ClusterConfig): ProcessSpec[] =>
  [supervisorOf(place), ...processesOf(place, cluster)].filter((spec) => {
    const id = runningId(spec);
    return id && !isIn(groupsOf(id.pid), unitOf(cluster));
  });

function groupsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8");
  } catch {
    return ""; // it has ended
  }
}

/** `0::/system.slice/spoke.service`, of one tree or several. */
export const isIn = (groups: string, unit: string): boolean => groups.split("\n").some((line) => line.split("/").includes(unit));
