/**
 * The end of a server that is asked to stop, in upstream's order: it is not ready any more, and serves on for a while, so that
 * load balancers notice; it takes nothing new; what is under way finishes; watches end as if they had run out of time.
 *
 *     serving ──begin──▶ leaving ──delay──▶ refusing ──drained──▶ watches ended
 */
import type { Clock } from "#base/mod.ts";

/** What a request may take, and so the longest that the others wait for it. */
const longestRequestMs = 60_000;

export class Ending {
  #clock: Clock;
  #stage: "serving" | "leaving" | "refusing" = "serving";
  #underWay = 0;
  #idle: (() => void) | undefined;
  #watches = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  /** What `/readyz` is told. */
  get leaving(): boolean {
    return this.#stage !== "serving";
  }
  get refusing(): boolean {
    return this.#stage === "refusing";
  }
  get underWay(): number {
    return this.#underWay;
  }
  /** A request that ends; the answer is to be called when it has, once or more. */
  enter(): () => void {
    this.#underWay++;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      if (--this.#underWay === 0) this.#idle?.();
    };
  }
  /** A watch, and how it is ended; the answer is to be called when it has ended by itself. */
  watch(stop: () => void): () => void {
    this.#watches.add(stop);
    return () => void this.#watches.delete(stop);
  }
  /** Resolves when all of it is done. */
  async begin({ delayMs = 0, mostMs = longestRequestMs } = {}): Promise<void> {
    if (this.leaving) return;
    this.#stage = "leaving";
    if (delayMs > 0) await this.#clock.sleep(delayMs);
    this.#stage = "refusing";
    await this.#drained(mostMs);
    for (const stop of [...this.#watches]) stop();
  }
  async #drained(mostMs: number): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(mostMs, resolve);
      this.#idle = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
