/** `spoke migrate etcd | embedded`: a cluster's objects move between the store of one machine and etcd, which several can share. */
import { systemClock, systemRandom } from "#base/mod.ts";
import { refuseRunning } from "../backup/stopped.ts";
import { type ClusterConfig, readCluster } from "../cluster.ts";
import { etcdFlags, readEtcdFlags } from "../etcd/given.ts";
import { withLock } from "../lock.ts";
import { readOptions, type Usage } from "../options.ts";
import { etcdNeeds, installMissing } from "../packages.ts";
import { type Place, placeOf } from "../place.ts";
import { showProgress } from "../progress.ts";
import { moveToEmbedded, moveToGiven, moveToMember } from "./moving.ts";

const usage = {
  name: "migrate",
  words: "etcd | embedded",
  mostWords: 1,
  about:
    "Moves the objects of a cluster that is stopped. etcd: from the embedded store to etcd, of which this machine then runs the first member, or to one that is given by --etcd-servers; further control planes can join from then on. embedded: back from there, where this machine is the only control plane. What was copied is compared before the cluster is told. Versions go on where they were.",
  options: etcdFlags,
} satisfies Usage;

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, usage);
  const [to] = positionals;
  if (to !== "etcd" && to !== "embedded") throw new Error("where to? spoke migrate etcd, or spoke migrate embedded");
  const place = placeOf(values.name);
  const { during, say } = showProgress(systemClock);
  const given = readEtcdFlags({ values, folderOf: () => process.cwd() });
  if (given && to === "embedded") throw new Error("--etcd-servers: the cluster knows where its objects are");
  return withLock(place, systemClock, async () => {
    const cluster = stopped(place, values.name);
    const moving = { place, cluster, clock: systemClock, random: systemRandom };
    const moved = await during("moving the objects", async () => {
      if (to === "embedded") return moveToEmbedded(kept(moving));
      if (cluster.etcd) throw new Error(`the objects of "${cluster.name}" are in etcd already, at ${cluster.etcd.servers.join(", ")}`);
      if (!given) {
        await installMissing(say, etcdNeeds);
        return moveToMember(moving);
      }
      return moveToGiven(moving, given, { endpoints: given.servers, tls: given.pem });
    });
    const where = moved.etcd ? `in etcd at ${moved.etcd.servers.join(", ")}` : "in the embedded store";
    process.stdout.write(`the objects of "${cluster.name}" are ${where}, and were compared; start it with spoke server\n`);
    if (cluster.etcd && !cluster.etcd.member) say(`what it kept in etcd at ${cluster.etcd.servers.join(", ")} is still there`);
    return 0;
  });
}

function stopped(place: Place, name: string): ClusterConfig {
  const cluster = readCluster(place);
  if (!cluster) throw new Error(`there is no cluster "${name}" in ${place.state}`);
  if (!cluster.machine)
    throw new Error(`cluster "${name}" is on this machine only, by spoke up: its store is the embedded one. One by spoke server can move`);
  if (cluster.machine.server) throw new Error(`this machine is a node only: the objects are on the server, ${cluster.machine.server}`);
  refuseRunning(place, cluster);
  return cluster;
}

function kept<T extends { cluster: ClusterConfig }>(moving: T): T {
  if (!moving.cluster.etcd) throw new Error(`the objects of "${moving.cluster.name}" are in the embedded store already`);
  return moving;
}
