/** `spoke restore FILE`: a cluster as it was when the backup was taken. */
import { existsSync, rmSync } from "node:fs";
import { type Clock, systemClock, systemRandom } from "#base/mod.ts";
import { openBackup, staging, type Unpacked } from "../backup/archive.ts";
import { putBack, writeSnapshot } from "../backup/put-back.ts";
import { refuseRunning } from "../backup/stopped.ts";
import { othersHere, withClaims, writeClaim } from "../claims.ts";
import { type ClusterConfig, readCluster, writeCluster } from "../cluster.ts";
import { withLock } from "../lock.ts";
import { readOptions, type Usage } from "../options.ts";
import { type Place, placeOf } from "../place.ts";

const usage = {
  name: "restore",
  words: "FILE",
  mostWords: 1,
  about:
    "Puts a cluster back as it was when spoke backup wrote FILE, on this machine or another; spoke up (or server) then starts it. Versions that were given out since are never given out again, and watches that are resumed are told to begin anew (410). A cluster with members of its own in etcd begins again with this machine as the only one; an etcd that is not Spoke's gets its objects back if it is the one that they were saved from, or was begun from a snapshot of them.",
  options: {
    replace: { type: "boolean", text: "in place of the cluster that is here, which must be stopped; its images and volumes stay" },
    "etcd-snapshot": {
      type: "string",
      value: "SNAPSHOT",
      text: "restore nothing, and write what etcdctl snapshot restore begins an etcd with",
    },
  },
} satisfies Usage;

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, usage);
  const [file] = positionals;
  if (file === undefined) throw new Error("which one? spoke restore FILE");
  const place = placeOf(values.name);
  const clock = systemClock;
  const snapshot = values["etcd-snapshot"];
  if (snapshot !== undefined) return convert(place, file, snapshot);
  return withLock(place, clock, async () => {
    const before = readCluster(place);
    refuseInTheWay(place, before, values.replace ?? false);
    const backup = await openBackup(place, file);
    try {
      if (backup.manifest.cluster !== place.cluster)
        throw new Error(`${file} is of the cluster "${backup.manifest.cluster}": say --name ${backup.manifest.cluster}`);
      await settle({ place, backup, file, before, clock });
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

async function convert(place: Place, file: string, snapshot: string): Promise<number> {
  if (existsSync(snapshot)) throw new Error(`${snapshot} is there already: say another name`);
  const backup = await openBackup(place, file);
  try {
    await writeSnapshot(backup, snapshot, systemClock);
  } finally {
    backup.discard();
  }
  process.stdout.write(
    `${snapshot}: begin an etcd with it by etcdctl snapshot restore ${snapshot} --data-dir FOLDER, and then: spoke restore ${file}\n`,
  );
  return 0;
}

function refuseInTheWay(place: Place, before: ClusterConfig | undefined, replace: boolean): void {
  if (!before) return;
  if (!replace) throw new Error(`there is a cluster "${before.name}" in ${place.state}: --replace puts the backup in its place`);
  refuseRunning(place, before);
}

interface Settle {
  place: Place;
  backup: Unpacked;
  file: string;
  before: ClusterConfig | undefined;
  clock: Clock;
}

/** Addresses in the store follow from the slot: it must be free here, as it is. */
function settle({ place, backup, file, before, clock }: Settle): Promise<void> {
  return withClaims(clock, async () => {
    const { slot } = backup.cluster;
    const holder = othersHere(place).find((claim) => claim.slot === slot);
    if (holder)
      throw new Error(
        `cluster "${holder.cluster}" in ${holder.state} has the address ranges of the one in the backup (slot ${slot}): remove it first with spoke destroy`,
      );
    const folder = staging(place.state);
    try {
      const { put, cluster } = await putBack({ backup, folder, file, clock, random: systemRandom });
      backup.install(put);
      // What was made on this machine is known by the mark that it was made with.
      writeCluster(place, before?.id ? { ...cluster, id: before.id } : cluster);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    writeClaim(place, slot);
  });
}
