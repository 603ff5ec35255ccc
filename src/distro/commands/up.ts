/** `spoke up`: brings a local cluster to what is asked for, and says what it does. Running it again changes nothing. */
import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { readText } from "#api/mod.ts";
import { checkFlags } from "#apiserver/mod.ts";
import { type Clock, messageOf, systemClock } from "#base/mod.ts";
import { readProviders, settingsOf } from "#kubelet/mod.ts";
import { stopProcess, uplink } from "#linux/mod.ts";
import type { ProxyMode } from "#proxy/mod.ts";
import { readSchedulerConfiguration } from "#scheduler/mod.ts";
import { bootObstacle } from "../boot.ts";
import { withAdmin } from "../bring-up/admin-client.ts";
import { handOver } from "../bring-up/hand-over.ts";
import { keep } from "../bring-up/keep.ts";
import { planHere } from "../bring-up/plan-here.ts";
import { sharedDisk } from "../bring-up/shared-disk.ts";
import { type Running, waitForNodes, waitForServer } from "../bring-up/wait.ts";
import { ensureCertificates, readCa, readPem } from "../certificates.ts";
import {
  type ClusterConfig,
  controlPlaneGraceMs,
  familiesOf,
  numbersOf,
  proxyModes,
  readCluster,
  type Wishes,
  writeCluster,
} from "../cluster.ts";
import { registriesFolder, writeRuntimeConfig } from "../containerd.ts";
import { provideImages } from "../images/provide.ts";
import { userKubeconfig } from "../kubeconfig/file.ts";
import { enterKubeconfig } from "../kubeconfig/record.ts";
import { withLock } from "../lock.ts";
import { ensureBridge, ensureNetwork } from "../node-network.ts";
import { removeNode } from "../node-removal.ts";
import { wholeNumber } from "../options.ts";
import { installMissing, obstacles } from "../packages.ts";
import { type Place, placeOf } from "../place.ts";
import { ensureProcess, type ProcessSpec, processesOf, runningId, stoppedMark } from "../processes.ts";
import { endOtherVersion, isInstalled } from "../program/version.ts";
import { type Progress, showProgress } from "../progress.ts";
import { type RegistryWishes, readMirrors, registryHost } from "../registry/config.ts";
import { checkCredentials } from "../registry/credentials.ts";
import { writeHosts } from "../registry/hosts.ts";
import { ensureRegistryObjects } from "../registry/objects.ts";
import { checkRegistryPort } from "../registry/places.ts";
import { machineResolvers } from "../resolvers.ts";
import { readRole } from "../roles/read-role.ts";
import { upUsage } from "../roles/usages.ts";
import { refreshSupervisor } from "../supervisor.ts";
import { forwardingIsBlocked } from "../uplink.ts";

export async function command(words: string[]): Promise<number> {
  const { values, folderOf } = readRole(upUsage, words);
  const clock = systemClock;
  const progress = showProgress(clock);
  const { say } = progress;
  const place = placeOf(values.name);
  let nodes = wholeNumber("nodes", values.nodes);
  let simulatedNodes = wholeNumber("simulated-nodes", values["simulated-nodes"]);
  const noBoot = values.boot ? bootObstacle() : undefined;
  if (noBoot) throw new Error(`--boot: ${noBoot}`);
  const before = readCluster(place);
  if (before?.machine)
    throw new Error(
      `cluster "${before.name}" is of several machines: start it again with spoke ${before.machine.server ? "agent" : "server"} --name ${before.name}`,
    );
  if ((nodes ?? before?.nodes.length ?? 1) > 0) {
    await progress.during("installing packages", () => installMissing(say));
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
  const proxyMode = modeOf(values["proxy-mode"]);
  const wishes = {
    nodes,
    simulatedNodes,
    uplink: values.uplink,
    port: wholeNumber("port", values.port),
    boot: values.boot,
    proxyMode,
    families: wishedFamilies(values.families),
    shutdownDelaySeconds: wholeNumber("shutdown-delay", values["shutdown-delay"]),
    goawayPerMille: wholeNumber("goaway-per-mille", values["goaway-per-mille"]),
    apiserverFlags: await wishedFlags(values["apiserver-flag"], folderOf("apiserver-flag")),
    schedulerConfig: wishedConfig(values["scheduler-config"], say),
    kubeletConfig: wishedKubelets(values["kubelet-config"]),
    imageCredentials: wishedProviders(values, before),
    registry: wishedRegistry(values),
  };
  await checkRegistryPort(before, wishes.registry);
  const code = await withLock(place, clock, () => up({ place, before, wishes, clock, progress }), say);
  return handOver(place, code, progress);
}

/** Tried before anything is stopped for them. */
async function wishedFlags(words: string[] | undefined, folder: string): Promise<string[] | undefined> {
  const said = words?.filter((word) => word !== "");
  return said && checkFlags(said, folder);
}

/** Its text, tried before anything is stopped for it. */
function wishedConfig(file: string | undefined, say: Progress["say"]): string | undefined {
  if (!file) return file;
  try {
    const text = readText(file);
    for (const note of readSchedulerConfiguration(text).notes) say(`${file}: ${note}`);
    return text;
  } catch (error) {
    throw new Error(`--scheduler-config ${file}`, { cause: error });
  }
}

/** Read and checked before anything is changed. */
function wishedKubelets(file: string | undefined): string | undefined {
  if (!file) return file;
  const text = readText(file);
  try {
    settingsOf(text, sharedDisk);
  } catch (cause) {
    throw new Error(`--kubelet-config ${file}: ${messageOf(cause)}`, { cause });
  }
  return text;
}

type ProviderValues = Record<"image-credential-provider-config" | "image-credential-provider-bin-dir", string | undefined>;

/** Read and checked before anything is changed. One of the two may stay as it was. */
function wishedProviders(values: ProviderValues, before: ClusterConfig | undefined): Wishes["imageCredentials"] {
  const { "image-credential-provider-config": config, "image-credential-provider-bin-dir": binaries } = values;
  if (config === undefined && binaries === undefined) return undefined;
  if (config === "" || binaries === "") return "";
  const { imageCredentials } = before ?? {};
  const places = { config: config ?? imageCredentials?.config ?? "", binaries: binaries ?? imageCredentials?.binaries ?? "" };
  if (places.config === "" || places.binaries === "")
    throw new Error("--image-credential-provider-config and --image-credential-provider-bin-dir go together");
  const absolute = { config: resolve(places.config), binaries: resolve(places.binaries) };
  // What has changed in them is taken up as well.
  return { ...absolute, hash: readProviders(absolute).hash };
}

interface RegistryValues {
  registry: boolean | undefined;
  "registry-port": string | undefined;
  "registry-mirror": string[] | undefined;
  "registry-credentials": string | undefined;
}

function wishedRegistry(values: RegistryValues): RegistryWishes {
  const { registry, "registry-credentials": file } = values;
  const credentials = file && resolve(file);
  if (credentials) checkCredentials(credentials);
  return {
    on: registry,
    port: wholeNumber("registry-port", values["registry-port"]),
    mirrors: readMirrors(values["registry-mirror"]),
    credentials,
  };
}

function modeOf(text: string | undefined): ProxyMode | undefined {
  const mode = proxyModes.find((each) => each === text);
  if (text !== undefined && !mode) throw new Error(`--proxy-mode ${text}: there are ${proxyModes.join(" and ")}`);
  return mode;
}

function wishedFamilies(text: string | undefined): ClusterConfig["families"] {
  const families = text === undefined ? undefined : familiesOf(text);
  if (families?.includes("IPv6") && !existsSync("/proc/sys/net/ipv6"))
    throw new Error(`--families ${text}: this machine's kernel has no IPv6`);
  return families;
}

interface Up {
  place: Place;
  before: ClusterConfig | undefined;
  wishes: Wishes;
  clock: Clock;
  progress: Progress;
}

async function up({ place, before, wishes, clock, progress }: Up): Promise<number> {
  const { say } = progress;
  const cluster = await planHere(place, before, wishes, clock);
  for (const node of before?.nodes ?? []) {
    if (cluster.nodes.some((kept) => kept.name === node.name)) continue;
    say(`removing ${node.name}`);
    await removeNode(place, before as ClusterConfig, node, clock);
  }
  if (before) writeCluster(place, cluster);
  await endOtherVersion({ place, cluster: before ?? cluster, clock, say });
  await stopUnwanted(place, before, cluster, clock);
  rmSync(stoppedMark(place), { force: true });
  const [controlPlane, ...nodeProcesses] = processesOf(place, cluster);
  const fresh = !runningId(controlPlane);

  const [mtu] = await Promise.all([ensureBridge(cluster), ensureCertificates(place, cluster, clock)]);
  if (before && serverDiffers(before, cluster)) {
    say("the control plane starts again with what was changed");
    await stopProcess(clock, controlPlane.pidFile, { graceMs: controlPlaneGraceMs(before ?? cluster) });
  }
  await ensureProcess(controlPlane, clock);
  if (before) await stopChanged(before, cluster, { nodeProcesses, clock, say });
  for (const node of cluster.nodes) writeRuntimeConfig(place, cluster, node, mtu);
  for (const name of writeHosts(place, cluster)) say(`nodes pull from ${name} as the file in ${registriesFolder(place)} says`);
  await ensureNetwork(cluster);
  const isNews = !before?.nodes.length || before.uplink !== cluster.uplink;
  if (cluster.nodes.length > 0 && isNews) for (const line of await wayOutLines(cluster)) say(line);
  for (const spec of nodeProcesses) if (!spec.after) await ensureProcess(spec, clock);
  const images = cluster.nodes.length > 0 ? provideImages(place, cluster, clock, progress) : Promise.resolve();
  images.catch(() => {}); // awaited below

  const running: Running = { place, cluster, clock, progress };
  await waitForServer(running);
  say(`the API server ${fresh ? "answers" : "was running already"}: https://127.0.0.1:${cluster.port}`);
  await refreshSupervisor(place, clock);
  const kubeconfig = userKubeconfig();
  const server = `https://127.0.0.1:${cluster.port}`;
  enterKubeconfig(place, kubeconfig, { server, ca: readCa(place), ...readPem(place, "admin") });
  say(`context "${cluster.name}" is current in ${kubeconfig}`);

  const late = await waitForNodes(running);
  await images;
  await registryLines(running, before, say);
  for (const spec of nodeProcesses) await ensureProcess(spec, clock);
  await keep(running);
  if (late.length > 0) {
    for (const node of late) say(`${node.name} is not Ready: ${node.message}`);
    say(`see: spoke logs ${late[0].name}-agent, spoke logs ${late[0].name}-containerd, spoke doctor`);
    return 1;
  }
  process.stdout.write(`\n${nextSteps(cluster)}`);
  return 0;
}

/** Its objects, once the API server answers; what changed is said. */
async function registryLines({ place, cluster }: Running, before: ClusterConfig | undefined, say: Progress["say"]): Promise<void> {
  if (!cluster.registry && !before?.registry) return;
  await withAdmin(place.cluster, "spoke-up", ({ client }) => ensureRegistryObjects(client, cluster));
  if (cluster.registry?.port === before?.registry?.port) return;
  say(
    cluster.registry
      ? `push images to ${registryHost(cluster.registry)}: every node pulls them by that name`
      : "the registry is off; what was pushed stays, for the next --registry",
  );
}

/** Processes of the cluster as it was that it is not to have any more; those of nodes went with their nodes. */
async function stopUnwanted(place: Place, before: ClusterConfig | undefined, cluster: ClusterConfig, clock: Clock): Promise<void> {
  const wanted = new Set(processesOf(place, cluster).map(({ name }) => name));
  for (const spec of before ? processesOf(place, before) : [])
    if (!spec.node && !wanted.has(spec.name)) await stopProcess(clock, spec.pidFile);
}

/** What the control plane reads only when it starts. */
function serverDiffers(before: ClusterConfig, now: ClusterConfig): boolean {
  return (
    before.port !== now.port ||
    before.shutdownDelaySeconds !== now.shutdownDelaySeconds ||
    before.goawayPerMille !== now.goawayPerMille ||
    before.apiserverFlags?.join("\n") !== now.apiserverFlags?.join("\n") ||
    before.schedulerConfig !== now.schedulerConfig ||
    before.simulatedNodes !== now.simulatedNodes ||
    (before.nodes.length === 0) !== (now.nodes.length === 0)
  );
}

/** Whether pods reach the world, and what stands in the way. */
async function wayOutLines(cluster: ClusterConfig): Promise<string[]> {
  if (!cluster.uplink) return ["pods do not reach the world (--uplink lets them)"];
  const lines = ["pods reach the world, with this machine's address (--no-uplink ends that)"];
  const { families } = numbersOf(cluster);
  if (!(await uplink(families[0]!.family))) lines.push("this machine has no default route yet: so far the world ends here");
  if (await forwardingIsBlocked()) lines.push("this machine's firewall drops what is forwarded: it must let spoke* out, or nothing leaves");
  if (
    machineResolvers(
      families.map(({ family }) => family),
      [],
    ).length === 0
  )
    lines.push("this machine's resolver answers on loopback only: pods cannot ask it for outside names");
  return lines;
}

/** What processes of nodes read only when they start: those that would go on with what was before are ended, and start anew. */
async function stopChanged(
  before: ClusterConfig,
  now: ClusterConfig,
  { nodeProcesses, clock, say }: { nodeProcesses: readonly ProcessSpec[]; clock: Clock; say: Progress["say"] },
): Promise<void> {
  const way = before.uplink !== now.uplink;
  const mode = before.proxyMode !== now.proxyMode;
  const told = ({ kubeletConfig, imageCredentials }: ClusterConfig) => JSON.stringify([kubeletConfig, imageCredentials]);
  const kubelets = told(before) !== told(now);
  const registry = nodeProcesses.find(({ name }) => name === "registry");
  if (registry && JSON.stringify([before.registry, before.nodes.length > 0]) !== JSON.stringify([now.registry, now.nodes.length > 0]))
    await stopProcess(clock, registry.pidFile);
  if (!way && !mode && !kubelets) return;
  // All of them know whether there is a way out; the mode and what kubelets are told is the agents' alone.
  const stale = nodeProcesses.filter((spec) => (way || spec.name.endsWith("-agent")) && runningId(spec));
  if (mode) say(`Services are kept in ${now.proxyMode ?? "nftables"} from now on`);
  if (stale.length > 0) say("what runs on the nodes starts again with what was changed; pods go on");
  await Promise.all(stale.map((spec) => stopProcess(clock, spec.pidFile)));
}

/** What to type next; our kubectl by the path that this very program was started by. */
function nextSteps(cluster: ClusterConfig): string {
  const spoke = join(import.meta.dirname, "../../../spoke");
  const short = isInstalled() ? "spoke" : existsSync(spoke) && process.cwd() === join(spoke, "..") ? "./spoke" : spoke;
  const also =
    cluster.nodes.length === 0
      ? ""
      : `  ${short} kubectl apply -f ${short === "./spoke" ? "" : `${join(spoke, "..")}/`}examples/bootcamp/app.yml\n`;
  const path = isInstalled() ? "" : `  (for a kubectl on your PATH: ln -s ${spoke} /usr/local/bin/kubectl)\n`;
  return `Cluster "${cluster.name}" runs. Next:\n  ${short} kubectl get nodes\n${also}  ${short} status\n${path}`;
}
