/** `spoke server`: the first machine of a cluster over several: the control plane, and a node in the machine's own network. */
import { systemClock } from "#base/mod.ts";
import { isRoot } from "#linux/mod.ts";
import { bootObstacle } from "../boot.ts";
import { withAdmin } from "../bring-up/admin-client.ts";
import { handOver } from "../bring-up/hand-over.ts";
import { planHere } from "../bring-up/plan-here.ts";
import { ensureCertificates, readCa, readPem } from "../certificates.ts";
import { refuseTakenSlot } from "../claims.ts";
import { type ClusterConfig, type Machine, proxyModes, readCluster, type Wishes, writeCluster } from "../cluster.ts";
import type { MemberConfig } from "../etcd/config.ts";
import { type EtcdAsked, etcdOptionsOf, type GivenEtcd, holdingOf, readEtcdFlags, writeEtcdFiles } from "../etcd/given.ts";
import { firstEtcd, isUnborn, urlsOf } from "../etcd/member.ts";
import { enterMembers } from "../etcd/membership.ts";
import { type Bundle, makeOne } from "../join/bundle.ts";
import { write } from "../join/credentials.ts";
import { takeKeys } from "../join/take-keys.ts";
import { type JoinToken, serverUrl, tokenGiven } from "../join/token.ts";
import { userKubeconfig } from "../kubeconfig/file.ts";
import { enterKubeconfig } from "../kubeconfig/record.ts";
import { withLock } from "../lock.ts";
import { markNode } from "../machines/mark-node.ts";
import { serverFromHere, serverOf } from "../machines/seat.ts";
import { startMachine } from "../machines/start.ts";
import { addressHere, addressTowards, nodeNameHere, readLabels } from "../machines/this-machine.ts";
import { wholeNumber } from "../options.ts";
import { etcdNeeds, installMissing, obstacles } from "../packages.ts";
import { type Place, placeOf } from "../place.ts";
import { type Progress, showProgress } from "../progress.ts";
import { readRole } from "../roles/read-role.ts";
import { serverUsage } from "../roles/usages.ts";

export async function command(words: string[]): Promise<number> {
  const { values, folderOf } = readRole(serverUsage, words);
  const clock = systemClock;
  const progress = showProgress(clock);
  const place = placeOf(values.name);
  const before = readCluster(place);
  if (before && !before.machine)
    throw new Error(
      `cluster "${before.name}" is on this machine only: start it with spoke up, or begin another with spoke server --name NAME`,
    );
  if (before?.machine?.server)
    throw new Error(`this machine is a node of the cluster at ${before.machine.server}: spoke destroy takes it out, or say another --name`);
  await readyForNodes(progress);
  if (values.backend !== undefined && values.backend !== "vxlan")
    throw new Error(`--backend ${values.backend}: there is vxlan; by routes needs no word`);
  const proxyMode = proxyModes.find((mode) => mode === values["proxy-mode"]);
  if (values["proxy-mode"] !== undefined && !proxyMode)
    throw new Error(`--proxy-mode ${values["proxy-mode"]}: there are ${proxyModes.join(" and ")}`);
  const noBoot = values.boot ? bootObstacle() : undefined;
  if (noBoot) throw new Error(`--boot: ${noBoot}`);
  const labels = readLabels(values["node-label"]) ?? before?.machine?.labels;
  const backend = values.backend === "vxlan" ? values.backend : before?.machine?.backend;
  const noPods = values.pods === undefined ? before?.machine?.noPods : !values.pods;
  const further = furtherOf(values, before);
  const asked = values.address ?? before?.machine?.address;
  const machine: Machine = {
    address: further && asked === undefined ? await addressTowards(further.server) : await addressHere(asked),
    ...(labels ? { labels } : {}),
    ...(backend ? { backend } : {}),
    ...(noPods ? { noPods } : {}),
  };
  const node = keptName(before, values["node-name"]);
  refuseMovedMember(place, before, machine);
  const etcd = await etcdGiven(place, before, { values, folderOf });
  const runsEtcd = etcdAsked(values["cluster-init"], { before, given: etcd !== undefined });
  if (runsEtcd) await progress.during("installing etcd", () => installMissing(progress.say, etcdNeeds));
  const wishes: Wishes = {
    nodes: 0,
    port: wholeNumber("port", values.port),
    uplink: values.uplink,
    boot: values.boot,
    ...(proxyMode ? { proxyMode } : {}),
  };
  const code = await withLock(
    place,
    clock,
    () => serve({ place, before, machine, node, etcd, runsEtcd, further, wishes, progress }),
    progress.say,
  );
  return handOver(place, code, progress);
}

/** Throws where this machine cannot run containers. */
export async function readyForNodes(progress: Progress): Promise<void> {
  if (!isRoot()) throw new Error("a machine of a cluster needs root: sudo spoke …");
  await progress.during("installing packages", () => installMissing(progress.say));
  const lacking = obstacles();
  if (lacking.length > 0) throw new Error(`this machine cannot run containers: ${lacking.join("; ")}`);
}

/** A node that is there keeps its name: another one would be another node. */
export function keptName(before: ClusterConfig | undefined, asked: string | undefined): string {
  const known = before?.nodes[0]?.name;
  if (known && asked !== undefined && asked.toLowerCase() !== known)
    throw new Error(`--node-name ${asked}: this machine's node is called ${known}; spoke destroy first, to begin anew under another name`);
  return known ?? nodeNameHere(asked);
}

/** Looks into the etcd that is given before anything is made of it. */
async function etcdGiven(place: Place, before: ClusterConfig | undefined, asked: EtcdAsked): Promise<GivenEtcd | undefined> {
  const given = readEtcdFlags(asked, before?.etcd);
  if (!given) return undefined;
  if (before && !before.etcd)
    throw new Error(
      `--etcd-servers: cluster "${before.name}" keeps its objects in the embedded store of this machine, and they do not move by themselves: spoke down and spoke migrate etcd --etcd-servers move them, or begin another one with --name NAME`,
    );
  const known = before?.etcd ? etcdOptionsOf(place, before).tls : {};
  const holding = await holdingOf({ endpoints: given.servers, tls: { ...known, ...given.pem } }, before && readCa(place));
  const where = given.servers.join(", ");
  if (before && holding === "nothing")
    throw new Error(`--etcd-servers: the etcd at ${where} holds nothing, and not the cluster "${before.name}"`);
  if (holding === "another cluster")
    throw new Error(
      before
        ? `--etcd-servers: the etcd at ${where} holds another cluster than "${before.name}"`
        : `--etcd-servers: the etcd at ${where} holds a cluster already: a further control plane joins it with spoke server --join; one that is not needed any more is removed with etcdctl del --prefix /registry/`,
    );
  return given;
}

/** Whether this machine is to run a member of etcd. */
function etcdAsked(asked: boolean | undefined, { before, given }: { before: ClusterConfig | undefined; given: boolean }): boolean {
  if (before?.etcd?.member) return true;
  if (!asked) return false;
  if (given || before?.etcd) throw new Error("--cluster-init: the objects are in an etcd that was given by --etcd-servers");
  if (before)
    throw new Error(
      `--cluster-init: cluster "${before.name}" keeps its objects in the embedded store of this machine: spoke down and spoke migrate etcd move them`,
    );
  return true;
}

/** The others know it by its address. */
function refuseMovedMember(place: Place, before: ClusterConfig | undefined, { address }: Machine): void {
  if (before?.etcd?.member && !isUnborn(place, before) && before.machine?.address !== address)
    throw new Error(
      `--address ${address}: the other members of etcd know this one by ${before.machine?.address}: spoke destroy takes it out, and spoke server --join brings it back`,
    );
}

interface Further {
  server: string;
  token: JoinToken;
}

/** What the cluster is already, this machine does not choose. */
const ofTheCluster = [
  "port",
  "backend",
  "proxy-mode",
  "etcd-servers",
  "etcd-cafile",
  "etcd-certfile",
  "etcd-keyfile",
  "cluster-init",
] as const;

/** Undefined: nothing is joined, or was already. */
function furtherOf(
  values: { join: string | undefined; token: string | undefined } & { [Name in (typeof ofTheCluster)[number]]: unknown },
  before: ClusterConfig | undefined,
): Further | undefined {
  if (values.join === undefined) {
    if (values.token !== undefined) throw new Error("--token is for --join: where is the cluster?");
    return undefined;
  }
  const server = serverUrl("join", values.join);
  const chosen = ofTheCluster.find((name) => values[name] !== undefined);
  if (chosen) throw new Error(`--${chosen}: the cluster that is joined has it already`);
  if (before?.etcd) return undefined;
  if (before)
    throw new Error(
      `--join: cluster "${before.name}" is on this machine with a store of its own: say another --name, or spoke destroy it first`,
    );
  const token = tokenGiven(values.token ?? process.env.SPOKE_TOKEN, undefined);
  if (!token) throw new Error(`--token is needed: ${makeOne}`);
  return { server, token };
}

interface Serve {
  place: Place;
  before: ClusterConfig | undefined;
  machine: Machine;
  node: string;
  /** Absent: as before. */
  etcd: GivenEtcd | undefined;
  runsEtcd: boolean;
  /** The cluster that this machine joins. */
  further: Further | undefined;
  wishes: Wishes;
  progress: Progress;
}

/** The plan of a machine that joins: addresses, ports and rules are the cluster's. */
function joined(planned: ClusterConfig, machine: Machine, { facts, port, etcd }: Bundle): ClusterConfig {
  const { slot, proxyMode, backend } = facts;
  const member: MemberConfig = { name: planned.nodes[0]!.name, initial: "", state: "existing" };
  const objects = { servers: etcd.servers, ...(etcd.members ? { member } : {}) };
  return {
    ...planned,
    slot,
    port,
    etcd: objects,
    ...(proxyMode ? { proxyMode } : {}),
    machine: { ...machine, ...(backend ? { backend } : {}) },
  };
}

async function serve({ place, before, machine, node, etcd, runsEtcd, further, wishes, progress }: Serve): Promise<number> {
  const clock = systemClock;
  const { say } = progress;
  const bundle = further && (await takeKeys({ place, ...further, name: node, progress }));
  if (bundle) refuseTakenSlot(place, bundle.facts.slot);
  if (bundle?.etcd.members) await progress.during("installing etcd", () => installMissing(say, etcdNeeds));
  let cluster = await planHere(place, before, wishes, clock, (planned) => {
    const own = { ...planned, machine, nodes: [{ name: node, index: 1 }], ...(etcd ? { etcd: { servers: etcd.servers } } : {}) };
    if (bundle) return joined(own, machine, bundle);
    const begins = runsEtcd && (!planned.etcd || isUnborn(place, planned));
    return begins ? { ...own, etcd: firstEtcd(node, urlsOf(planned.slot, machine), planned.etcd?.member?.token) } : own;
  });
  if (etcd) writeEtcdFiles(etcd, (file, text) => write(place, file, text));
  if (before) writeCluster(place, cluster);
  await ensureCertificates(place, cluster, clock);
  cluster = await enterMembers({ place, cluster, clock, progress });
  let marking: Promise<unknown> = Promise.resolve();
  const code = await startMachine({ place, cluster, clock, progress }, before, async () => {
    say(`the API server answers: ${serverOf(cluster)}`);
    const kubeconfig = userKubeconfig();
    enterKubeconfig(place, kubeconfig, { server: serverFromHere(cluster), ca: readCa(place), ...readPem(place, "admin") });
    say(`context "${cluster.name}" is current in ${kubeconfig}`);
    marking = withAdmin(cluster.name, "spoke-server", ({ client }) =>
      markNode(client, { name: node, noPods: machine.noPods ?? false }, clock),
    );
    marking.catch(() => {}); // awaited below
  });
  await marking;
  if (code === 0) process.stdout.write(bundle ? joinedText(cluster) : firstText(cluster));
  return code;
}

const firstText = ({ name, etcd }: ClusterConfig): string =>
  `\nThe cluster "${name}" has its first machine. On this one, for each other machine:\n  spoke token create --print-join-command\n${
    etcd ? "for each further control plane:\n  spoke token create --control-plane --print-join-command\n" : ""
  }and there, what it prints. Ports that machines must reach of each other: see docs/machines.md.\n`;

const joinedText = (cluster: ClusterConfig): string =>
  `\nThis machine is a further control plane of the cluster "${cluster.name}": ${serverOf(cluster)}\n`;
