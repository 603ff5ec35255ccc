/** Work that follows changes: one pass at a time, what changes together is one pass, and one that fails is made again. */
import { type BackoffOptions, backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";

export interface PassesOptions {
  clock: Clock;
  /** A pass begins so long after the change that asked for it. */
  settleMs: number;
  retry: BackoffOptions;
  /** Does all that is due now. */
  pass(): Promise<void>;
  /** It did not succeed, for the n-th time in a row. */
  failed(error: unknown, failures: number): void;
}

export interface Passes {
  changed(): void;
  /** Asks for a pass. True when one that began after this call has come to a good end; false after `ms`, or at the end. */
  through(ms: number): Promise<boolean>;
  close(): Promise<void>;
}

export function passes({ clock, settleMs, retry, pass, failed }: PassesOptions): Passes {
  const waiting = new Set<{ from: number; end(reached: boolean): void }>();
  const ending = new AbortController();
  let [wanted, done, failures] = [0, 0, 0];
  let running: Promise<void> | undefined;

  const tell = () => {
    for (const each of waiting) if (each.from <= done || ending.signal.aborted) each.end(each.from <= done);
  };
  const run = async () => {
    while (done < wanted && !ending.signal.aborted) {
      await clock.sleep(failures > 0 ? backoffMs(failures, retry) : settleMs, ending.signal).catch(() => {});
      if (ending.signal.aborted) break;
      const upTo = wanted;
      try {
        await pass();
        done = upTo;
        failures = 0;
        tell();
      } catch (error) {
        failed(error, ++failures);
      }
    }
    running = undefined; // in the same turn as the last look: no change falls between
  };
  const changed = () => {
    wanted++;
    if (ending.signal.aborted) return;
    running ??= run();
  };
  return {
    changed,
    through(ms) {
      changed();
      if (ending.signal.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const each = {
          from: wanted,
          end(reached: boolean) {
            waiting.delete(each);
            timer.cancel();
            resolve(reached);
          },
        };
        const timer = clock.after(ms, () => each.end(false));
        waiting.add(each);
      });
    },
    async close() {
      ending.abort();
      tell();
      await running;
    },
  };
}
