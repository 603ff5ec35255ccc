/** Runs the pods that are bound to this node: follows them, gives each a worker, and reports node and pods to the API. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Pod, pods, services } from "#api/mod.ts";
import { type Clock, every, Lifetime, type Log, messageOf, type Random } from "#base/mod.ts";
import { type Client, eventRecorder, informer } from "#client/mod.ts";
import { mount, unmountUnder } from "#linux/mod.ts";
import { NodeReporter } from "./node/node.ts";
import type { NodeSettings } from "./pod/config.ts";
import { Images } from "./pod/images.ts";
import { referencedObjects } from "./pod/objects.ts";
import { PodWorker, type WorkerOptions } from "./pod/worker.ts";
import { Probes } from "./probes/probes.ts";
import { removePodCgroup } from "./resources/cgroups.ts";
import { criRuntime } from "./runtime/cri-runtime.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { RuntimeView, type SeenPod } from "./runtime/seen.ts";
import { type KubeletServer, serveKubelet } from "./server/server.ts";
import { PodVolumes } from "./volumes/volumes.ts";

export interface KubeletOptions {
  client: Client;
  /** The API server did not answer a heartbeat: connections to it should be made anew. */
  connectionLost?(): void;
  nodeName: string;
  nodeAddress: string;
  podCidr?: string;
  /** The runtime's unix socket; or a runtime of your own (tests). */
  runtimeSocket: string;
  runtime?: Runtime;
  stateFolder: string;
  /** Pods hang below this cgroup. */
  cgroupRoot?: string;
  /** Where the trees of control groups are mounted: pods' groups are removed from each. */
  cgroupTrees?: readonly string[];
  clusterDns: readonly string[];
  clusterDomain: string;
  /** Where the kubelet answers; PEM. */
  server?: { address: string; port: number; cert: string; key: string; clientCa: string };
  machineId?: string;
  labels?: Record<string, string>;
  maxPods?: number;
  clock: Clock;
  random: Random;
  log: Log;
}

export interface Kubelet {
  close(): Promise<void>;
}

const relistMs = 10_000;
const reconnectMs = 1000;

export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { client, clock, log, random, nodeName, nodeAddress } = options;
  const lifetime = new Lifetime({ log });
  const runtime = options.runtime ?? criRuntime(options.runtimeSocket);
  lifetime.add(() => runtime.close());
  const podsFolder = join(options.stateFolder, "pods");
  mkdirSync(podsFolder, { recursive: true, mode: 0o750 });
  const podLogs = join(options.stateFolder, "logs");
  mkdirSync(podLogs, { recursive: true });
  const reporter = new NodeReporter({
    client,
    connectionLost: options.connectionLost,
    runtime,
    name: nodeName,
    address: nodeAddress,
    labels: options.labels,
    machineId: options.machineId,
    maxPods: options.maxPods ?? 110,
    kubeletPort: options.server?.port ?? 10250,
    stateFolder: options.stateFolder,
    clock,
    log,
  });
  const settings: NodeSettings = {
    clusterDns: options.clusterDns,
    clusterDomain: options.clusterDomain,
    cgroupRoot: options.cgroupRoot ?? "/",
    hostResolvConf: resolvConf(),
    podLogs,
    memoryBytes: reporter.memoryBytes,
  };
  const objects = referencedObjects({ client, clock, random, log });
  lifetime.add(() => objects.close());
  const volumes = new PodVolumes({
    client,
    clock,
    objects,
    root: podsFolder,
    hostIp: nodeAddress,
    allocatable: () => reporter.allocatable,
    mountTmpfs: (path, sizeBytes) => mount("tmpfs", path, { type: "tmpfs", flags: sizeBytes ? [`size=${sizeBytes}`] : [] }),
    unmountUnder: async (path) => void (await unmountUnder(path)),
  });
  const recorder = eventRecorder(client, { component: "kubelet", host: nodeName, clock, log });
  const workers = new Map<string, PodWorker>();
  const probes = new Probes({
    runtime,
    clock,
    random,
    onChange: (uid) => workers.get(uid)?.wake(),
    onFailure: (pod, container, kind, message) => {
      const list = (pod.spec?.initContainers ?? []).some((each) => each.name === container.name) ? "initContainers" : "containers";
      const { name, namespace, uid, resourceVersion } = pod.metadata;
      const about = { apiVersion: "v1", kind: "Pod", name, namespace, uid, resourceVersion, fieldPath: `spec.${list}{${container.name}}` };
      recorder.event(about, "Warning", "Unhealthy", `${kind[0]!.toUpperCase()}${kind.slice(1)} probe failed: ${message}`);
    },
  });
  lifetime.add(() => probes.close());
  objects.onChange((uid) => workers.get(uid)?.wake());

  const view = new RuntimeView(runtime);
  let seen = new Map<string, SeenPod>();
  let looking: Promise<void> | undefined;
  let lookAgain: Promise<void> | undefined;
  const look = async () => {
    const now = await view.look();
    const before = seen;
    seen = now;
    for (const uid of new Set([...before.keys(), ...now.keys()]))
      if (before.get(uid)?.fingerprint !== now.get(uid)?.fingerprint) workers.get(uid)?.wake();
  };
  /** Resolves after a look that began after this call. Calls that come together share one. */
  const refresh = (): Promise<void> => {
    if (!looking) {
      looking = look().finally(() => {
        looking = undefined;
      });
      return looking;
    }
    lookAgain ??= looking
      .catch(() => {})
      .then(() => {
        lookAgain = undefined;
        return refresh();
      });
    return lookAgain;
  };

  const allServices = informer(client, services, { clock, log, random });
  lifetime.add(() => allServices.close());
  const own = informer(client, pods, { fieldSelector: `spec.nodeName=${nodeName}`, clock, log, random });
  lifetime.add(() => own.close());
  const workerOptions: WorkerOptions = {
    client,
    runtime,
    images: new Images(runtime, clock),
    objects,
    volumes,
    probes,
    recorder,
    settings,
    hostIp: nodeAddress,
    services: () => allServices.list(),
    allocatable: () => reporter.allocatable,
    refresh,
    removeCgroup: (pod) => removePodCgroup(options.cgroupTrees ?? [], settings.cgroupRoot, pod, { clock, alone: workers.size <= 1 }),
    seen: (uid) => seen.get(uid),
    clock,
    log,
  };
  const workerFor = (pod: Pod): PodWorker => {
    const uid = pod.metadata.uid!;
    let worker = workers.get(uid);
    if (!worker) workers.set(uid, (worker = new PodWorker(pod, workerOptions, () => void workers.delete(uid))));
    return worker;
  };

  await reporter.start(lifetime.signal);
  lifetime.add(() => reporter.close());
  let server: KubeletServer | undefined;
  if (options.server) {
    server = await serveKubelet({
      ...options.server,
      client,
      runtime,
      podLogs,
      pods: () => own.list(),
      seen: (uid) => seen.get(uid),
      nodeName,
      clock,
      log,
    });
    lifetime.add(() => server!.close());
  }
  // What the runtime has must be known before pods are acted on: containers of before are adopted, not made again.
  for (let wait = 200; !lifetime.ended; wait = Math.min(5000, wait * 2)) {
    try {
      await refresh();
      break;
    } catch (error) {
      log.warn("kubelet: the runtime does not answer yet", { error: messageOf(error) });
      await clock.sleep(wait, lifetime.signal);
    }
  }
  await Promise.race([Promise.all([own.synced, allServices.synced]), clock.sleep(60_000, lifetime.signal)]);
  own.onChange(({ type, object }) => {
    if (type === "deleted") workers.get(object.metadata.uid!)?.orphan();
    else workerFor(object).update(object);
  });
  const cleanUp = () => removeOrphans({ seen, workers, workerFor, own: own.list(), podsFolder, hasSynced: own.hasSynced() });
  cleanUp();
  const timer = every(clock, relistMs, async () => {
    await refresh().catch((error) => log.warn("kubelet: the runtime does not answer", { error: messageOf(error) }));
    cleanUp();
    removeOldContainers(seen, workers, runtime, log);
  });
  lifetime.add(() => timer.cancel());
  void followEvents();

  async function followEvents(): Promise<void> {
    while (!lifetime.ended) {
      try {
        await refresh().catch(() => {});
        for await (const _ of runtime.events(lifetime.signal)) void refresh().catch(() => {});
      } catch (error) {
        log.debug("kubelet: event stream ended", { error: messageOf(error) });
      }
      await clock.sleep(reconnectMs, lifetime.signal);
    }
  }

  return {
    async close() {
      await Promise.all([...workers.values()].map((worker) => worker.close()));
      await recorder.flush();
      await lifetime.close();
    },
  };
}

interface OrphanInput {
  seen: Map<string, SeenPod>;
  workers: Map<string, PodWorker>;
  workerFor(pod: Pod): PodWorker;
  own: Pod[];
  podsFolder: string;
  hasSynced: boolean;
}

/** Pods that the runtime has, or whose folder is here, and that the API no longer knows. */
function removeOrphans({ seen, workers, workerFor, own, podsFolder, hasSynced }: OrphanInput): void {
  if (!hasSynced) return;
  const known = new Set(own.map((pod) => pod.metadata.uid));
  const there = new Set([...seen.keys(), ...(existsSync(podsFolder) ? readdirSync(podsFolder) : [])]);
  for (const uid of there) {
    if (known.has(uid) || workers.has(uid)) continue;
    const pod = seen.get(uid);
    workerFor({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { uid, name: pod?.name ?? "", namespace: pod?.namespace ?? "" },
      spec: { containers: [] },
    }).orphan();
  }
}

const keptPerContainer = 2;

/** Of the containers that have ended, the newest and the one before it stay for logs and status. */
function removeOldContainers(seen: Map<string, SeenPod>, workers: Map<string, PodWorker>, runtime: Runtime, log: Log): void {
  for (const pod of seen.values()) {
    if (!workers.has(pod.uid)) continue;
    const counts = new Map<string, number>();
    for (const container of pod.containers) {
      const count = (counts.get(container.name) ?? 0) + 1;
      counts.set(container.name, count);
      if (count <= keptPerContainer || container.state !== "exited") continue;
      runtime.removeContainer(container.id).catch((error) => log.debug("kubelet: an old container stays", { error: messageOf(error) }));
    }
    const live = pod.sandboxes[0];
    for (const sandbox of pod.sandboxes) {
      if (sandbox === live || sandbox.ready || pod.containers.some((container) => container.sandboxId === sandbox.id)) continue;
      runtime.removeSandbox(sandbox.id).catch((error) => log.debug("kubelet: an old sandbox stays", { error: messageOf(error) }));
    }
  }
}

function resolvConf(): NodeSettings["hostResolvConf"] {
  const text = existsSync("/etc/resolv.conf") ? readFileSync("/etc/resolv.conf", "utf8") : "";
  const words = (keyword: string) =>
    [...text.matchAll(new RegExp(`^\\s*${keyword}\\s+(.+)$`, "gm"))].flatMap((match) => match[1]!.trim().split(/\s+/));
  return { servers: words("nameserver").slice(0, 3), searches: words("search").slice(0, 6), options: words("options") };
}
