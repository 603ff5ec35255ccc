/** A clock that moves only when told: for unit tests, and for a whole cluster that one seed replays exactly. */
import { type Clock, sleepOn, type Timer } from "./clock.ts";
import { assert } from "./errors.ts";

interface Due {
  at: number;
  order: number;
  run: (() => void) | undefined;
}

/** A process that keeps itself busy without ever waiting would stop time for ever. */
const mostTurns = 1_000_000;

export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  /** A binary heap by time and order; cancelled timers stay until they are due or are most of it. */
  #due: Due[] = [];
  #cancelled = 0;
  #turnsAsked = 0;

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }
  now(): number {
    return this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  /** Timers that wait. */
  get waiting(): number {
    return this.#due.length - this.#cancelled;
  }
  after(ms: number, run: () => void): Timer {
    const due: Due = { at: this.#now + Math.max(0, ms), order: this.#order++, run };
    this.#push(due);
    return {
      cancel: () => {
        if (!due.run) return;
        due.run = undefined;
        this.#cancelled++;
        if (this.#cancelled > 64 && this.#cancelled > this.#due.length / 2) this.#sweep();
      },
    };
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }
  soon(run: () => void): void {
    this.#turnsAsked++;
    setImmediate(() => {
      this.#turnsAsked--;
      run();
    });
  }
  turn(): Promise<void> {
    return new Promise((resolve) => this.soon(resolve));
  }

  /** Lets everything that does not wait for time run, until nothing more does. */
  async settle(): Promise<void> {
    for (let turn = 0, quiet = 0; quiet < 3; turn++) {
      assert(turn < mostTurns, "something keeps the event loop busy without ever waiting for time");
      await new Promise<void>((resolve) => void setImmediate(resolve));
      quiet = this.#turnsAsked > 0 ? 0 : quiet + 1;
    }
  }
  /** Moves time forward by `ms`, running what falls due in order, and lets promises settle between two runs. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    while (await this.#step(end));
    this.#now = end;
  }
  /** Moves time on, from one timer to the next, until the work is done; rejects when that takes longer than `mostMs`. */
  async during<T>(work: Promise<T>, mostMs = 3_600_000): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    const end = this.#now + mostMs;
    await this.settle();
    while (!isDone && (await this.#step(end)));
    if (!isDone) throw new Error(`not done after ${mostMs} ms of virtual time, and ${this.waiting} timers wait`);
    return work;
  }

  /** Runs the next timer that is due by then; false when there is none. */
  async #step(end: number): Promise<boolean> {
    const next = this.#next();
    if (!next || next.at > end) return false;
    this.#pop();
    this.#now = Math.max(this.#now, next.at);
    const run = next.run;
    next.run = undefined; // cancelling it from now on means nothing
    run?.();
    await this.settle();
    return true;
  }
  /** The earliest that was not cancelled. */
  #next(): Due | undefined {
    while (this.#due.length > 0 && !this.#due[0]!.run) {
      this.#pop();
      this.#cancelled--;
    }
    return this.#due[0];
  }
  #sweep(): void {
    const kept = this.#due.filter((due) => due.run);
    this.#due = kept.sort((a, b) => (isBefore(a, b) ? -1 : 1)); // a sorted array is a heap
    this.#cancelled = 0;
  }
  #push(due: Due): void {
    const heap = this.#due;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(due, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = due;
  }
  #pop(): void {
    const heap = this.#due;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}

const isBefore = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
