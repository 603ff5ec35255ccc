/** `spoke restore FILE`: a cluster as it was when the backup was taken. */
import { rmSync } from "node:fs";
import { type Clock, systemClock } from "#base/mod.ts";
import { openBackup, type Unpacked } from "../backup/archive.ts";
import { othersHere, withClaims, writeClaim } from "../claims.ts";
import { type ClusterConfig, readCluster, writeCluster } from "../cluster.ts";
import { withLock } from "../lock.ts";
import { readOptions, type Usage } from "../options.ts";
import { type Place, placeOf } from "../place.ts";
import { keeperOf, processesOf, runningId, supervisorOf } from "../processes.ts";

const usage = {
  name: "restore",
  words: "FILE",
  mostWords: 1,
  about:
    "Puts a cluster back as it was when spoke backup wrote FILE, on this machine or another; spoke up (or server) then starts it. Versions that were given out since are never given out again, and watches that are resumed are told to begin anew (410).",
  options: {
    replace: { type: "boolean", text: "in place of the cluster that is here, which must be stopped; its images and volumes stay" },
  },
} satisfies Usage;

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, usage);
  const [file] = positionals;
  if (file === undefined) throw new Error("which one? spoke restore FILE");
  const place = placeOf(values.name);
  const clock = systemClock;
  return withLock(place, clock, async () => {
    const before = readCluster(place);
    refuseInTheWay(place, before, values.replace ?? false);
    const backup = await openBackup(place, file);
    try {
      if (backup.manifest.cluster !== place.cluster)
        throw new Error(`${file} is of the cluster "${backup.manifest.cluster}": say --name ${backup.manifest.cluster}`);
      await settle({ place, backup, before, clock });
    } finally {
      backup.discard();
    }
    if (!before) rmSync(place.run, { recursive: true, force: true });
    const start = `spoke ${backup.cluster.machine ? "server" : "up"}${place.cluster === "spoke" ? "" : ` --name ${place.cluster}`}`;
    process.stdout.write(
      `cluster "${place.cluster}" is as it was at ${backup.manifest.at} (version ${backup.manifest.revision}): start it with ${start}\n`,
    );
    return 0;
  });
}

function refuseInTheWay(place: Place, before: ClusterConfig | undefined, replace: boolean): void {
  if (!before) return;
  if (!replace) throw new Error(`there is a cluster "${before.name}" in ${place.state}: --replace puts the backup in its place`);
  if (before.etcd)
    throw new Error(
      `the objects of "${before.name}" are in etcd at ${before.etcd.servers.join(", ")}, and a backup is of an embedded store: restore etcd's own snapshot with etcdctl snapshot restore, or restore under another --name`,
    );
  const runs = [keeperOf(place), supervisorOf(place), ...processesOf(place, before)].filter((spec) => runningId(spec));
  if (runs.length > 0)
    throw new Error(`cluster "${before.name}" runs (${runs.map(({ name }) => name).join(", ")}): stop it first with spoke down`);
}

interface Settle {
  place: Place;
  backup: Unpacked;
  before: ClusterConfig | undefined;
  clock: Clock;
}

/** Addresses in the store follow from the slot: it must be free here, as it is. */
function settle({ place, backup, before, clock }: Settle): Promise<void> {
  return withClaims(clock, async () => {
    const { slot } = backup.cluster;
    const holder = othersHere(place).find((claim) => claim.slot === slot);
    if (holder)
      throw new Error(
        `cluster "${holder.cluster}" in ${holder.state} has the address ranges of the one in the backup (slot ${slot}): remove it first with spoke destroy`,
      );
    backup.install();
    // What was made on this machine is known by the mark that it was made with.
    writeCluster(place, before?.id ? { ...backup.cluster, id: before.id } : backup.cluster);
    writeClaim(place, slot);
  });
}
