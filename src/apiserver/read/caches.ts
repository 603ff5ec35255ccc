/** The watch caches of all that a catalog keeps here: one opens when its kind comes, and closes when its kind goes. */
import type { Catalog, Resource, Served } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import type { Store } from "#store/mod.ts";
import { internal } from "../request/errors.ts";
import type { StoredKind } from "./adopt.ts";
import { ResourceCache } from "./cache.ts";

export interface Caches {
  of(resource: Pick<Resource, "storagePrefix" | "resource">): ResourceCache;
  /** By prefix in the store: versions of one kind share theirs. */
  readonly byPrefix: ReadonlyMap<string, ResourceCache>;
  /** Undefined when the cache is filled. A kind that has just come waits for this before its first request is answered. */
  filling(resource: Pick<Resource, "storagePrefix">): Promise<void> | undefined;
  close(): void;
}

export async function openCaches({
  catalog,
  store,
  clock,
  log,
}: {
  catalog: Catalog;
  store: Store;
  clock: Clock;
  log: Log;
}): Promise<Caches> {
  const byPrefix = new Map<string, ResourceCache>();
  const filling = new Map<string, Promise<void>>();
  const open = (definition: Served) => {
    const prefix = definition.storagePrefix;
    if (definition.storage !== "here" || byPrefix.has(prefix)) return;
    const cache = new ResourceCache(store, storedKind(catalog, definition), { clock, log });
    byPrefix.set(prefix, cache);
    const filled = cache.start().finally(() => filling.delete(prefix));
    // Whoever asks for the kind meanwhile waits for the same promise and hears of its failure.
    filled.catch((error) => log.error("a watch cache could not be filled", { resource: definition.id, error: messageOf(error) }));
    filling.set(prefix, filled);
  };
  catalog.all().forEach(open);
  const stopListening = catalog.onChange((added) => {
    const wanted = new Set(catalog.all().map(({ storagePrefix }) => storagePrefix));
    for (const [prefix, cache] of byPrefix) {
      if (wanted.has(prefix)) continue;
      byPrefix.delete(prefix);
      cache.stop();
    }
    added.forEach(open);
  });
  await Promise.all(filling.values());
  return {
    byPrefix,
    of({ storagePrefix, resource }) {
      const cache = byPrefix.get(storagePrefix);
      if (!cache) throw internal(`${resource} are not stored`);
      return cache;
    },
    filling: ({ storagePrefix }) => filling.get(storagePrefix),
    close() {
      stopListening();
      for (const cache of byPrefix.values()) cache.stop();
    },
  };
}

/** Of kinds that are stored as another, that one: with its rules, where it is served. */
function storedKind(catalog: Catalog, definition: Served): Resource & StoredKind {
  const stored = definition.rules.storedAs?.resource;
  return stored ? (catalog.kind(stored.apiVersion, stored.kind) ?? stored) : definition;
}
