/**
 * Keeps a copy of all objects of one resource (or a part of it) current:
 *
 *     list ──▶ watch ──▶ (stream ended) resume from the last version seen ──▶ watch
 *       ▲                        │ 410 Gone, or an error event
 *       └────────────────────────┘ after a back-off
 */

import type { KubeObject, Resource } from "#api/mod.ts";
import { backoffMs, type Clock, isAbort, type Log, messageOf, type Random } from "#base/mod.ts";
import { ApiError, type Client, type WatchStream } from "./contract.ts";
import type { Index } from "./indexes.ts";

export interface Change<T> {
  type: "added" | "updated" | "deleted";
  object: T;
  /** What was known before an update. */
  old?: T;
}

export interface InformerOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  clock: Clock;
  log: Log;
  random?: Random;
}

/** Objects are shared and must not be changed. Keys are `namespace/name`, or `name` for cluster-scoped resources. */
export interface Informer<T extends KubeObject = KubeObject> {
  readonly resource: Resource<T>;
  get(key: string): T | undefined;
  list(): T[];
  /** Built from what is known when it is first asked for, kept current from then on. */
  by(index: Index<T>, value: string): T[];
  /** Called for every change, first with everything known already (as added). Returns the way to stop. */
  onChange(handler: (change: Change<T>) => void): () => void;
  readonly synced: Promise<void>;
  hasSynced(): boolean;
  /** The resourceVersion up to which this copy is current. */
  version(): string;
  /** True as soon as `done` says so, asked again after each change; false when that takes longer than `ms`, or at the end. */
  until(done: () => boolean, ms: number): Promise<boolean>;
  close(): void;
}

const backoff = { baseMs: 100, maxMs: 30_000 };
const pageSize = 1000;
/** So many failures in a row are no passing trouble: whoever looks at the log should know. */
const worthTelling = 5;

export function keyOf(object: { metadata: { namespace?: string; name?: string } }): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : (name ?? "");
}

/** Starts at once; `close` ends it. */
export function informer<T extends KubeObject>(client: Client, resource: Resource<T>, options: InformerOptions): Informer<T> {
  const cache = new Cache<T>();
  const waiting = new Set<{ done(): boolean; end(reached: boolean): void }>();
  const tellWaiting = () => {
    for (const each of waiting) if (each.done()) each.end(true);
  };
  const abort = new AbortController();
  const { signal } = abort;
  let version = "";
  let done = () => {};
  let isSynced = false;
  const synced = new Promise<void>((resolve) => {
    done = () => {
      isSynced = true;
      resolve();
    };
  });
  const scope = { namespace: options.namespace, labelSelector: options.labelSelector, fieldSelector: options.fieldSelector, signal };

  const listAll = async () => {
    const items: T[] = [];
    let next: string | undefined;
    let listed = "";
    do {
      const page = await client.list(resource, { ...scope, ...(next ? { continue: next, limit: pageSize } : { resourceVersion: "0" }) });
      items.push(...page.items);
      listed = page.metadata.resourceVersion ?? listed;
      next = page.metadata.continue;
    } while (next);
    cache.replace(items);
    version = listed;
    done();
    tellWaiting();
  };

  const follow = async (onAlive: () => void) => {
    const stream = await client.watch(resource, { ...scope, resourceVersion: version, allowWatchBookmarks: true });
    const stop = () => stream.close();
    signal.addEventListener("abort", stop, { once: true });
    try {
      for await (const events of stream as WatchStream<T>) {
        onAlive();
        for (const { type, object } of events) {
          if (type === "ERROR") throw new ApiError(object as never);
          version = object.metadata.resourceVersion ?? version;
          if (type === "DELETED") cache.remove(object);
          else if (type !== "BOOKMARK") cache.put(object);
        }
        tellWaiting();
      }
    } finally {
      signal.removeEventListener("abort", stop);
      stream.close();
    }
  };

  const run = async () => {
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (version === "") await listAll();
        await follow(() => {
          failures = 0;
        });
        failures = Math.max(failures, 1) - 1;
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        const gone = error instanceof ApiError && (error.code === 410 || error.reason === "Expired" || error.reason === "Gone");
        if (gone || !isAbort(error)) version = gone || failures > 3 ? "" : version;
        const level = failures === worthTelling ? "warn" : "debug";
        if (!gone) options.log[level]("informer: watching again", { resource: resource.resource, error: messageOf(error), failures });
        const jitter = 0.5 + (options.random?.next() ?? 0.5) / 2;
        await options.clock.sleep(gone ? 0 : backoffMs(failures, backoff) * jitter, signal);
      }
    }
  };
  void run();

  return {
    resource,
    get: (key) => cache.objects.get(key),
    list: () => [...cache.objects.values()],
    by: (index, value) => cache.by(index, value),
    onChange: (handler) => cache.subscribe(handler),
    synced,
    hasSynced: () => isSynced,
    version: () => version,
    until(done, ms) {
      if (done()) return Promise.resolve(true);
      if (signal.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const end = (reached: boolean) => {
          waiting.delete(one);
          timer.cancel();
          resolve(reached);
        };
        const one = { done, end };
        const timer = options.clock.after(ms, () => end(false), { background: true });
        waiting.add(one);
      });
    },
    close() {
      abort.abort();
      for (const each of waiting) each.end(false);
    },
  };
}

class Cache<T extends KubeObject> {
  readonly objects = new Map<string, T>();
  #handlers = new Set<(change: Change<T>) => void>();
  #indexes = new Map<Index<T>, Map<string, Set<string>>>();

  subscribe(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler);
    for (const object of [...this.objects.values()]) handler({ type: "added", object });
    return () => this.#handlers.delete(handler);
  }
  by(index: Index<T>, value: string): T[] {
    let keys = this.#indexes.get(index);
    if (!keys) {
      this.#indexes.set(index, (keys = new Map()));
      for (const [key, object] of this.objects) for (const each of index.of(object)) add(keys, each, key);
    }
    const out: T[] = [];
    for (const key of keys.get(value) ?? []) out.push(this.objects.get(key)!);
    return out;
  }
  put(object: T): void {
    const key = keyOf(object);
    const old = this.objects.get(key);
    if (old && old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    // The same name with another uid: the old one went unseen.
    if (old && old.metadata.uid !== object.metadata.uid) {
      this.remove(old);
      return this.put(object);
    }
    this.#reindex(key, old, object);
    this.objects.set(key, object);
    this.#tell(old ? { type: "updated", object, old } : { type: "added", object });
  }
  remove(object: T): void {
    const key = keyOf(object);
    const old = this.objects.get(key);
    if (!old) return;
    this.objects.delete(key);
    this.#reindex(key, old, undefined);
    this.#tell({ type: "deleted", object });
  }
  /** After a relist: what is gone was deleted, what differs was updated. */
  replace(items: readonly T[]): void {
    const now = new Set(items.map(keyOf));
    for (const [key, object] of [...this.objects]) if (!now.has(key)) this.remove(object);
    for (const item of items) this.put(item);
  }
  #reindex(key: string, old: T | undefined, next: T | undefined): void {
    for (const [index, keys] of this.#indexes) {
      if (old) {
        for (const value of index.of(old)) {
          const set = keys.get(value);
          set?.delete(key);
          if (set?.size === 0) keys.delete(value);
        }
      }
      if (next) for (const value of index.of(next)) add(keys, value, key);
    }
  }
  #tell(change: Change<T>): void {
    for (const handler of this.#handlers) handler(change);
  }
}

function add(keys: Map<string, Set<string>>, value: string, key: string): void {
  const set = keys.get(value);
  if (set) set.add(key);
  else keys.set(value, new Set([key]));
}
