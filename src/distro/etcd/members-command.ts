/** `spoke etcd members | remove NAME | reset`: who keeps the objects of a cluster that runs its own etcd. */
import { messageOf, systemClock, systemRandom } from "#base/mod.ts";
import { type EtcdMember, memberStatus } from "#store/mod.ts";
import { type ClusterConfig, readCluster } from "../cluster.ts";
import { withLock } from "../lock.ts";
import { readOptions, type Usage } from "../options.ts";
import { type Place, placeOf } from "../place.ts";
import { showProgress } from "../progress.ts";
import { etcdOptionsOf } from "./given.ts";
import { insist, isSlow } from "./insist.ts";
import { livingAmong } from "./living.ts";
import { urlsOf } from "./member.ts";
import { withMembers } from "./membership.ts";
import { resetMembers } from "./reset.ts";

const usage = {
  name: "etcd",
  words: "members | remove NAME | reset",
  mostWords: 2,
  about:
    "members: who keeps the objects of the cluster, and how each of them is. remove: takes out one whose machine is lost, so that the others need its voice no more; a machine that is there leaves by spoke destroy. reset: where more than half of them are lost for good, what this machine's has becomes the cluster's again, with this machine as the only member; what the others had acknowledged and it had not heard of is lost, no version is used twice, and watches begin anew.",
} satisfies Usage;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, usage);
  const [verb, name] = positionals;
  const place = placeOf(values.name);
  const cluster = readCluster(place);
  if (!cluster) throw new Error(`there is no cluster "${values.name}" in ${place.state}`);
  if (!cluster.etcd?.member || !cluster.machine)
    throw new Error(
      cluster.machine?.server
        ? `this machine is a node only: do it on a control plane of the cluster, such as ${cluster.machine.server}`
        : `cluster "${cluster.name}" runs no etcd of its own: ${cluster.etcd ? "it was given one" : "its objects are in the embedded store"}`,
    );
  if (verb === "reset") return reset(place, name);
  if (verb === "remove") return remove(place, cluster, name);
  if (name !== undefined) throw new Error(`${JSON.stringify(name)} is a word too many: spoke etcd members`);
  const members = await list(place, cluster);
  const rows = await Promise.all(members.map(async (member) => rowOf(member, await stateOf(place, cluster, member))));
  for (const line of table([["NAME", "ID", "ADDRESS", "IS", "VERSION", "SIZE"], ...rows])) print(line);
  const advice = adviceFor(rows.map((row) => row[3] as string));
  if (advice) process.stderr.write(`${advice}\n`);
  return rows.every((row) => row[3] === "leader" || row[3] === "follower") ? 0 : 1;
}

/** What to do about members that are not as they should be; `states` as they are shown. */
export function adviceFor(states: readonly string[]): string | undefined {
  const voices = states.filter((is) => is !== "learner");
  const silent = voices.filter((is) => is === "no answer" || is === "not started").length;
  if (silent === 0) return undefined;
  const needed = Math.floor(voices.length / 2) + 1;
  if (voices.length - silent >= needed)
    return `${silent} of ${voices.length} ${silent === 1 ? "does" : "do"} not answer, and the others go on: one that is lost for good is taken out with spoke etcd remove NAME`;
  return `${silent} of ${voices.length} ${silent === 1 ? "does" : "do"} not answer, and ${needed} are needed: nothing is acknowledged until then. Start their machines again; if they are lost for good, spoke etcd reset here makes this one the cluster`;
}

/** A busy machine is slow to answer; one that is not there refuses. */
const patience = { ms: 30_000, passes: isSlow };

const list = (place: Place, cluster: ClusterConfig): Promise<EtcdMember[]> =>
  withMembers(place, cluster, (etcd) => insist(systemClock, () => etcd.list(), patience));

type State = { is: string; version?: string; size?: number };

async function stateOf(place: Place, cluster: ClusterConfig, { name, isLearner, clientUrls }: EtcdMember): Promise<State> {
  const [url] = clientUrls;
  if (name === "" || url === undefined) return { is: "not started" };
  try {
    const { version, size, isLeader, hasLeader } = await memberStatus(url, etcdOptionsOf(place, cluster).tls);
    return { is: isLearner ? "learner" : isLeader ? "leader" : hasLeader ? "follower" : "no leader", version, size };
  } catch {
    return { is: "no answer" };
  }
}

const rowOf = ({ name, id, peerUrls }: EtcdMember, { is, version = "", size }: State): string[] => [
  name || "<none>",
  id,
  peerUrls.map((url) => new URL(url).host).join(),
  is,
  version,
  size === undefined ? "" : `${Math.ceil(size / 1024)} KiB`,
];

function table(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join("   ")
      .trimEnd(),
  );
}

async function remove(place: Place, cluster: ClusterConfig, name: string | undefined): Promise<number> {
  if (name === undefined) throw new Error("whom? spoke etcd remove NAME, as spoke etcd members shows it, or its ID");
  const members = await list(place, cluster);
  const found = members.filter((member) => member.name === name || member.id === name);
  const [member] = found;
  if (!member) throw new Error(`there is no member ${name}: there are ${members.map((each) => each.name || each.id).join(", ")}`);
  if (found.length > 1)
    throw new Error(`several members are called ${name}: say the ID of the one (${found.map(({ id }) => id).join(", ")})`);
  if (member.peerUrls.includes(urlsOf(cluster.slot, cluster.machine!).peer))
    throw new Error(`${name} is this machine: spoke destroy takes it out`);
  if (member.name !== "" && (await livingAmong(member.clientUrls, etcdOptionsOf(place, cluster).tls, systemClock)).length > 0)
    throw new Error(`${name} answers (${(await stateOf(place, cluster, member)).is}): spoke destroy there takes it out`);
  try {
    // An answer that was lost: the next look tells.
    await withMembers(place, cluster, (etcd) =>
      insist(
        systemClock,
        async () => {
          if ((await etcd.list()).some(({ id }) => id === member.id)) await etcd.remove(member.id);
        },
        patience,
      ),
    );
  } catch (error) {
    throw new Error(`${name} cannot be taken out: more than half of the members must answer for that (${messageOf(error)})`);
  }
  print(`${name} is none of etcd's members any more`);
  return 0;
}

async function reset(place: Place, word: string | undefined): Promise<number> {
  if (word !== undefined) throw new Error(`${JSON.stringify(word)} is a word too many: spoke etcd reset`);
  const progress = showProgress(systemClock);
  const name = await withLock(place, systemClock, async () => {
    // As it is now that nobody else changes it.
    const cluster = readCluster(place)!;
    const resetting = { place, cluster, clock: systemClock, random: systemRandom };
    await progress.during("making this machine's member the cluster", () => resetMembers(resetting));
    return cluster.name;
  });
  print("this machine is the only member of etcd; the other control planes leave by spoke destroy, and can join again");
  return (await import("../commands/server.ts")).command(["--name", name]);
}
