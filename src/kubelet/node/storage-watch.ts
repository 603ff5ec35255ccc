/** Measures pods that have limits of local storage, one after the other, and ends those that broke one. */
import type { Pod } from "#api/mod.ts";
import { type Clock, every, type Log, messageOf, type Timer } from "#base/mod.ts";
import { isCritical } from "../eviction/rank.ts";
import type { PodWorkers } from "../pod/workers.ts";
import { containersIn, podStorage, type StorageSource } from "./pod-storage.ts";
import { brokenLimit, isStorageLimited } from "./storage-limits.ts";

export interface StorageOptions extends StorageSource {
  workers: PodWorkers;
  tell(pod: Pod, message: string): void;
  clock: Clock;
  log: Log;
}

const lookMs = 10_000;
const evictGraceSeconds = 1;

export function watchStorage(options: StorageOptions): Timer {
  const { clock, log, workers } = options;
  return every(clock, lookMs, async () => {
    for (const worker of workers.all()) {
      if (!worker.holds || isCritical(worker.pod) || !isStorageLimited(worker.pod)) continue;
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

async function messageFor(pod: Pod, options: StorageOptions): Promise<string | undefined> {
  const storage = await podStorage(pod, await options.runtime.containerStats(), options);
  return brokenLimit(pod, { volumes: storage.volumes, containers: containersIn(storage) });
}
