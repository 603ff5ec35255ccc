/** History is kept for a while, for watches that resume and lists that continue; then store and caches forget it together. */
import { type Clock, every, type Log, messageOf, type Timer } from "#base/mod.ts";
import type { Revision, Store } from "#store/mod.ts";
import type { ResourceCache } from "./cache.ts";

export interface CompactionOptions {
  store: Store;
  caches(): Iterable<ResourceCache>;
  clock: Clock;
  historyMs: number;
  log: Log;
}

/** Keeps between one and two periods of history. Several servers over one store may all do it: none forgets what is younger. */
export function compactEvery({ store, caches, clock, historyMs, log }: CompactionOptions): Timer {
  let then: Revision | undefined;
  return every(clock, historyMs, async () => {
    try {
      const now = await store.current();
      const target = then;
      then = now;
      if (target === undefined) return;
      await store.compact(target);
      for (const cache of caches()) cache.forgetThrough(target);
    } catch (error) {
      log.warn("compacting the store failed", { error: messageOf(error) });
    }
  });
}
