/**
 * `spoke etcd reset`: more than half of the members are lost for good, and what this machine's has becomes the cluster's. Others may
 * have acknowledged more than it ever heard of: as after a restore, no version is given out twice and watches begin anew.
 */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Random } from "#base/mod.ts";
import { stopProcess } from "#linux/mod.ts";
import { reviveCopy, writeEtcdData } from "#store/mod.ts";
import { copyObjects, staging } from "../backup/archive.ts";
import { type ClusterConfig, controlPlaneGraceMs, writeCluster } from "../cluster.ts";
import type { Place } from "../place.ts";
import { keeperOf, processesOf, supervisorOf } from "../processes.ts";
import { etcdOptionsOf } from "./given.ts";
import { livingAmong } from "./living.ts";
import { dataFolder, firstEtcd, forgetKnownServers, hasData, urlsOf } from "./member.ts";
import { withMembers } from "./membership.ts";
import { whileRunning } from "./while-running.ts";

export interface Resetting {
  place: Place;
  cluster: ClusterConfig;
  clock: Clock;
  random: Random;
}

/** Works on a copy of the member's data until that is whole: interrupted, nothing has changed, and it may be run again. Ends with the control plane stopped. */
export async function resetMembers({ place, cluster, clock, random }: Resetting): Promise<ClusterConfig> {
  const { etcd, machine, slot } = cluster;
  const lost = join(place.state, "etcd.lost");
  // Interrupted between the two.
  if (!hasData(place) && existsSync(lost)) {
    rmSync(dataFolder(place), { recursive: true, force: true });
    renameSync(lost, dataFolder(place));
  }
  if (!hasData(place)) throw new Error("this machine's member of etcd has never started: it has nothing to begin with");
  await refuseOthers(place, cluster, clock);
  const specs = processesOf(place, cluster);
  const spec = specs.find(({ name }) => name === "etcd")!;
  // Nobody starts again what was stopped.
  for (const each of [keeperOf(place), supervisorOf(place), ...specs.filter(({ name }) => name === "control-plane"), spec])
    await stopProcess(clock, each.pidFile, { graceMs: controlPlaneGraceMs(cluster) });
  const folder = staging(place.state);
  try {
    const [alone, file, next] = [join(folder, "alone"), join(folder, "state.db"), join(folder, "etcd")];
    cpSync(dataFolder(place), alone, { recursive: true });
    const only = { ...spec, argv: [...spec.argv, `--data-dir=${alone}`, "--force-new-cluster"] };
    await whileRunning(clock, only, () =>
      copyObjects(place, { ...cluster, etcd: { servers: [urlsOf(slot, machine!).client] } }, file, clock),
    );
    reviveCopy(file);
    mkdirSync(join(next, "member/snap"), { recursive: true, mode: 0o700 });
    writeEtcdData(file, join(next, "member/snap/db"), clock.now());
    // A machine that comes back with what it had is a member of another cluster than this one.
    const reset = { ...cluster, etcd: firstEtcd(etcd!.member!.name, urlsOf(slot, machine!), random.uuid()) };
    rmSync(lost, { recursive: true, force: true });
    renameSync(dataFolder(place), lost);
    renameSync(next, dataFolder(place));
    writeCluster(place, reset);
    forgetKnownServers(place);
    rmSync(lost, { recursive: true });
    return reset;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Which of them is in the wrong, nobody could say later. */
async function refuseOthers(place: Place, cluster: ClusterConfig, clock: Clock): Promise<void> {
  const own = urlsOf(cluster.slot, cluster.machine!);
  const { tls, endpoints } = etcdOptionsOf(place, cluster);
  const known = await withMembers(place, cluster, (etcd) => etcd.list()).catch(() => undefined);
  if (known?.length === 1) throw new Error("this machine's member is the only one: there is nothing to reset");
  const urls = new Set([...endpoints, ...(known ?? []).flatMap(({ clientUrls }) => clientUrls)]);
  urls.delete(own.client);
  const [living] = await livingAmong([...urls], tls, clock);
  if (living !== undefined)
    throw new Error(
      `another member of etcd answers, at ${living}: with more than half of them etcd goes on by itself (spoke etcd remove takes out those that are lost). If it is not to be one any more: spoke destroy there, then this again`,
    );
}
