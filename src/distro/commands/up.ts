/** `spoke up`: brings a local cluster to what is asked for, and says what it does. Running it again changes nothing. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock, systemRandom } from "#base/mod.ts";
import { stopProcess } from "#linux/mod.ts";
import { type NodeState, nodeStates, waitFor } from "../admin.ts";
import { ensureCertificates, readCa, readPem } from "../certificates.ts";
import { othersHere, takenSlots, withClaims, writeClaim } from "../claims.ts";
import { type ClusterConfig, plan, readCluster, writeCluster } from "../cluster.ts";
import { writeRuntimeConfig } from "../containerd.ts";
import { provideImages } from "../images/provide.ts";
import { userKubeconfig } from "../kubeconfig-file.ts";
import { enterKubeconfig } from "../kubeconfig-record.ts";
import { withLock } from "../lock.ts";
import { ensureBridge, ensureNetwork } from "../node-network.ts";
import { removeNode } from "../node-removal.ts";
import { progress, readOptions, wholeNumber } from "../options.ts";
import { installMissing, obstacles } from "../packages.ts";
import { type Place, placeOf } from "../place.ts";
import { ensureProcess, keeperOf, processesOf, runningId, stoppedMark, supervisorOf } from "../processes.ts";
import { refreshSupervisor } from "../supervisor.ts";

const apiPatienceMs = 30_000;
const nodePatienceMs = 60_000;

export async function command(words: string[]): Promise<number> {
  const { values } = readOptions(words, {
    nodes: { type: "string" },
    "simulated-nodes": { type: "string" },
    uplink: { type: "boolean" },
    port: { type: "string" },
  });
  const clock = systemClock;
  const say = progress(() => clock.monotonic());
  const place = placeOf(values.name);
  let nodes = wholeNumber("nodes", values.nodes);
  let simulatedNodes = wholeNumber("simulated-nodes", values["simulated-nodes"]);
  const before = readCluster(place);
  if ((nodes ?? before?.nodes.length ?? 1) > 0) {
    await installMissing(say);
    const lacking = obstacles();
    if (lacking.length > 0) {
      for (const line of lacking) say(`no real nodes: ${line}`);
      nodes = 0;
      simulatedNodes ??= before?.simulatedNodes || 1;
      say(
        `starting a full control plane with ${simulatedNodes} simulated node${simulatedNodes === 1 ? "" : "s"}: their pods are objects, not processes`,
      );
    }
  }
  const wishes = { nodes, simulatedNodes, uplink: values.uplink, port: wholeNumber("port", values.port) };
  return withLock(place, clock, () => up({ place, before, wishes, clock, say }));
}

interface Up {
  place: Place;
  before: ClusterConfig | undefined;
  wishes: Parameters<typeof plan>[2];
  clock: Clock;
  say(line: string): void;
}

async function up({ place, before, wishes, clock, say }: Up): Promise<number> {
  const cluster = await planHere(place, before, wishes, clock);
  for (const node of before?.nodes ?? []) {
    if (cluster.nodes.some((kept) => kept.name === node.name)) continue;
    say(`removing ${node.name}`);
    await removeNode(place, before as ClusterConfig, node, clock);
  }
  if (before) writeCluster(place, cluster);
  rmSync(stoppedMark(place), { force: true });
  const fresh = !runningId(processesOf(place, cluster)[0]);

  const [mtu] = await Promise.all([ensureBridge(cluster), ensureCertificates(place, cluster, clock)]);
  const [controlPlane, ...nodeProcesses] = processesOf(place, cluster);
  if (before && serverDiffers(before, cluster)) {
    say("the control plane starts again with what was changed");
    await stopProcess(clock, controlPlane.pidFile);
  }
  await ensureProcess(controlPlane, clock);
  for (const node of cluster.nodes) writeRuntimeConfig(place, cluster, node, mtu);
  await ensureNetwork(cluster);
  for (const spec of nodeProcesses) if (!spec.after) await ensureProcess(spec, clock);
  const images = cluster.nodes.length > 0 ? provideImages(place, cluster, clock, say) : Promise.resolve();
  images.catch(() => {}); // awaited below

  // Without a supervisor nobody starts again what ends, so its end is the end of waiting.
  const worthwhile = () => Boolean(runningId(controlPlane) || runningId(supervisorOf(place)));
  if (!(await waitFor(place, cluster, "/readyz", clock, apiPatienceMs, worthwhile))) {
    const why = worthwhile()
      ? `did not answer on port ${cluster.port} within ${apiPatienceMs / 1000} s`
      : `ended: ${lastLine(controlPlane.logFile)}`;
    throw new Error(`the API server ${why}: see spoke logs control-plane, and spoke doctor`);
  }
  say(`the API server ${fresh ? "answers" : "was running already"}: https://127.0.0.1:${cluster.port}`);
  await refreshSupervisor(place, clock);
  const kubeconfig = userKubeconfig();
  const server = `https://127.0.0.1:${cluster.port}`;
  enterKubeconfig(place, kubeconfig, { server, ca: readCa(place), ...readPem(place, "admin") });
  say(`context "${cluster.name}" is current in ${kubeconfig}`);

  const late = await waitForNodes({ place, cluster, clock, say });
  await images;
  for (const spec of [...nodeProcesses, keeperOf(place)]) await ensureProcess(spec, clock);
  if (late.length > 0) {
    for (const node of late) say(`${node.name} is not Ready: ${node.message}`);
    say(`see: spoke logs ${late[0].name}-agent, spoke logs ${late[0].name}-containerd, spoke doctor`);
    return 1;
  }
  process.stdout.write(`\n${nextSteps(cluster)}`);
  return 0;
}

function lastLine(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").at(-1)?.slice(0, 500) ?? "it wrote nothing";
}

/** What the control plane reads only when it starts. */
function serverDiffers(before: ClusterConfig, now: ClusterConfig): boolean {
  return (
    before.port !== now.port || before.simulatedNodes !== now.simulatedNodes || (before.nodes.length === 0) !== (now.nodes.length === 0)
  );
}

/** The plan, with a slot that no other cluster of this machine has; a new cluster is written down before the next one may look. */
function planHere(place: Place, before: ClusterConfig | undefined, wishes: Up["wishes"], clock: Clock): Promise<ClusterConfig> {
  return withClaims(clock, async () => {
    const others = othersHere(place);
    const holder = before && others.find((claim) => claim.slot === before.slot);
    if (holder)
      throw new Error(
        `cluster "${holder.cluster}" in ${holder.state} has the same bridge and address ranges (slot ${holder.slot}): stop and remove one of the two with spoke destroy`,
      );
    const taken = before ? new Set<number>() : await takenSlots(others, wishes.port);
    const nameTaken = others.some((claim) => claim.cluster === place.cluster);
    const cluster = plan(place.cluster, before, wishes, taken, { id: systemRandom.uuid(), nameTaken });
    if (!before) writeCluster(place, cluster);
    writeClaim(place, cluster.slot);
    return cluster;
  });
}

async function waitForNodes({
  place,
  cluster,
  clock,
  say,
}: Omit<Up, "before" | "wishes"> & { cluster: ClusterConfig }): Promise<NodeState[]> {
  const waiting = new Set(cluster.nodes.map((node) => node.name));
  const end = clock.monotonic() + nodePatienceMs;
  let states: NodeState[] = [];
  while (waiting.size > 0 && clock.monotonic() < end) {
    states = await nodeStates(place, cluster).catch(() => states);
    for (const node of states) if (node.ready && waiting.delete(node.name)) say(`${node.name} is Ready`);
    if (waiting.size > 0) await clock.sleep(25);
  }
  return [...waiting].map((name) => states.find((node) => node.name === name) ?? { name, ready: false, message: "it has not registered" });
}

/** What to type next; our kubectl by the path that this very program was started by. */
function nextSteps(cluster: ClusterConfig): string {
  const spoke = join(import.meta.dirname, "../../../spoke");
  const short = existsSync(spoke) && process.cwd() === join(spoke, "..") ? "./spoke" : spoke;
  const also =
    cluster.nodes.length === 0
      ? ""
      : `  ${short} kubectl apply -f ${short === "./spoke" ? "" : `${join(spoke, "..")}/`}examples/bootcamp/app.yml\n`;
  return `Cluster "${cluster.name}" runs. Next:\n  ${short} kubectl get nodes\n${also}  ${short} status\n  (for a kubectl on your PATH: ln -s ${spoke} /usr/local/bin/kubectl)\n`;
}
