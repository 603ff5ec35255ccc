/** `spoke etcd members | remove NAME`: who keeps the objects of a cluster that runs its own etcd. */
import { messageOf } from "#base/mod.ts";
import { type EtcdMember, memberStatus } from "#store/mod.ts";
import { type ClusterConfig, readCluster } from "../cluster.ts";
import { readOptions, type Usage } from "../options.ts";
import { type Place, placeOf } from "../place.ts";
import { etcdOptionsOf } from "./given.ts";
import { urlsOf } from "./member.ts";
import { withMembers } from "./membership.ts";

const usage = {
  name: "etcd",
  words: "members | remove NAME",
  mostWords: 2,
  about:
    "members: who keeps the objects of the cluster, and how each of them is. remove: takes out one whose machine is lost, so that the others need its voice no more; a machine that is there leaves by spoke destroy.",
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
  if (verb === "remove") return remove(place, cluster, name);
  if (name !== undefined) throw new Error(`${JSON.stringify(name)} is a word too many: spoke etcd members`);
  const rows = await Promise.all((await list(place, cluster)).map(async (member) => rowOf(member, await stateOf(place, cluster, member))));
  for (const line of table([["NAME", "ID", "ADDRESS", "IS", "VERSION", "SIZE"], ...rows])) print(line);
  return rows.every((row) => row[3] === "leader" || row[3] === "follower") ? 0 : 1;
}

const list = (place: Place, cluster: ClusterConfig): Promise<EtcdMember[]> => withMembers(place, cluster, (etcd) => etcd.list());

type State = { is: string; version?: string; size?: number };

async function stateOf(place: Place, cluster: ClusterConfig, { name, isLearner, clientUrls }: EtcdMember): Promise<State> {
  const [url] = clientUrls;
  if (name === "" || url === undefined) return { is: "not started" };
  try {
    const { version, size, isLeader } = await memberStatus(url, etcdOptionsOf(place, cluster).tls);
    return { is: isLearner ? "learner" : isLeader ? "leader" : "follower", version, size };
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
  const { is } = await stateOf(place, cluster, member);
  if (is !== "no answer" && is !== "not started") throw new Error(`${name} answers (${is}): spoke destroy there takes it out`);
  try {
    await withMembers(place, cluster, (etcd) => etcd.remove(member.id));
  } catch (error) {
    throw new Error(`${name} cannot be taken out: more than half of the members must answer for that (${messageOf(error)})`);
  }
  print(`${name} is none of etcd's members any more`);
  return 0;
}
