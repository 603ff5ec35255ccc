/**
 * How new an answer must be. Without a version it shows every write that was acknowledged, by any server, before it was
 * asked for; with one it is not older than that. In one process the cache is always there already and nothing waits.
 */
import type { Clock } from "#base/mod.ts";
import type { Store } from "#store/mod.ts";
import { timeout, tooLargeVersion } from "../request/errors.ts";
import type { ResourceCache } from "./cache.ts";

export interface FreshContext {
  store: Store;
  clock: Clock;
}

/** Upstream's patience with a version that the cache has not seen. */
const patienceMs = 3000;

/** Undefined: nothing to wait for. */
export function fresh({ store }: FreshContext, cache: ResourceCache): Promise<void> | undefined {
  if (store.local && cache.revision >= store.local.revision()) return undefined;
  return store.current().then(async (revision) => {
    if (!(await cache.reach(revision, patienceMs)))
      throw timeout(`the watch cache is at revision ${cache.revision} and did not reach ${revision} of the store in time`);
  });
}

/** Undefined: nothing to wait for. Rejects with upstream's "Too large resource version" when the version does not come. */
export function notOlderThan(cache: ResourceCache, revision: number): Promise<void> | undefined {
  if (cache.revision >= revision) return undefined;
  return cache.reach(revision, patienceMs).then((reached) => {
    if (!reached) throw tooLargeVersion(revision, cache.revision);
  });
}

/** After a write of this server, or one that another server won: what follows in this process sees it too. */
export async function caughtUp(cache: ResourceCache, revision: number): Promise<void> {
  if (cache.revision < revision) await cache.reach(revision, patienceMs);
}
