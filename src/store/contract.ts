/**
 * What every store promises: revisioned keys and bytes, compare-and-swap per key, ordered watch. It is upstream's etcd
 * model and no more than etcd can keep; what a store in this process can do besides is a capability of its own (`local`).
 */

/** From one counter, from 1 on; that of its last change becomes an object's resourceVersion. */
export type Revision = number;

/** One key as stored. */
export interface Entry {
  key: string;
  value: Buffer;
  /** The revision of the last change. */
  modRevision: Revision;
  createRevision: Revision;
}

/** One change. A delete carries the last value as `value`, so that watchers can show what went. */
export interface StoreEvent {
  type: "put" | "delete";
  key: string;
  value: Buffer;
  /** The revision of the change itself, also for deletes. */
  revision: Revision;
  /** True for a put of a key that did not exist. */
  created: boolean;
  /** The value before this change; absent for a creation, and where the store has compacted it away. */
  previous?: Buffer;
  previousRevision?: Revision;
}

/** Keys from `from` (inclusive) to `to` (exclusive) in byte order, at most `limit`. See `under`, `only` and `after`. */
export interface Range {
  from: string;
  to: string;
  limit?: number;
}

export interface Slice {
  entries: Entry[];
  /** The revision that this list shows. */
  revision: Revision;
  /** How many keys of the range come after the last entry. */
  remaining: number;
}

export interface Committed {
  ok: true;
  revision: Revision;
}

/** The key is not as expected: this is what it has, undefined when it does not exist. */
export interface Conflict {
  ok: false;
  current: Entry | undefined;
}

export interface CommitOptions {
  /** The key is deleted (with an event) this many seconds after this write, unless written again. */
  lifeSeconds?: number;
  /** Part of a deletion: it is let through while the disk is full, as deletes are. */
  frees?: boolean;
}

/** Changes in order, each once; the watch has seen everything up to and including `seen`. */
export interface Batch {
  events: StoreEvent[];
  seen: Revision;
}

/** Why writes fail: `full` passes when there is space again, `failed` never does in this process. */
export interface Problem {
  kind: "full" | "failed" | "unreachable";
  message: string;
}

/** The write was not made: nothing of it is kept. `unreachable` writes may have been made: nobody knows. */
export class StoreError extends Error {
  override name = "StoreError";
  readonly kind: Problem["kind"];
  constructor(message: string, { kind = "failed", cause }: { kind?: Problem["kind"]; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** The revision asked for was compacted away: the caller lists again (HTTP 410). */
export class CompactedError extends Error {
  override name = "CompactedError";
  readonly compacted: Revision;
  constructor(compacted: Revision) {
    super(`revision is compacted: the oldest is ${compacted}`);
    this.compacted = compacted;
  }
}

/**
 * A store assigns each write a revision from one counter. A write resolves, and readers and watchers see it, only when it
 * is durable; conflicts are decided against accepted writes, so writers never wait for one another.
 */
export interface Store {
  /** Present when the store's state is this process's own. */
  readonly local?: Local;
  /** A revision that is not older than any write acknowledged, by anybody, before the call. */
  current(): Promise<Revision>;
  /** The range as it was at a revision (now unless told). Throws CompactedError. */
  list(range: Range, at?: Revision): Promise<Slice>;
  /** Compare and swap: the key must have `expect` as its modRevision, or not exist. */
  commit(key: string, expect: Revision | "absent", value: Buffer | "delete", options?: CommitOptions): Promise<Committed | Conflict>;
  /**
   * Every change of the range with a revision above `after`, in order, each once. The first batch comes at once, also
   * when nothing has changed. Ends by CompactedError, by StoreError when the consumer is too slow or the store is lost,
   * and without error when `signal` aborts.
   */
  watch(range: Range, after: Revision, signal: AbortSignal): AsyncIterable<Batch>;
  /** Of a store that seals: whether the key's value is to be written again, though it is as it should be. */
  isStale?(key: string): Promise<boolean>;
  /** Forgets history up to and including `through`: watches and lists from before it are refused. */
  compact(through: Revision): Promise<void>;
  /** Why writes fail now; undefined when they do not. */
  problem(): Problem | undefined;
  close(): Promise<void>;
}

export interface Follower {
  events(events: StoreEvent[], seen: Revision): void;
  /** The watch ended by itself: compacted while reading history, or the store failed. */
  failed(error: Error): void;
}

/**
 * The facts of one process: revisions are known without asking, and changes are told before their commit resolves, with
 * the very Buffer that was committed. A cache that follows so is never behind an acknowledged write.
 */
export interface Local {
  /** The newest durable revision. */
  revision(): Revision;
  /** The newest revision whose history is gone; watches may start here or later. */
  compacted(): Revision;
  /** As `watch`, by callbacks. Throws CompactedError. Returns the way to stop. */
  follow(range: Range, after: Revision, follower: Follower): () => void;
}
