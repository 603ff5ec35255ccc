/** Measures pods that have limits of local storage, one after the other, and ends those that broke one. */
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import { type Clock, every, type Log, messageOf, type Timer } from "#base/mod.ts";
import { tryRun } from "#linux/mod.ts";
import type { PodWorkers } from "../pod/workers.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { labels } from "../runtime/seen.ts";
import type { PodVolumes } from "../volumes/volumes.ts";
import { brokenLimit, isStorageLimited } from "./storage-limits.ts";

export interface StorageOptions {
  workers: PodWorkers;
  volumes: Pick<PodVolumes, "ownFolders">;
  runtime: Pick<Runtime, "containerStats">;
  podLogs: string;
  tell(pod: Pod, message: string): void;
  /** Bytes below a folder; absent: as `du` counts. */
  sizeOf?(folder: string): Promise<number>;
  clock: Clock;
  log: Log;
}

const lookMs = 10_000;
const evictGraceSeconds = 1;
const countMs = 20_000;

export function watchStorage(options: StorageOptions): Timer {
  const { clock, log, workers } = options;
  return every(clock, lookMs, async () => {
    for (const worker of workers.all()) {
      if (!worker.holds || !isStorageLimited(worker.pod)) continue;
      try {
        const message = await messageFor(worker.pod, options);
        if (message === undefined) continue;
        options.tell(worker.pod, message);
        worker.fail({ reason: "Evicted", message, graceSeconds: evictGraceSeconds });
      } catch (error) {
        log.warn("kubelet: storage of a pod was not measured", { pod: worker.pod.metadata.name, error: messageOf(error) });
      }
    }
  });
}

async function messageFor(pod: Pod, { volumes, runtime, podLogs, sizeOf = diskUsage }: StorageOptions): Promise<string | undefined> {
  const emptyDirs = new Map<string, number>();
  for (const [name, folder] of volumes.ownFolders(pod)) emptyDirs.set(name, await sizeOf(folder));
  const containers = new Map<string, number>();
  const uid = pod.metadata.uid!;
  const logs = join(podLogs, `${pod.metadata.namespace}_${pod.metadata.name}_${uid}`);
  for (const { name = "" } of pod.spec?.containers ?? []) containers.set(name, await sizeOf(join(logs, name)));
  for (const { attributes, writableLayer } of await runtime.containerStats()) {
    if (attributes?.labels[labels.podUid] !== uid) continue;
    const name = attributes.labels[labels.containerName] ?? "";
    containers.set(name, (containers.get(name) ?? 0) + (writableLayer?.usedBytes?.value ?? 0));
  }
  return brokenLimit(pod, { emptyDirs, containers });
}

/** In a process of its own: a large tree must not keep the node's loop or its file threads busy. */
async function diskUsage(folder: string): Promise<number> {
  const { stdout } = await tryRun(["du", "--summarize", "--one-file-system", "--block-size=1", folder], { timeoutMs: countMs });
  return Number.parseInt(stdout, 10) || 0;
}
