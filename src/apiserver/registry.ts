/** What a server stands on: the kinds, their caches, and reads and writes of them as the server itself. */
import { builtInKinds, type Catalog, type Resource, staticCatalog } from "#api/mod.ts";
import { type Clock, Lifetime, type Log, type Random } from "#base/mod.ts";
import type { Store } from "#store/mod.ts";
import type { Storage } from "./contract.ts";
import type { ResourceCache } from "./read/cache.ts";
import { type Caches, openCaches } from "./read/caches.ts";
import { compactEvery } from "./read/compaction.ts";
import type { BusyObjects } from "./write/object-lock.ts";
import { internalStorage } from "./write/storage.ts";

export interface RegistryOptions {
  store: Store;
  /** What is served; by default the built-in kinds alone. */
  catalog?: Catalog;
  clock: Clock;
  random: Random;
  log: Log;
  /** How long history is kept for watches that resume and lists that continue; 0: somebody else forgets it. */
  historyMs?: number | undefined;
  /** How long Events are kept; by default as their kind says: an hour. */
  eventTtlSeconds?: number | undefined;
}

export interface Registry {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly caches: Caches;
  readonly storage: Storage;
  readonly eventTtlSeconds: number | undefined;
  /** Writes under way, by key in the store. */
  readonly busy: BusyObjects;
  /** Ends with the server; what follows the registry ends before it. */
  readonly lifetime: Lifetime;
  cacheOf(definition: Resource): ResourceCache;
}

/** Resolves when every cache is filled. */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  const { store, catalog = staticCatalog(builtInKinds), clock, random, log, historyMs = 300_000 } = options;
  const lifetime = new Lifetime({ log });
  const caches = await openCaches({ catalog, store, clock, log });
  lifetime.add(() => caches.close());
  if (historyMs > 0) {
    const compactor = compactEvery({ store, caches: () => caches.byPrefix.values(), clock, historyMs, log });
    lifetime.add(() => compactor.cancel());
  }
  const busy: BusyObjects = new Map();
  const cacheOf = caches.of;
  const storage = internalStorage({ store, clock, random, catalog, cacheOf, busy });
  const { eventTtlSeconds } = options;
  return { store, catalog, clock, random, log, caches, storage, busy, lifetime, cacheOf, eventTtlSeconds };
}
