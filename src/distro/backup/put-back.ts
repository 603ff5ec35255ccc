/** Where the objects of a backup go: to the store that their cluster had, as one in which no version is used twice. */
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Random } from "#base/mod.ts";
import { createEtcdStore, createSqliteStore, type EtcdOptions, memberStatus, sealEtcdData, writeEtcdData } from "#store/mod.ts";
import type { ClusterConfig } from "../cluster.ts";
import { etcdOptionsIn, holdingOf } from "../etcd/given.ts";
import { insist } from "../etcd/insist.ts";
import { livingAmong } from "../etcd/living.ts";
import { firstEtcd, urlsOf } from "../etcd/member.ts";
import type { Put, Unpacked } from "./archive.ts";
import { isBeyond, isSame, refuseServing, replaceAll } from "./given-etcd.ts";

interface PutBack {
  backup: Unpacked;
  /** Beside the cluster's place, and empty. */
  folder: string;
  file: string;
  clock: Clock;
  random: Random;
}

/** The description as it is from now on. */
export async function putBack({ backup, folder, file, clock, random }: PutBack): Promise<{ put: Put; cluster: ClusterConfig }> {
  const { cluster } = backup;
  if (!cluster.etcd) {
    const store = join(folder, "store");
    mkdirSync(store, { mode: 0o700 });
    renameSync(backup.file, join(store, "state.db"));
    return { put: { store }, cluster };
  }
  const etcd = etcdOptionsIn(backup.manifest.etcd ?? cluster.etcd, backup.pem);
  if (!cluster.etcd.member) {
    await putGiven({ backup, etcd, file, clock });
    return { put: "given", cluster };
  }
  await refuseLivingMembers(etcd, clock);
  const data = join(folder, "etcd");
  mkdirSync(join(data, "member/snap"), { recursive: true, mode: 0o700 });
  writeEtcdData(backup.file, join(data, "member/snap/db"), clock.now());
  // Members of the lost cluster, wherever they are, take this one for another cluster's.
  const begun = firstEtcd(cluster.etcd.member.name, urlsOf(cluster.slot, cluster.machine!), random.uuid());
  return { put: { etcd: data }, cluster: { ...cluster, etcd: begun } };
}

/** A file that `etcdctl snapshot restore` makes an etcd of, with the versions that this cluster needs. */
export async function writeSnapshot({ file }: Unpacked, to: string, clock: Clock): Promise<void> {
  writeEtcdData(file, to, clock.now());
  await sealEtcdData(to);
}

/** Two clusters of the same keys would each be believed. */
async function refuseLivingMembers({ endpoints, tls }: EtcdOptions, clock: Clock): Promise<void> {
  const [living] = await livingAmong(endpoints, tls, clock);
  if (living !== undefined)
    throw new Error(
      `the cluster of the backup runs on: its member of etcd at ${living} answers. Stop all its control planes first (spoke down, or spoke destroy)`,
    );
}

interface PutGiven {
  backup: Unpacked;
  etcd: EtcdOptions;
  file: string;
  clock: Clock;
}

/** Its counter cannot be set: it is the one that the objects were saved from, or was made from a snapshot of this backup. */
async function putGiven({ backup, etcd, file, clock }: PutGiven): Promise<void> {
  const where = etcd.endpoints.join(", ");
  const holding = await holdingOf(etcd, backup.pem("ca.crt"));
  if (holding === "another cluster") throw new Error(`the etcd at ${where} holds another cluster than "${backup.cluster.name}"`);
  const saved = await createSqliteStore({ file: backup.file, clock });
  const given = await createEtcdStore({ ...etcd, clock });
  try {
    if (await isBeyond(given, await saved.current())) {
      if (await isSame(saved, given)) return;
      throw new Error(`the etcd at ${where} was begun from a backup, and has changed since: it is not what ${file} holds`);
    }
    if (!(await isTheSameEtcd(etcd, backup)))
      throw new Error(
        `the etcd at ${where} is not the one that ${file} was taken from, so versions would be used twice: write a snapshot for it with spoke restore ${file} --etcd-snapshot SNAPSHOT, begin it anew from that (etcdctl snapshot restore), and then restore`,
      );
    await refuseServing(given, where);
    await insist(clock, () => replaceAll(saved, given));
  } finally {
    await given.close();
    await saved.close();
  }
}

async function isTheSameEtcd({ endpoints, tls }: EtcdOptions, { manifest }: Unpacked): Promise<boolean> {
  let lost: unknown;
  for (const endpoint of endpoints) {
    try {
      return (await memberStatus(endpoint, tls)).clusterId === manifest.etcd?.id;
    } catch (error) {
      lost = error;
    }
  }
  throw lost;
}
