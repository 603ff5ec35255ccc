/** What pods have on the node's disks, for who asks for statistics: measured again when it is older than a minute. */
import type { Pod } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import { type PodStorage, podStorage, type StorageSource } from "../node/pod-storage.ts";

/** `volumeStatsAggPeriod`. */
const freshMs = 60_000;

export interface Measured {
  bytes: PodStorage;
  inodes: PodStorage;
  /** Milliseconds since 1970. */
  atMs: number;
}

export class StorageUsage {
  readonly #options: StorageSource & { clock: Clock; log: Log };
  #known = new Map<string, Measured>();
  #running: Promise<void> | undefined;

  constructor(options: StorageSource & { clock: Clock; log: Log }) {
    this.#options = options;
  }

  /** Resolves with what is known of each pod; several who ask at once wait for one measurement. */
  async of(pods: readonly Pod[]): Promise<ReadonlyMap<string, Measured>> {
    this.#running ??= this.#measure(pods).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
    return this.#known;
  }

  async #measure(pods: readonly Pod[]): Promise<void> {
    const { clock, log, runtime } = this.#options;
    const uids = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const uid of this.#known.keys()) if (!uids.has(uid)) this.#known.delete(uid);
    const old = pods.filter(({ metadata }) => clock.now() - (this.#known.get(metadata.uid!)?.atMs ?? 0) >= freshMs);
    if (old.length === 0) return;
    const stats = await runtime.containerStats();
    for (const pod of old) {
      try {
        const [bytes, inodes] = await Promise.all([
          podStorage(pod, stats, this.#options, "bytes"),
          podStorage(pod, stats, this.#options, "inodes"),
        ]);
        this.#known.set(pod.metadata.uid!, { bytes, inodes, atMs: clock.now() });
      } catch (error) {
        log.debug("kubelet: a pod's storage was not measured", { pod: pod.metadata.name, error: messageOf(error) });
      }
    }
  }
}
