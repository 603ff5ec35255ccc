/** How a machine becomes one of etcd's members, and ceases to be one. */
import { rmSync } from "node:fs";
import type { Clock } from "#base/mod.ts";
import { type EtcdCluster, type EtcdMember, etcdCluster } from "#store/mod.ts";
import { type ClusterConfig, writeCluster } from "../cluster.ts";
import type { Place } from "../place.ts";
import { ensureProcess, processesOf } from "../processes.ts";
import type { Progress } from "../progress.ts";
import { etcdOptionsOf } from "./given.ts";
import { insist, isSlow } from "./insist.ts";
import { dataFolder, hasData, hasLostData, othersKnown, urlsOf } from "./member.ts";

export function withMembers<T>(place: Place, cluster: ClusterConfig, work: (members: EtcdCluster) => Promise<T>): Promise<T> {
  const members = etcdCluster(etcdOptionsOf(place, cluster));
  return work(members).finally(() => members.close());
}

/** The next step of a machine that has no data: whoever has its address among the members, and had data, has lost it. */
export function planEntry(members: readonly EtcdMember[], peerUrl: string): { do: "remove" | "start"; id: string } | { do: "add" } {
  const own = members.find(({ peerUrls }) => peerUrls.includes(peerUrl));
  if (!own) return { do: "add" };
  return { do: own.name === "" ? "start" : "remove", id: own.id };
}

/** `name=url` of each; those that never started have no name yet, and are known by their URL. */
export const initialOf = (members: readonly EtcdMember[], { name, peerUrl }: { name: string; peerUrl: string }): string =>
  members
    .map(({ id, name: theirs, peerUrls }) => [peerUrls.includes(peerUrl) ? name : theirs || `member-${id}`, peerUrls[0]])
    .map(([each, url]) => `${each}=${url}`)
    .join();

interface Entering {
  place: Place;
  cluster: ClusterConfig;
  clock: Clock;
  progress: Progress;
}

/** The description of the machine as a member that has a voice. May be run again wherever it was interrupted. */
export async function enterMembers({ place, cluster: before, clock, progress }: Entering): Promise<ClusterConfig> {
  const cluster = asNewcomer(place, before);
  const { etcd, machine, slot } = cluster;
  if (!etcd?.member || !machine || etcd.member.state === "new") return cluster;
  const { peer: peerUrl } = urlsOf(slot, machine);
  const { name } = etcd.member;
  let entered = cluster;
  if (etcd.member.initial === "" || !hasData(place)) {
    rmSync(dataFolder(place), { recursive: true, force: true });
    const members = await progress.during("joining the members of etcd", () => letIn(place, cluster, clock, peerUrl));
    const member = { name, initial: initialOf(members, { name, peerUrl }), state: "existing" as const };
    entered = { ...cluster, etcd: { ...etcd, member } };
    writeCluster(place, entered);
  }
  const spec = processesOf(place, entered).find((each) => each.name === "etcd")!;
  await ensureProcess(spec, clock);
  await progress.during("getting the cluster's objects", () => giveVoice(place, entered, clock, peerUrl));
  return entered;
}

/** The first member is one among others once it has lost its data; alone, it has nothing to begin with. */
function asNewcomer(place: Place, cluster: ClusterConfig): ClusterConfig {
  const { etcd } = cluster;
  if (!etcd?.member || !hasLostData(place, cluster)) return cluster;
  if (othersKnown(place, cluster).length === 0)
    throw new Error(
      `this machine's member of etcd has lost its data (${dataFolder(place)}), and there was no other: spoke restore FILE --replace puts a backup in its place`,
    );
  return { ...cluster, etcd: { ...etcd, member: { name: etcd.member.name, initial: "", state: "existing" } } };
}

function letIn(place: Place, cluster: ClusterConfig, clock: Clock, peerUrl: string): Promise<EtcdMember[]> {
  return withMembers(place, cluster, (etcd) =>
    insist(clock, async () => {
      const members = await etcd.list();
      const step = planEntry(members, peerUrl);
      if (step.do === "start") return members;
      if (step.do === "remove") await etcd.remove(step.id);
      return (await etcd.addLearner(peerUrl)).members;
    }),
  );
}

/** A learner has what the others have before its voice counts: until then it could hold them up. */
function giveVoice(place: Place, cluster: ClusterConfig, clock: Clock, peerUrl: string): Promise<void> {
  return withMembers(place, cluster, (etcd) =>
    insist(clock, async () => {
      const own = (await etcd.list()).find(({ peerUrls }) => peerUrls.includes(peerUrl));
      if (!own) throw new Error("this machine was taken out of etcd's members meanwhile");
      if (own.isLearner) await etcd.promote(own.id);
    }),
  );
}

const leavingMs = 15_000;

/** Before it is destroyed. False: it was the last one. */
export function leaveMembers(place: Place, cluster: ClusterConfig, clock: Clock): Promise<boolean> {
  const { peer } = urlsOf(cluster.slot, cluster.machine!);
  let asked = false;
  return withMembers(place, cluster, (etcd) =>
    insist(
      clock,
      async () => {
        const members = await etcd.list();
        const own = members.find(({ peerUrls }) => peerUrls.includes(peer));
        if (!own) return asked || members.length > 1;
        if (members.length === 1) return false;
        asked = true;
        await etcd.remove(own.id);
        return true;
      },
      { ms: leavingMs, passes: isSlow },
    ),
  );
}
