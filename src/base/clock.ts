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
  /** Calls `run` in the next turn of the event loop: after all promises that are ready, and after I/O that has arrived. */
  soon(run: () => void): void;
  /** Resolves then: lets everything else of the process have its turn. */
  turn(): Promise<void>;
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
  soon: (run) => void setImmediate(run),
  turn: () => new Promise((resolve) => void setImmediate(resolve)),
};

export function sleepOn(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
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

/** Resolves when `waiting` has, after `ms`, or when `signal` aborts, whichever comes first; leaves no timer behind. Rejects if `waiting` does first. */
export async function atMost(clock: Clock, ms: number, waiting: Promise<unknown>, signal?: AbortSignal): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([waiting, clock.sleep(ms, signal ? AbortSignal.any([signal, over.signal]) : over.signal)]);
  } finally {
    over.abort();
  }
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

/** For tests: lets every promise and immediate that is ready run, a few turns of the event loop. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
