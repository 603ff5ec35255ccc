/** `spoke server`: the first machine of a cluster over several: the control plane, and a node in the machine's own network. */
import { systemClock } from "#base/mod.ts";
import { isRoot } from "#linux/mod.ts";
import { bootObstacle } from "../boot.ts";
import { withAdmin } from "../bring-up/admin-client.ts";
import { handOver } from "../bring-up/hand-over.ts";
import { planHere } from "../bring-up/plan-here.ts";
import { ensureCertificates, readCa, readPem } from "../certificates.ts";
import { type ClusterConfig, type Machine, proxyModes, readCluster, type Wishes, writeCluster } from "../cluster.ts";
import { userKubeconfig } from "../kubeconfig-file.ts";
import { enterKubeconfig } from "../kubeconfig-record.ts";
import { withLock } from "../lock.ts";
import { markNode } from "../machines/mark-node.ts";
import { serverFromHere, serverOf } from "../machines/seat.ts";
import { startMachine } from "../machines/start.ts";
import { addressHere, nodeNameHere, readLabels } from "../machines/this-machine.ts";
import { wholeNumber } from "../options.ts";
import { installMissing, obstacles } from "../packages.ts";
import { type Place, placeOf } from "../place.ts";
import { type Progress, showProgress } from "../progress.ts";
import { readRole } from "../roles/read-role.ts";
import { serverUsage } from "../roles/usages.ts";

export async function command(words: string[]): Promise<number> {
  const { values } = readRole(serverUsage, words);
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
  const machine: Machine = {
    address: await addressHere(values.address ?? before?.machine?.address),
    ...(labels ? { labels } : {}),
    ...(backend ? { backend } : {}),
    ...(noPods ? { noPods } : {}),
  };
  const node = keptName(before, values["node-name"]);
  const wishes: Wishes = {
    nodes: 0,
    port: wholeNumber("port", values.port),
    uplink: values.uplink,
    boot: values.boot,
    ...(proxyMode ? { proxyMode } : {}),
  };
  const code = await withLock(place, clock, () => serve({ place, before, machine, node, wishes, progress }), progress.say);
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

interface Serve {
  place: Place;
  before: ClusterConfig | undefined;
  machine: Machine;
  node: string;
  wishes: Wishes;
  progress: Progress;
}

async function serve({ place, before, machine, node, wishes, progress }: Serve): Promise<number> {
  const clock = systemClock;
  const { say } = progress;
  const cluster = await planHere(place, before, wishes, clock, (planned) => ({ ...planned, machine, nodes: [{ name: node, index: 1 }] }));
  if (before) writeCluster(place, cluster);
  await ensureCertificates(place, cluster, clock);
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
  if (code === 0)
    process.stdout.write(
      `\nThe cluster "${cluster.name}" has its first machine. On this one, for each other machine:\n  spoke token create --print-join-command\nand there, what it prints. Ports that machines must reach of each other: see docs/machines.md.\n`,
    );
  return code;
}
