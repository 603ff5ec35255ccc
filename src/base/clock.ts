/** Time enters every component as a Clock, so that a whole cluster can run under virtual time. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time, milliseconds since 1970. */
  now(): number;
  /** Milliseconds that never go backwards; only differences mean anything. */
  monotonic(): number;
  /** Calls `run` once after `ms` (clamped to 24 days). The timer keeps the process alive unless `background`. */
  after(ms: number, run: () => void, options?: { background?: boolean }): Timer;
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects: check the signal). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

const longestMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run, options) {
    const handle = setTimeout(run, Math.min(Math.max(0, ms), longestMs));
    if (options?.background) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  sleep: (ms, signal) => sleepOn(systemClock, ms, signal),
};

function sleepOn(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Calls `run` every `ms` until cancelled; a run that takes longer delays the next one instead of overlapping it. */
export function every(clock: Clock, ms: number, run: () => void | Promise<void>): Timer {
  let cancelled = false;
  let timer: Timer | undefined;
  const arm = () => {
    timer = clock.after(
      ms,
      async () => {
        try {
          await run();
        } finally {
          if (!cancelled) arm();
        }
      },
      { background: true },
    );
  };
  arm();
  return {
    cancel() {
      cancelled = true;
      timer?.cancel();
    },
  };
}

interface Due {
  at: number;
  order: number;
  run: () => void;
}

/** A clock that moves only when told: for unit tests and whole-cluster simulation. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  #due: Due[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }
  now(): number {
    return this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  after(ms: number, run: () => void): Timer {
    const due: Due = { at: this.#now + Math.max(0, ms), order: this.#order++, run };
    this.#due.push(due);
    return {
      cancel: () => {
        const index = this.#due.indexOf(due);
        if (index >= 0) this.#due.splice(index, 1);
      },
    };
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }
  /** Moves time forward by `ms`, running what falls due in order, and lets promises settle between two runs. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#due.reduce<Due | undefined>(
        (best, due) => (due.at <= end && (!best || due.at < best.at || (due.at === best.at && due.order < best.order)) ? due : best),
        undefined,
      );
      if (!next) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets every promise and immediate that is ready run: a few turns of the event loop. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
