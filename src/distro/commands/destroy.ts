/** `spoke destroy`: takes a cluster away without a trace: processes, namespaces, mounts, interfaces, rules, files, context. */
import { existsSync, rmdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, systemClock } from "#base/mod.ts";
import { removeCgroup, removeCgroupIfEmpty, run, unmountUnder } from "#linux/mod.ts";
import { doNotStartAtBoot } from "../boot.ts";
import { dropClaims, othersHere, withClaims } from "../claims.ts";
import { type ClusterConfig, cgroupOf, clusterCgroup, readCluster } from "../cluster.ts";
import { leaveMembers } from "../etcd/membership.ts";
import { restoreKubeconfigs } from "../kubeconfig/record.ts";
import { withLock } from "../lock.ts";
import { clearNode } from "../node-removal.ts";
import { readOptions } from "../options.ts";
import { type Place, placeOf } from "../place.ts";
import { showProgress } from "../progress.ts";
import { stopCluster } from "./down.ts";
import { storesHere } from "./trust.ts";
import { distrust } from "./trust-stores.ts";

const usage = {
  name: "destroy",
  about: "Stops everything and removes all of it: processes, namespaces, mounts, interfaces, rules, files, the kubeconfig's context.",
};

export async function command(words: string[]): Promise<number> {
  const { values } = readOptions(words, usage);
  const place = placeOf(values.name);
  const { say } = showProgress(systemClock);
  const cluster = known(place);
  if (!cluster && !existsSync(place.state) && !existsSync(place.run)) {
    process.stdout.write(`There is no cluster "${values.name}" here.\n`);
    return 0;
  }
  if (cluster) {
    await withLock(place, systemClock, async () => {
      await doNotStartAtBoot(cluster);
      await leaveEtcd(place, cluster, say);
      await stopCluster({ place, cluster, clock: systemClock, say, graceMs: 500 });
      for (const node of cluster.nodes) await clearNode(place, node.name);
      // Of a cluster over several machines only what is here.
      if (cluster.machine) for (const node of cluster.nodes) removeCgroup(cgroupOf(cluster, node.name));
      else removeCgroup(clusterCgroup(cluster));
      removeCgroupIfEmpty(clusterCgroup(cluster));
      removeCgroupIfEmpty("/spoke");
    });
  }
  for (const line of await distrust(storesHere(place.cluster), place.cluster, run)) say(line);
  const others = othersHere(place).map((claim) => claim.state);
  restoreKubeconfigs(place, others);
  await unmountUnder(place.state);
  await unmountUnder(place.run);
  rmSync(place.run, { recursive: true, force: true });
  await withClaims(systemClock, async () => {
    dropClaims(place);
    rmSync(place.state, { recursive: true, force: true });
    if (othersHere(place).length === 0) rmSync(place.cache, { recursive: true, force: true });
  });
  for (const folder of [dirname(place.run), dirname(place.state)]) removeIfEmpty(folder);
  if (cluster?.etcd && !cluster.etcd.member) say(`what it kept in etcd at ${cluster.etcd.servers.join(", ")} is still there`);
  say(`cluster "${values.name}" is gone`);
  return 0;
}

/** The other members go on without it, and need no more voices than before. */
async function leaveEtcd(place: Place, cluster: ClusterConfig, say: (line: string) => void): Promise<void> {
  const { member } = cluster.etcd ?? {};
  if (!member) return;
  try {
    if (await leaveMembers(place, cluster, systemClock)) say(`${member.name} is none of etcd's members any more`);
  } catch (error) {
    say(`etcd does not answer (${messageOf(error)}): if others are left, take this one out there with spoke etcd remove ${member.name}`);
  }
}

/** A cluster whose description is broken is removed as far as its folders tell. */
function known(place: Place): ClusterConfig | undefined {
  try {
    return readCluster(place);
  } catch {
    return undefined;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    if (/spoke/.test(folder)) rmdirSync(folder);
  } catch {
    // Others live there.
  }
}
