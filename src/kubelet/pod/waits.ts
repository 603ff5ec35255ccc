/** What a pod waits for is a set of reasons, and the earliest wakes it: one reason never puts off another. */
import type { Clock, Timer } from "#base/mod.ts";

export class Waits {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #due = new Map<string, number>();
  #timer: Timer | undefined;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Wakes in `ms` for this reason, which forgets what it asked for before; undefined: it waits no more. */
  set(reason: string, ms: number | undefined): void {
    if (ms === undefined) this.#due.delete(reason);
    else this.#due.set(reason, this.#clock.monotonic() + ms);
    this.#arm();
  }

  /** The reasons that still wait, for tests and for logs. */
  reasons(): string[] {
    return [...this.#due.keys()];
  }

  close(): void {
    this.#due.clear();
    this.#arm();
  }

  #arm(): void {
    const next = Math.min(...this.#due.values());
    if (next === this.#armedFor) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#armedFor = next;
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.after(Math.max(0, next - this.#clock.monotonic()), () => this.#fire(), { background: true });
  }

  #fire(): void {
    const now = this.#clock.monotonic();
    for (const [reason, at] of this.#due) if (at <= now) this.#due.delete(reason);
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#arm();
    this.#wake();
  }
}
