/** What comes again for as long as the node runs: leftovers go, storage is looked at, pods are evicted, images go, logs are rotated. */
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import { every, type Lifetime, messageOf } from "#base/mod.ts";
import type { Informer } from "#client/mod.ts";
import type { KubeletSettings } from "./configuration/settings.ts";
import type { Csi } from "./csi/open.ts";
import { type Evictions, startEvictions } from "./eviction/evictions.ts";
import { imageFileSystem, observe } from "./eviction/observe.ts";
import { measuredUse } from "./eviction/use.ts";
import { withTag } from "./images/names.ts";
import type { LogFolders } from "./logs/layout.ts";
import { rotateLogs } from "./logs/rotation.ts";
import { ImageCollection } from "./node/image-collection.ts";
import type { StorageSource } from "./node/pod-storage.ts";
import { watchStorage } from "./node/storage-watch.ts";
import type { KubeletOptions } from "./options.ts";
import { nothingRuns } from "./pod/containers.ts";
import { aboutOf, type NodeContext } from "./pod/context.ts";
import { type PodWorkers, removeDeadContainers, removeOldContainers } from "./pod/workers.ts";
import { writeClassShares } from "./resources/pod-cgroup.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { WatchedRuntime } from "./runtime/watched.ts";
import { UsageReader } from "./server/usage.ts";
import { machineLogind } from "./shutdown/logind.ts";
import { NodeShutdown } from "./shutdown/shutdown.ts";
import type { FileWork } from "./volumes/file-work.ts";
import { imageVolumesOf } from "./volumes/images/image.ts";

export interface HouseParts {
  runtime: Runtime;
  folders: { pods: string; logs: LogFolders };
  files: FileWork;
  workers: PodWorkers;
  settings: KubeletSettings;
  /** All pods of the node, with those of its files. */
  pods(): Pod[];
  watched: WatchedRuntime;
  own: Informer<Pod>;
  lifetime: Lifetime;
  context: NodeContext;
  csi: Csi;
  /** An event of the node. */
  tellNode(type: "Normal" | "Warning", reason: string, message: string): void;
  /** The node's pressures are others than before. */
  pressed(): void;
}

const relistMs = 10_000;

export interface Kept {
  evictions: Evictions;
  shutdown: NodeShutdown;
}

export async function keepHouse(options: KubeletOptions, parts: HouseParts): Promise<Kept> {
  const { runtime, folders, files, workers, watched, own, pods, lifetime, context } = parts;
  const { clock, log } = options;
  const tidy = async () => {
    if (own.hasSynced()) await workers.removeOrphans(pods(), watched.seen(), folders.pods);
    await parts.csi.volumes.sweep();
    removeOldContainers(watched.seen(), workers, runtime, log);
    await writeClassShares(pods(), options.cgroupLimits, context.settings.cgroupRoot);
  };
  await tidy();
  const timer = every(clock, relistMs, async () => {
    await watched.refresh().catch((error) => log.warn("kubelet: the runtime does not answer", { error: messageOf(error) }));
    await tidy();
  });
  lifetime.add(() => timer.cancel());
  const tellPod = (pod: Pod, message: string) => context.recorder.event(aboutOf(pod), "Warning", "Evicted", message);
  const storage = { volumes: context.volumes, runtime, podLogs: folders.logs.pods, sizeOf: options.sizeOf };
  const limits = watchStorage({ ...storage, workers, tell: tellPod, clock, log });
  lifetime.add(() => limits.cancel());
  const seen = () => watched.seen().values();
  const rotation = rotateLogs({ runtime, podLogs: folders.logs.pods, seen, files, limits: parts.settings.logLimits, clock, log });
  lifetime.add(() => rotation.cancel());
  const images = collectImages(options, parts);
  return { evictions: evictionsOf(options, parts, { images, storage, tellPod }), shutdown: shutdownOf(options, parts) };
}

function shutdownOf(options: KubeletOptions, parts: HouseParts): NodeShutdown {
  const { workers, watched, csi, lifetime, context, settings } = parts;
  const shutdown = new NodeShutdown({
    periods: settings.shutdown,
    logind: options.logind ?? machineLogind,
    pods: () => workers.all().filter((worker) => worker.holds),
    isGone: (uid) => nothingRuns(watched.seen().get(uid)) && !csi.volumes.holds(uid),
    tellNode: (reason, message) => parts.tellNode("Normal", reason, message),
    changed: parts.pressed,
    stateFile: join(options.stateFolder, "graceful_node_shutdown_state"),
    metrics: context.metrics,
    clock: options.clock,
    log: options.log,
  });
  void shutdown.run(lifetime.signal);
  return shutdown;
}

function collectImages(options: KubeletOptions, { runtime, lifetime, tellNode, context, settings, pods }: HouseParts): ImageCollection {
  const images = new ImageCollection({
    runtime,
    policy: settings.imagePolicy,
    fileSystem: () => imageFileSystem(runtime),
    needed: () => [
      ...(options.neededImages ?? []),
      ...pods()
        .flatMap(imageVolumesOf)
        .map(({ reference }) => withTag(reference)),
    ],
    tellNode: (reason, message) => tellNode("Warning", reason, message),
    looked: (ids, sinceMs) => context.pullRecords.prune(ids, sinceMs),
    collected: (reason) => context.metrics.collectedImages.add({ reason }),
    clock: options.clock,
    log: options.log,
  });
  const timer = images.start();
  lifetime.add(() => timer.cancel());
  return images;
}

interface ToReclaim {
  images: ImageCollection;
  storage: StorageSource;
  tellPod(pod: Pod, message: string): void;
}

function evictionsOf(options: KubeletOptions, parts: HouseParts, { images, storage, tellPod }: ToReclaim): Evictions {
  const { runtime, workers, watched, pods, lifetime, context } = parts;
  const { clock, log, cgroupLimits: trees, cgroupRoot = "/" } = options;
  const podsGroup = `${cgroupRoot === "/" ? "" : cgroupRoot}/kubepods`;
  const usage = new UsageReader({
    runtime,
    pods,
    seen: (uid) => watched.seen().get(uid),
    ...(trees ? { cgroups: { trees, root: cgroupRoot } } : {}),
    clock,
  });
  const evictions = startEvictions({
    policy: parts.settings.eviction,
    observe: options.observe ?? (() => observe({ trees, podsGroup, folder: options.stateFolder, runtime })),
    workers: () => workers.all(),
    isGone: (uid) => nothingRuns(watched.seen().get(uid)),
    useOf: (pods, starved, where) => measuredUse(pods, starved, where, { ...storage, usage, trees, cgroupRoot }),
    async reclaimDisk() {
      await removeDeadContainers(watched.seen(), workers, context.runtime);
      await images.removeUnused();
    },
    tellNode: (reason, message) => parts.tellNode("Warning", reason, message),
    tellPod,
    evicted: (signal) => context.metrics.evictions.add({ eviction_signal: signal }),
    onChange: parts.pressed,
    clock,
    log,
  });
  lifetime.add(() => evictions.cancel());
  return evictions;
}
