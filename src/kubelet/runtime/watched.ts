/** What the runtime has, kept current: looked at when it says that something happened, when asked, and every ten seconds. */
import { type Clock, type Family, type Log, messageOf } from "#base/mod.ts";
import type { Runtime } from "./runtime.ts";
import { RuntimeView, type SeenPod } from "./seen.ts";

export interface WatchedRuntime {
  seen(): ReadonlyMap<string, SeenPod>;
  /** Resolves after a look that began after this call. Calls that come together share one. */
  refresh(): Promise<void>;
  /** Looks until the runtime has answered once; then follows its events until the signal ends. */
  follow(signal: AbortSignal): Promise<void>;
}

interface WatchOptions {
  runtime: Runtime;
  /** Of the addresses that come first. */
  family: Family;
  clock: Clock;
  log: Log;
  onChange(uid: string): void;
}

const reconnectMs = 1000;
const firstWaitMs = 200;
const longestWaitMs = 5000;

export function watchRuntime(options: WatchOptions): WatchedRuntime {
  const { runtime, family, clock, log, onChange } = options;
  const view = new RuntimeView(runtime, family);
  let seen = new Map<string, SeenPod>();
  let looking: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const look = async () => {
    const now = await view.look();
    const before = seen;
    seen = now;
    for (const uid of new Set([...before.keys(), ...now.keys()]))
      if (before.get(uid)?.fingerprint !== now.get(uid)?.fingerprint) onChange(uid);
  };
  const refresh = (): Promise<void> => {
    if (!looking) {
      looking = look().finally(() => {
        looking = undefined;
      });
      return looking;
    }
    next ??= looking
      .catch(() => {})
      .then(() => {
        next = undefined;
        return refresh();
      });
    return next;
  };
  const followEvents = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      try {
        await refresh().catch(() => {});
        for await (const _ of runtime.events(signal)) void refresh().catch(() => {});
      } catch (error) {
        log.debug("kubelet: event stream ended", { error: messageOf(error) });
      }
      await clock.sleep(reconnectMs, signal);
    }
  };

  return {
    seen: () => seen,
    refresh,
    async follow(signal) {
      for (let wait = firstWaitMs; !signal.aborted; wait = Math.min(longestWaitMs, wait * 2)) {
        try {
          await refresh();
          break;
        } catch (error) {
          log.warn("kubelet: the runtime does not answer yet", { error: messageOf(error) });
          await clock.sleep(wait, signal);
        }
      }
      void followEvents(signal);
    },
  };
}
