/** Drivers whose object says so are asked from time to time how many volumes they can have here: `nodeAllocatableUpdatePeriodSeconds`. */
import { type Clock, every, type Log, messageOf, type Timer } from "#base/mod.ts";
import type { Drivers } from "./drivers.ts";
import type { CsiObjects } from "./objects.ts";

export interface PeriodsOptions {
  drivers(): Drivers;
  objects(): CsiObjects;
  clock: Clock;
  log: Log;
}

export class Periods {
  readonly #options: PeriodsOptions;
  readonly #running = new Map<string, { seconds: number; timer: Timer }>();

  constructor(options: PeriodsOptions) {
    this.#options = options;
  }

  /** The driver has come or gone, or its object is another. */
  follow(name: string): void {
    const { drivers, objects, clock, log } = this.#options;
    const seconds = drivers().has(name) ? (objects().known(name)?.spec?.nodeAllocatableUpdatePeriodSeconds ?? 0) : 0;
    const running = this.#running.get(name);
    if (running?.seconds === seconds) return;
    running?.timer.cancel();
    this.#running.delete(name);
    if (seconds === 0) return;
    const look = () =>
      drivers()
        .lookAgain(name)
        .catch((error) => log.warn("kubelet: a CSI driver was not asked again", { driver: name, error: messageOf(error) }));
    this.#running.set(name, { seconds, timer: every(clock, seconds * 1000, look) });
  }

  close(): void {
    for (const { timer } of this.#running.values()) timer.cancel();
    this.#running.clear();
  }
}
