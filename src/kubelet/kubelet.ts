/** Runs the pods that are bound to this node: follows them, gives each a worker, and reports node and pods to the API. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Node, nodes, type Pod, runtimeclasses } from "#api/mod.ts";
import { atMost, familyOf, Lifetime } from "#base/mod.ts";
import { ApiError, type EventRecorder, eventRecorder } from "#client/mod.ts";
import { tryRun } from "#linux/mod.ts";
import { type KubeletSettings, settingsOf } from "./configuration/settings.ts";
import { type Csi, openCsi } from "./csi/open.ts";
import { fileSystem, imageFileSystem, processNumbers } from "./eviction/observe.ts";
import type { Pressure } from "./eviction/thresholds.ts";
import { type Followed, followObjects } from "./follow.ts";
import { type HouseParts, type Kept, keepHouse } from "./house.ts";
import { PullCredentials } from "./images/credentials.ts";
import { Images } from "./images/images.ts";
import { PullRecords } from "./images/pull-records.ts";
import { type LogFolders, logFolders, usualRoot } from "./logs/layout.ts";
import { LogLinks } from "./logs/links.ts";
import { machineFacts } from "./metrics/cadvisor.ts";
import { countedRuntime } from "./metrics/counted-runtime.ts";
import { NodeMetrics } from "./metrics/node-metrics.ts";
import { readMachine } from "./node/machine.ts";
import { NodeReporter } from "./node/node.ts";
import { RuntimeHealth } from "./node/runtime-health.ts";
import { nodeSettings } from "./node/settings.ts";
import type { KubeletOptions, Mounts } from "./options.ts";
import { openPlugins, pluginPlaces } from "./plugins/open.ts";
import { admission } from "./pod/admission.ts";
import type { Refusal } from "./pod/admit.ts";
import { aboutOf, type NodeContext } from "./pod/context.ts";

import { referencedObjects } from "./pod/objects.ts";
import { PodWorkers } from "./pod/workers.ts";
import { Probes } from "./probes/probes.ts";
import { removePodCgroup } from "./resources/cgroups.ts";
import { changePodCgroup, makePodCgroup } from "./resources/pod-cgroup.ts";
import { criRuntime } from "./runtime/cri-runtime.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { type WatchedRuntime, watchRuntime } from "./runtime/watched.ts";
import { serveKubelet } from "./server/server.ts";
import { podDisksOf } from "./server/storage-usage.ts";
import { isMirror, StaticPods } from "./static/static-pods.ts";
import { UserNamespaces } from "./users/user-namespaces.ts";
import { FileWork } from "./volumes/file-work.ts";
import { machineMounts, mountMemory, shareFolder } from "./volumes/machine-mounts.ts";
import { onMachine } from "./volumes/places.ts";
import { PodVolumes } from "./volumes/volumes.ts";

export interface Kubelet {
  close(): Promise<void>;
}

const firstAnswersMs = 60_000;
/** Of a node that is there: pods of files wait for it when the API is away. */
const nodeAnswerMs = 10_000;
/** Of the four threads that Node has for file calls, those that hang may take two. */
const foreignSeats = 2;
const ownSeats = 8;

export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { client, clock, log, nodeName } = options;
  const lifetime = new Lifetime({ log });
  const metrics = new NodeMetrics();
  const runtime = countedRuntime(options.runtime ?? criRuntime(options.runtimeSocket), clock, metrics);
  lifetime.add(() => runtime.close());
  const folders = await makeFolders(options);
  const recorder = eventRecorder(client, { component: "kubelet", host: nodeName, clock, log });
  const tellNode: HouseParts["tellNode"] = (...what) => recorder.event(nodeReference(nodeName), ...what);
  let kept: Kept | undefined;
  const pressure: Pressures = {
    now: () => kept?.evictions.pressures ?? [],
    refusal: (pod) => kept?.shutdown.refusal() ?? kept?.evictions.refusal(pod),
  };
  const workers = new PodWorkers();
  const files = new FileWork({ clock, seats: ownSeats });
  const links = new LogLinks({ folder: folders.logs.containers, files, log });
  const watched = watchRuntime({
    runtime,
    family: familyOf(options.nodeAddresses[0]),
    clock,
    log,
    onChange(uid) {
      workers.get(uid)?.wake();
      links.update(seen);
    },
  });
  const seen = () => watched.seen().values();
  const follow = followObjects(options, lifetime);
  const settings = options.settings ?? settingsOf(undefined);
  const reporter = await nodeReporter(options, { runtime, follow, pressure, settings, tellNode });
  const node = () => follow.node.get(nodeName);
  const statics = new StaticPods({ folder: settings.staticPods, nodeName, client, own: follow.own, node, workers, files, clock, log });
  const foreign = new FileWork({ clock, seats: foreignSeats });
  const mounts = options.mounts ?? machineMounts;
  const csi = await openCsi(options, { lifetime, node: follow.node, reporter, workers, recorder, mounts, foreign });
  const own = { folders, files, foreign, mounts, lifetime, pressure, metrics, settings };
  const parts: Parts = { ...own, csi, runtime, reporter, recorder, workers, watched, follow, statics };
  const context = await nodeContext(options, parts);
  workers.begin(context);
  const registered = reporter.start(lifetime.signal).then(() => void csi.registered());
  lifetime.add(() => reporter.close());
  await openServer(options, { ...parts, context });
  // What the runtime has must be known before pods are acted on: containers of before are adopted, not made again.
  await watched.follow(lifetime.signal);
  // Pods of files do not wait for the API.
  await statics.start(lifetime);
  await registered;
  await atMost(clock, firstAnswersMs, Promise.all([follow.own.synced, follow.services.synced]), lifetime.signal);
  givePodsToWorkers(parts);
  const house = { ...parts, own: follow.own, pods: () => statics.all(), context, tellNode };
  kept = await keepHouse(options, { ...house, pressed: () => void reporter.report() });
  const { shutdown } = kept;
  reporter.problems = () => shutdown.problems();
  links.update(seen);
  return {
    async close() {
      await workers.close();
      await recorder.flush();
      await lifetime.close();
    },
  };
}

function givePodsToWorkers({ follow, statics, workers }: Parts): void {
  follow.own.onChange(({ type, object }) => {
    if (isMirror(object)) statics.changed();
    else if (type === "deleted") workers.get(object.metadata.uid!)?.orphan();
    else workers.for(object).update(object);
  });
}

/** As the API has it; while nobody answers there, as this kubelet would tell it. */
async function nodeOf({ client, clock, nodeName: name }: KubeletOptions, { follow, lifetime, reporter }: Parts): Promise<Node> {
  await atMost(clock, nodeAnswerMs, follow.node.synced, lifetime.signal);
  const known = follow.node.get(name);
  if (known) return known;
  return client.get(nodes, { name }).catch((error) => {
    if (error instanceof ApiError) throw error;
    return reporter.self;
  });
}

type Serving = Pick<Parts, "runtime" | "folders" | "reporter" | "watched" | "statics" | "settings" | "lifetime"> & { context: NodeContext };

async function openServer(
  options: KubeletOptions,
  { runtime, folders, reporter, watched, statics, settings, lifetime, context }: Serving,
): Promise<void> {
  const { client, nodeName, clock, log, cgroupLimits: trees, cgroupRoot = "/", stateFolder } = options;
  if (!options.server) return;
  const { bootID = "", machineID = "" } = reporter.info;
  const source = { volumes: context.volumes, runtime, podLogs: folders.logs.pods, sizeOf: options.sizeOf };
  const storage = podDisksOf(source, { clock, log });
  const server = await serveKubelet({
    ...options.server,
    client,
    runtime,
    podLogs: folders.logs.pods,
    pods: () => statics.all(),
    seen: (uid) => watched.seen().get(uid),
    nodeName,
    health: [{ name: "runtime", check: () => reporter.assertReady() }],
    ...(trees ? { cgroups: { trees, root: cgroupRoot } } : {}),
    metrics: context.metrics,
    machine: {
      facts: machineFacts({ bootId: bootID, machineId: machineID }),
      async disks() {
        const [node, images, pids] = await Promise.all([fileSystem(stateFolder), imageFileSystem(runtime), processNumbers()]);
        return { node, images, pids };
      },
      storage,
    },
    checkpoints: join(stateFolder, "checkpoints"),
    nodeLogs: { root: folders.logs.root, ...settings.systemLogs, run: (argv, timeoutMs) => tryRun(argv, { timeoutMs }) },
    config: configOf(options, settings),
    clock,
    log,
  });
  lifetime.add(() => server.close());
}

interface Folders {
  pods: string;
  logs: LogFolders;
  memory: string;
}

async function makeFolders({ stateFolder: state, logRoot = join(state, "log") }: KubeletOptions): Promise<Folders> {
  const folders = { pods: join(state, "pods"), logs: logFolders(logRoot), memory: join(state, "memory") };
  await mkdir(folders.pods, { recursive: true, mode: 0o750 });
  await mkdir(folders.logs.pods, { recursive: true });
  await mkdir(folders.logs.containers, { recursive: true });
  await mkdir(folders.memory, { recursive: true, mode: 0o750 });
  return folders;
}

type Reporting = Pick<Parts, "runtime" | "follow" | "pressure" | "settings"> & Pick<HouseParts, "tellNode">;

async function nodeReporter(options: KubeletOptions, { runtime, follow, pressure, settings, tellNode }: Reporting): Promise<NodeReporter> {
  const { client, connectionLost, clock, log, nodeName: name, stateFolder: folder, machineId } = options;
  return new NodeReporter({
    client,
    connectionLost,
    health: new RuntimeHealth({ runtime, clock, log }),
    machine: await readMachine({ folder, maxPods: settings.maxPods, machineId }),
    name,
    addresses: options.nodeAddresses,
    podCidrs: options.podCidrs ?? [],
    labels: options.labels,
    kubeletPort: options.server?.port ?? 10250,
    known: () => follow.node.get(name),
    notForPods: { reserved: settings.reserved, thresholds: settings.eviction.thresholds },
    taints: settings.taints,
    pressures: pressure.now,
    tell: (reason, message) => tellNode("Normal", reason, message),
    clock,
    log,
  });
}

interface Parts {
  csi: Csi;
  /** For what may hang. */
  foreign: FileWork;
  mounts: Mounts;
  runtime: Runtime;
  folders: Folders;
  files: FileWork;
  reporter: NodeReporter;
  recorder: EventRecorder;
  workers: PodWorkers;
  watched: WatchedRuntime;
  follow: Followed;
  lifetime: Lifetime;
  pressure: Pressures;
  metrics: NodeMetrics;
  settings: KubeletSettings;
  statics: StaticPods;
}

/** Of an eviction manager that begins later than what asks for it. */
interface Pressures {
  now(): readonly Pressure[];
  refusal(pod: Pod): Refusal | undefined;
}

/** As upstream tells of nodes: the name stands for the uid. */
const nodeReference = (name: string) => ({ apiVersion: "v1", kind: "Node", name, uid: name });

async function nodeContext(options: KubeletOptions, parts: Parts): Promise<NodeContext> {
  const { client, clock, random, log, nodeAddresses: hostIps } = options;
  const { runtime, folders, files, mounts, csi, reporter, recorder, workers, watched, follow, lifetime, pressure, metrics, statics } =
    parts;
  await shareFolder(options.stateFolder, mounts, log);
  await mountMemory(folders.memory, mounts, log);
  const verify = parts.settings.verification;
  const pullRecords = new PullRecords({ stateFolder: options.stateFolder, files, metrics, verify, clock, log });
  await pullRecords.load(() => runtime.listImages());
  const users = await userNamespaces(options, parts);
  const objects = referencedObjects({ client, clock, random, log });
  lifetime.add(() => objects.close());
  objects.onChange((uid) => workers.get(uid)?.objectsChanged());
  const allocatable = () => reporter.allocatable;
  const ownNode = () => nodeOf(options, parts);
  const volumes = podVolumes(options, parts, { objects, allocatable, ownNode });
  const probes = podProbes(options, { runtime, workers, recorder, metrics });
  lifetime.add(() => probes.close());
  const settings = await nodeSettings(options, folders.logs.pods, parts.settings);
  const opened = await openPlugins(options, { ...parts, csi: csi.drivers });
  return {
    client,
    runtime,
    images: new Images(runtime, clock, pullRecords),
    pullRecords,
    users,
    pullCredentials: new PullCredentials({ ...options, metrics, ...(options.providers ? { providers: options.providers } : {}) }),
    objects,
    volumes,
    files,
    probes,
    recorder,
    settings,
    hostIps,
    services: () => follow.services.list(),
    network: options.network ?? { admit: async () => {}, released: () => {} },
    allocatable,
    features: () => reporter.features,
    runtimeHandler: async (name) => (name ? ((await client.get(runtimeclasses, { name })).handler ?? "") : ""),
    ...opened,
    admit: await admission({
      node: ownNode,
      devices: opened.devices,
      holding: () => workers.all().flatMap((worker) => (worker.holds ? [worker.given] : [])),
      features: () => reporter.features,
      pressure: pressure.refusal,
      allowedUnsafeSysctls: parts.settings.allowedUnsafeSysctls,
    }),
    refresh: watched.refresh,
    seen: (uid) => watched.seen().get(uid),
    cgroups: podGroups(options, settings.cgroupRoot, workers),
    metrics,
    apiUid: (uid) => statics.apiUid(uid),
    resizes: { freed: () => workers.retryResizes() },
    clock,
    log,
  };
}

interface AroundVolumes {
  objects: NodeContext["objects"];
  allocatable: NodeContext["allocatable"];
  ownNode(): Promise<Node>;
}

/** Without them pods with users of their own do not start; all others do. */
async function userNamespaces({ random, log }: KubeletOptions, { folders, files, settings }: Parts): Promise<UserNamespaces> {
  const { idsPerPod, maxPods } = settings;
  const users = new UserNamespaces({ pods: folders.pods, length: idsPerPod, maxPods, files, random, log });
  await users.load();
  return users;
}

function podVolumes(options: KubeletOptions, parts: Parts, { objects, allocatable, ownNode }: AroundVolumes): PodVolumes {
  const { client, clock, nodeAddresses: hostIps, nodeName } = options;
  const { runtime, folders, files, foreign, mounts, csi, recorder } = parts;
  return new PodVolumes({
    client,
    clock,
    objects,
    root: folders.pods,
    memoryRoot: folders.memory,
    hostIps,
    nodePath: (path) => onMachine(path, { [usualRoot]: folders.logs.root, ...pluginPlaces(options) }),
    allocatable,
    own: files,
    foreign,
    csi: csi.volumes,
    csiDevice: csi.device,
    ...mounts,
    mountTmpfs: mounts.tmpfs,
    runtime,
    log: options.log,
    node: async () => {
      const { metadata } = await ownNode();
      return { name: nodeName, labels: metadata.labels ?? {} };
    },
    warn: (pod, reason, message) => recorder.event(pod, "Warning", reason, message),
  });
}

function podGroups({ cgroupLimits, cgroupTrees = [], clock }: KubeletOptions, root: string, workers: PodWorkers): NodeContext["cgroups"] {
  return {
    make: (pod) => makePodCgroup(pod, cgroupLimits, root),
    change: (pod) => changePodCgroup(pod, cgroupLimits, root),
    remove: (pod) => removePodCgroup(cgroupTrees, root, pod, { clock, alone: workers.size <= 1 }),
  };
}

type Probing = Pick<Parts, "runtime" | "workers" | "recorder" | "metrics">;

function podProbes({ clock, random }: KubeletOptions, { runtime, workers, recorder, metrics }: Probing): Probes {
  return new Probes({
    runtime,
    clock,
    random,
    onChange: (uid) => workers.get(uid)?.wake(),
    onFailure: (pod, container, kind, message) =>
      recorder.event(
        aboutOf(pod, container.name),
        "Warning",
        "Unhealthy",
        `${kind[0]!.toUpperCase()}${kind.slice(1)} probe failed: ${message}`,
      ),
    onAnswer(pod, container, kind, { ok, tookMs }) {
      const { name = "", namespace = "", uid = "" } = pod.metadata;
      const of = { probe_type: `${kind[0]!.toUpperCase()}${kind.slice(1)}`, container: container.name ?? "", pod: name, namespace };
      metrics.probes.add({ ...of, result: ok ? "successful" : "failed", pod_uid: uid });
      metrics.probeDurations.add(of, tookMs);
    },
  });
}

/** In the words of KubeletConfiguration. */
function configOf({ clusterDns, clusterDomain, cgroupRoot = "/", server }: KubeletOptions, settings: KubeletSettings): object {
  return {
    kind: "KubeletConfiguration",
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    address: server?.address,
    port: server?.port,
    clusterDNS: clusterDns,
    clusterDomain,
    cgroupRoot,
    cgroupDriver: "cgroupfs",
    ...settings.shown,
  };
}
