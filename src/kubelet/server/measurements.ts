/** What is measured of pods for who asks for statistics, and measured again when it is older than a minute. */
import type { Pod } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";

/** `volumeStatsAggPeriod`. */
const freshMs = 60_000;

/** When it was measured: milliseconds since 1970. */
export interface At<T> {
  value: T;
  atMs: number;
}

export interface MeasurementTools {
  clock: Clock;
  log: Log;
}

export class Measurements<T> {
  readonly #tools: MeasurementTools;
  readonly #what: string;
  readonly #begin: () => Promise<(pod: Pod) => Promise<T>>;
  readonly #known = new Map<string, At<T>>();
  #running: Promise<void> | undefined;

  /** `begin`: before a round, with what all pods of the round have in common. */
  constructor(tools: MeasurementTools, what: string, begin: () => Promise<(pod: Pod) => Promise<T>>) {
    this.#tools = tools;
    this.#what = what;
    this.#begin = begin;
  }

  /** Resolves with what is known, by pods' uids; several who ask at once wait for one round. */
  async of(pods: readonly Pod[]): Promise<ReadonlyMap<string, At<T>>> {
    this.#running ??= this.#measure(pods).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
    return this.#known;
  }

  /** What is known now; what is old is measured meanwhile, for who asks next. */
  latest(pods: readonly Pod[]): ReadonlyMap<string, At<T>> {
    this.of(pods).catch((error) => this.#tools.log.debug(`kubelet: no ${this.#what} was measured`, { error: messageOf(error) }));
    return this.#known;
  }

  async #measure(pods: readonly Pod[]): Promise<void> {
    const { clock, log } = this.#tools;
    const uids = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const uid of this.#known.keys()) if (!uids.has(uid)) this.#known.delete(uid);
    const old = pods.filter(({ metadata }) => clock.now() - (this.#known.get(metadata.uid!)?.atMs ?? 0) >= freshMs);
    if (old.length === 0) return;
    const measure = await this.#begin();
    for (const pod of old) {
      try {
        this.#known.set(pod.metadata.uid!, { value: await measure(pod), atMs: clock.now() });
      } catch (error) {
        log.debug(`kubelet: a pod's ${this.#what} was not measured`, { pod: pod.metadata.name, error: messageOf(error) });
      }
    }
  }
}
