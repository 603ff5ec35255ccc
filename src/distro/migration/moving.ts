/** The objects of a stopped cluster move from its embedded store to etcd, or back: copied whole, compared, and only then is the cluster told where they are. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Random } from "#base/mod.ts";
import {
  copyEtcd,
  copyStore,
  createEtcdStore,
  createSqliteStore,
  type EtcdOptions,
  forgetHistory,
  type Store,
  under,
  writeEtcdData,
} from "#store/mod.ts";
import { objects, staging, storeFolder } from "../backup/archive.ts";
import { isBeyond, isSame, markMoving, refuseServing, replaceAll, unmarkMoving } from "../backup/given-etcd.ts";
import { ensureCertificates, readCa } from "../certificates.ts";
import { type ClusterConfig, writeCluster } from "../cluster.ts";
import { etcdOptionsOf, type GivenEtcd, holdingOf, movingMark, writeEtcdFiles } from "../etcd/given.ts";
import { insist } from "../etcd/insist.ts";
import { dataFolder, firstEtcd, forgetKnownServers, urlsOf } from "../etcd/member.ts";
import { withMembers } from "../etcd/membership.ts";
import { whileRunning } from "../etcd/while-running.ts";
import { write } from "../join/credentials.ts";
import type { Place } from "../place.ts";
import { processesOf } from "../processes.ts";

export interface Moving {
  place: Place;
  cluster: ClusterConfig;
  clock: Clock;
  random: Random;
}

/** To a member of etcd on this machine, the first one. Until it is the same as the store, nothing is told of it: run again, it begins anew. */
export async function moveToMember({ place, cluster, clock, random }: Moving): Promise<ClusterConfig> {
  const { machine, nodes, slot } = cluster;
  const moved = { ...cluster, etcd: firstEtcd(nodes[0]!.name, urlsOf(slot, machine!), random.uuid()) };
  await withCopy(place, async (file) => {
    rmSync(dataFolder(place), { recursive: true, force: true });
    mkdirSync(join(dataFolder(place), "member/snap"), { recursive: true, mode: 0o700 });
    const { revision } = writeEtcdData(file, join(dataFolder(place), "member/snap/db"), clock.now());
    await ensureCertificates(place, moved, clock);
    await whileMemberRuns({ place, cluster: moved, clock, random }, async (etcd) => {
      await refuseDifference(file, etcd, clock);
      if (!(await isBeyond(etcd, revision))) throw new Error(`etcd's counter stands before ${revision}, where the store's does`);
    });
  });
  writeCluster(place, moved);
  rmSync(storeFolder(place), { recursive: true, force: true });
  return moved;
}

/** To an etcd that others keep. Its counter only goes up by writes: it must have passed the store's, so that no version is used twice. */
export async function moveToGiven({ place, cluster, clock }: Moving, given: GivenEtcd, etcd: EtcdOptions): Promise<ClusterConfig> {
  const ca = readCa(place);
  const holding = await holdingOf(etcd, ca);
  const where = etcd.endpoints.join(", ");
  if (holding === "another cluster") throw new Error(`the etcd at ${where} holds another cluster than "${cluster.name}"`);
  await withCopy(place, async (file) => {
    const [from, to] = [await createSqliteStore({ file, clock }), await createEtcdStore({ ...etcd, clock })];
    try {
      await refuseServing(to, where);
      // Begun from a snapshot of it, it is there already.
      if (holding === "this cluster" && (await isSame(from, to))) return;
      await markMoving(to, ca);
      const revision = await from.current();
      await insist(clock, () => raise(to, revision));
      await insist(clock, () => replaceAll(from, to));
      await unmarkMoving(to);
      if (!(await isSame(from, to, "values")))
        throw new Error(`what the etcd at ${where} holds is not what was written: somebody else writes there`);
    } finally {
      await to.close();
      await from.close();
    }
  });
  const moved = { ...cluster, etcd: { servers: given.servers } };
  writeEtcdFiles(given, (file, text) => write(place, file, text));
  writeCluster(place, moved);
  rmSync(storeFolder(place), { recursive: true, force: true });
  return moved;
}

/** From etcd, wherever it is. What an etcd that was given holds stays there. */
export async function moveToEmbedded(moving: Moving): Promise<ClusterConfig> {
  const { place, cluster, clock } = moving;
  const folder = staging(place.state);
  const store = join(folder, "store");
  try {
    mkdirSync(store, { mode: 0o700 });
    const options = () => etcdOptionsOf(place, cluster);
    const copy = async (etcd: Store) => {
      await copyEtcd({ ...options(), prefix: objects, to: join(store, "state.db"), clock });
      await refuseDifference(join(store, "state.db"), etcd, clock);
    };
    if (cluster.etcd!.member) await whileMemberRuns(moving, copy);
    else await withGiven(options(), copy);
    rmSync(storeFolder(place), { recursive: true, force: true });
    renameSync(store, storeFolder(place));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { etcd, ...moved } = cluster;
  writeCluster(place, moved);
  rmSync(dataFolder(place), { recursive: true, force: true });
  forgetKnownServers(place);
  for (const name of readdirSync(place.pki)) if (name.startsWith("etcd-")) rmSync(join(place.pki, name));
  return moved;
}

/** The embedded store as a file without history, beside the cluster's state. */
async function withCopy(place: Place, work: (file: string) => Promise<void>): Promise<void> {
  const source = join(storeFolder(place), "state.db");
  if (!existsSync(source)) throw new Error(`there is no store at ${source}: the cluster has never started`);
  const folder = staging(place.state);
  try {
    const file = join(folder, "state.db");
    copyStore(source, file);
    forgetHistory(file);
    await work(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function refuseDifference(file: string, etcd: Store, clock: Clock): Promise<void> {
  const store = await createSqliteStore({ file, clock });
  try {
    if (!(await isSame(store, etcd))) throw new Error("the copy is not the same as what was copied: nothing was changed");
  } finally {
    await store.close();
  }
}

async function withGiven(options: EtcdOptions, work: (etcd: Store) => Promise<void>): Promise<void> {
  const etcd = await createEtcdStore(options);
  try {
    await refuseServing(etcd, options.endpoints.join(", "));
    await work(etcd);
  } finally {
    await etcd.close();
  }
}

/** Of the stopped cluster only this machine's member runs, and only that long. */
async function whileMemberRuns({ place, cluster, clock }: Moving, work: (etcd: Store) => Promise<void>): Promise<void> {
  const spec = processesOf(place, cluster).find(({ name }) => name === "etcd")!;
  await whileRunning(clock, spec, () => asMember(place, cluster, clock, work));
}

async function asMember(place: Place, cluster: ClusterConfig, clock: Clock, work: (etcd: Store) => Promise<void>): Promise<void> {
  const members = await withMembers(place, cluster, (etcd) => insist(clock, () => etcd.list()));
  const others = members.filter(({ name }) => name !== cluster.etcd!.member!.name);
  if (others.length > 0)
    throw new Error(
      `other control planes are members of etcd, too (${others.map(({ name, id }) => name || id).join(", ")}), and the embedded store is one machine's: take them out first with spoke destroy there`,
    );
  const etcd = await insist(clock, () => createEtcdStore({ ...etcdOptionsOf(place, cluster), clock }));
  await work(etcd).finally(() => etcd.close());
}

/** Seconds where the disk of etcd is quick. */
const mostRaised = 200_000;
/** Each writes a key of its own, one write after the other. */
const abreast = 64;

/** A counter cannot be set: it takes a write for each step. */
async function raise(etcd: Store, to: number): Promise<void> {
  let now = await etcd.current();
  if (to - now > mostRaised)
    throw new Error(
      `etcd's versions stand at ${now} and the store's at ${to}, and each step is a write there. Begin it from a snapshot instead: spoke backup FILE while the cluster runs, spoke restore FILE --etcd-snapshot SNAPSHOT, etcdctl snapshot restore SNAPSHOT, and then this again`,
    );
  const worker = async (key: string) => {
    let before: number | "absent" = (await etcd.list(under(key, { limit: 1 }))).entries[0]?.modRevision ?? "absent";
    while (now < to) {
      const result = await etcd.commit(key, before, Buffer.alloc(0));
      if (!result.ok) throw new Error(`somebody else moves objects to this etcd: ${key} changed`);
      before = result.revision;
      now = Math.max(now, result.revision);
    }
  };
  await Promise.all(Array.from({ length: abreast }, (_, at) => worker(`${movingMark}/${at}/`)));
}
