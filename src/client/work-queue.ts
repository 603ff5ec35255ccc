/** Keys that want reconciling: each at most once in the queue and never twice at a time, with a back-off per key. */
import { backoffMs, type Clock, type Timer } from "#base/mod.ts";

export interface WorkQueueOptions {
  clock: Clock;
  /** Back-off of a failed key: 5 ms, doubled, at most 1000 s, unless told. */
  baseMs?: number;
  maxMs?: number;
}

export class WorkQueue {
  #ready = new Set<string>();
  #running = new Set<string>();
  #again = new Set<string>();
  #delayed = new Map<string, { timer: Timer; at: number }>();
  #failures = new Map<string, number>();
  #waiters: ((key: string | undefined) => void)[] = [];
  #closed = false;
  readonly #clock: Clock;
  readonly #backoff: { baseMs: number; maxMs: number };

  constructor({ clock, baseMs = 5, maxMs = 1_000_000 }: WorkQueueOptions) {
    this.#clock = clock;
    this.#backoff = { baseMs, maxMs };
  }

  get size(): number {
    return this.#ready.size + this.#delayed.size;
  }
  /** True when nothing is queued, delayed or running. */
  get idle(): boolean {
    return this.#ready.size + this.#delayed.size + this.#running.size + this.#again.size === 0;
  }

  /** True when nothing is queued or running; delayed keys may wait. */
  get quiet(): boolean {
    return this.#ready.size + this.#running.size + this.#again.size === 0;
  }

  add(key: string): void {
    if (this.#closed) return;
    if (this.#running.has(key)) {
      this.#again.add(key);
      return;
    }
    const waiter = this.#ready.has(key) ? undefined : this.#waiters.shift();
    if (waiter) {
      this.#running.add(key);
      waiter(key);
    } else this.#ready.add(key);
  }

  /** Adds the key after a while; the earliest of several wishes counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) return this.add(key);
    const at = this.#clock.monotonic() + ms;
    const waiting = this.#delayed.get(key);
    if (waiting && waiting.at <= at) return;
    waiting?.timer.cancel();
    const timer = this.#clock.after(
      ms,
      () => {
        this.#delayed.delete(key);
        this.add(key);
      },
      { background: true },
    );
    this.#delayed.set(key, { timer, at });
  }

  /** Adds the key after its own back-off, which grows until `forget`. */
  addFailed(key: string): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.addAfter(key, backoffMs(failures, this.#backoff));
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, or undefined when the queue is closed. `done` must follow. */
  next(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const [key] = this.#ready;
    if (key === undefined) return new Promise((resolve) => this.#waiters.push(resolve));
    this.#ready.delete(key);
    this.#running.add(key);
    return Promise.resolve(key);
  }

  done(key: string): void {
    this.#running.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#ready.clear();
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }
}
