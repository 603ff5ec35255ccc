/** What every store promises: revisioned keys and bytes, compare-and-swap per key, ordered watch (upstream's etcd model). */

/** One key as stored. `modRevision` is the revision of its last change and becomes the object's resourceVersion. */
export interface Entry {
  key: string;
  value: Buffer;
  modRevision: number;
  createRevision: number;
}

/** One change. A delete carries the last value as `value`, so that watchers can show what went. */
export interface StoreEvent {
  type: "put" | "delete";
  key: string;
  value: Buffer;
  /** The revision of the change itself, also for deletes. */
  revision: number;
  /** True for a put of a key that did not exist. */
  created: boolean;
  /** The value before this change; absent for a creation. */
  previous?: Buffer;
  previousRevision?: number;
}

export type WriteResult = { ok: true; revision: number } | { ok: false; current: Entry | undefined };

export interface WriteOptions {
  /** The modRevision that the key must have now; 0: the key must not exist. Absent: whatever it has. */
  expected?: number;
  /** The key is deleted (with a watch event) this many seconds after this write, unless written again. */
  ttlSeconds?: number;
}

export interface ListResult {
  entries: Entry[];
  /** The revision that this list shows. */
  revision: number;
  /** How many keys of the prefix come after the last entry. */
  remaining: number;
}

export interface Watch {
  close(): void;
}

export interface Watcher {
  /** Changes in order, each once; `upTo` is the revision that the watcher has now seen everything of. */
  events(events: StoreEvent[], upTo: number): void;
  /** The watch ended by itself: compacted while reading history, or the store failed. */
  failed(error: Error): void;
}

/** The journal could not be written: nothing that was not acknowledged is kept. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** The revision asked for was compacted away: the caller lists again (HTTP 410). */
export class CompactedError extends Error {
  override name = "CompactedError";
  readonly compacted: number;
  constructor(compacted: number) {
    super(`revision is compacted: the oldest is ${compacted}`);
    this.compacted = compacted;
  }
}

/**
 * A store assigns each write a revision from one counter. A write resolves, and readers and watchers see it, only when it
 * is durable; conflicts are decided against accepted writes, so writers never wait for one another.
 */
export interface Store {
  /** The newest durable revision. */
  revision(): number;
  get(key: string): Promise<Entry | undefined>;
  /** Keys with the prefix in byte order, from `after` (exclusive), at most `limit`, as they were at `revision` (now unless told). */
  list(prefix: string, options?: { after?: string; limit?: number; revision?: number }): Promise<ListResult>;
  put(key: string, value: Buffer, options?: WriteOptions): Promise<WriteResult>;
  delete(key: string, options?: { expected?: number }): Promise<WriteResult>;
  /**
   * Every change of the prefix with a revision above `after`, in order, each once. Throws CompactedError. A write's events
   * are delivered before its promise resolves, so a cache that is fed by a watch is never behind an acknowledged write.
   */
  watch(prefix: string, after: number, watcher: Watcher): Watch;
  /** Forgets history up to and including `revision`: watches and lists from before it are refused. */
  compact(revision: number): Promise<void>;
  /** The newest revision whose history is gone; watches may start here or later. */
  compacted(): number;
  close(): Promise<void>;
}
