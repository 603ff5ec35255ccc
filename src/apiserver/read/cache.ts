/**
 * The watch cache of one resource: every object as a record, in key order, and a ring of its latest changes. Watchers are
 * cursors into the ring; one that cannot keep up falls out of it and is cut, never waited for.
 */
import type { Resource } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import { type Entry, prefixEnd, type Revision, SortedMap, type Store, type StoreEvent, under } from "#store/mod.ts";
import { adoptBytes, type StoredKind } from "./adopt.ts";
import { headOf, ObjectRecord, type Stored, storedVersion } from "./record.ts";

export interface Change {
  /** Counts from 0 over the life of the cache. */
  index: number;
  revision: number;
  deleted: boolean;
  /** The object after the change; what was deleted, at the revision of its deletion, for deletes. */
  record: ObjectRecord;
  previous: ObjectRecord | undefined;
}

/** Told after each batch of changes; `upTo` is the revision that is complete now. */
export interface Listener {
  changed(first: number, end: number): void;
  failed(error: Error): void;
}

/** Who waits for the cache to have seen a revision. */
interface Waiter {
  revision: Revision;
  resolve(reached: boolean): void;
}

const reloadAfterMs = 1000;
/** So many changes a ring holds. */
export const ringLimit = 8192;
const ringBytesLimit = 24 * 1024 * 1024;

export class ResourceCache {
  readonly definition: Resource & StoredKind;
  readonly prefix: string;
  readonly head: Buffer;
  readonly records = new SortedMap<ObjectRecord>();
  readonly listeners = new Set<Listener>();
  /** Changes that the store has told of. */
  received = 0;
  /** The revision of the last change of this resource. */
  lastChange = 0;
  #store: Store;
  #clock: Clock;
  #log: Log;
  /** Everything up to this revision is in the records. */
  #seen: Revision = 0;
  #waiters = new Set<Waiter>();
  #ring: Change[] = [];
  #ringBytes = 0;
  /** The index of the oldest change in the ring. */
  #base = 0;
  /** Changes up to this revision are not in the ring. */
  #ringAfter = 0;
  #forgotten: Revision = 0;
  #following = new AbortController();
  #stopped = false;
  /** What a write of ours has parsed already, until its event comes back. One write of a key at a time. */
  #own = new Map<string, { value: Buffer; object: Stored; head: Buffer }>();
  /** By apiVersion. */
  readonly #heads = new Map<string, Buffer>();

  constructor(store: Store, definition: Resource & StoredKind, { clock, log }: { clock: Clock; log: Log }) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.definition = definition;
    this.prefix = definition.storagePrefix;
    this.head = headOf(definition.apiVersion, definition.kind);
  }
  async start(): Promise<void> {
    const { entries, revision } = await this.#store.list(under(this.prefix));
    for (const entry of entries) {
      this.records.set(entry.key, this.adopt(entry.key, entry.value, entry.modRevision));
      if (entry.modRevision > this.lastChange) this.lastChange = entry.modRevision;
    }
    this.#ringAfter = revision;
    this.#seen = revision;
    this.#follow(revision);
  }
  stop(): void {
    this.#stopped = true;
    this.#following.abort();
    for (const waiter of this.#waiters) waiter.resolve(false);
    this.#waiters.clear();
    for (const listener of [...this.listeners]) listener.failed(new Error("the server is stopping"));
  }
  /** The revision up to which this cache has seen everything. */
  get revision(): Revision {
    return this.#seen;
  }
  /** True once the cache has seen the revision, false when it has not within `ms`. */
  reach(revision: Revision, ms: number): Promise<boolean> {
    if (this.#seen >= revision) return Promise.resolve(true);
    if (this.#stopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        revision,
        resolve: (reached) => {
          timer.cancel();
          this.#waiters.delete(waiter);
          resolve(reached);
        },
      };
      const timer = this.#clock.after(ms, () => waiter.resolve(false), { background: true });
      this.#waiters.add(waiter);
    });
  }
  /** A store of this process tells before it acknowledges; from another one, changes are pulled. */
  #follow(after: Revision): void {
    const { signal } = (this.#following = new AbortController());
    const range = under(this.prefix);
    const { local } = this.#store;
    if (!local) return void this.#pull(after, signal);
    const stop = local.follow(range, after, {
      events: (events, seen) => this.#apply(events, seen),
      failed: (error) => this.#lost(error),
    });
    signal.addEventListener("abort", stop, { once: true });
  }
  async #pull(after: Revision, signal: AbortSignal): Promise<void> {
    try {
      for await (const { events, seen } of this.#store.watch(under(this.prefix), after, signal)) this.#apply(events, seen);
    } catch (error) {
      if (!signal.aborted) this.#lost(error as Error);
    }
  }
  /** The watch broke: watchers are cut, since they may have missed changes, and the cache begins anew from a list. */
  #lost(error: Error): void {
    if (this.#stopped) return;
    this.#following.abort();
    this.#log.warn("a watch cache lost its watch and lists again", { prefix: this.prefix, error: messageOf(error) });
    for (const listener of [...this.listeners]) listener.failed(error);
    this.#clock.after(reloadAfterMs, () => void this.#reload(), { background: true });
  }
  async #reload(): Promise<void> {
    if (this.#stopped) return;
    try {
      const { entries, revision } = await this.#store.list(under(this.prefix));
      if (this.#stopped) return;
      this.#replace(entries, revision);
      this.#follow(revision);
    } catch (error) {
      this.#lost(error as Error);
    }
  }
  /** What changed while nothing was seen goes to the listeners of this process; the ring no longer reaches back. */
  #replace(entries: Entry[], revision: Revision): void {
    const events: StoreEvent[] = [];
    const present = new Set<string>();
    for (const { key, value, modRevision, createRevision } of entries) {
      present.add(key);
      const known = this.records.get(key);
      if (known?.revision !== modRevision)
        events.push({ type: "put", key, value, revision: modRevision, created: createRevision === modRevision });
    }
    this.records.scan(this.prefix, prefixEnd(this.prefix), ({ key, value }) => {
      if (!present.has(key)) events.push({ type: "delete", key, value, revision, created: false });
    });
    events.sort((a, b) => a.revision - b.revision);
    this.#apply(events, revision);
    this.forgetThrough(revision);
  }
  keyOf(namespace: string, name: string): string {
    return this.definition.namespaced ? `${this.prefix}${namespace}/${name}` : this.prefix + name;
  }
  get(namespace: string, name: string): ObjectRecord | undefined {
    return this.records.get(this.keyOf(namespace, name));
  }
  prefixOf(namespace: string): string {
    return this.definition.namespaced && namespace ? `${this.prefix}${namespace}/` : this.prefix;
  }
  scan(namespace: string, each: (record: ObjectRecord) => boolean | undefined): void {
    const prefix = this.prefixOf(namespace);
    this.records.scan(prefix, prefixEnd(prefix), each);
  }
  /** The value is about to be stored and has this parsed form: its record need not parse it again. */
  expect(key: string, value: Buffer, object: Stored, head: Buffer): void {
    this.#own.set(key, { value, object, head });
  }
  forget(key: string): void {
    this.#own.delete(key);
  }
  #apply(events: StoreEvent[], seen: Revision): void {
    if (seen > this.#seen) this.#seen = seen;
    if (events.length > 0) {
      this.received += events.length;
      const first = this.#base + this.#ring.length;
      for (const event of events) this.#push(this.#changeOf(event));
      const end = this.#base + this.#ring.length;
      for (const listener of this.listeners) listener.changed(first, end);
      this.#trim();
    }
    if (this.#waiters.size) for (const waiter of [...this.#waiters]) if (waiter.revision <= seen) waiter.resolve(true);
  }
  /** A record of bytes from the store, whoever wrote them. Objects of custom kinds keep the version that they were stored in. */
  adopt(key: string, value: Buffer, revision: Revision): ObjectRecord {
    const head = this.definition.schema.structural ? this.#headOf(storedVersion(value)) : this.head;
    return new ObjectRecord(key, adoptBytes(value, head, this.definition), revision, head);
  }
  #headOf(apiVersion: string): Buffer {
    let head = this.#heads.get(apiVersion);
    if (!head) this.#heads.set(apiVersion, (head = headOf(apiVersion, this.definition.kind)));
    return head;
  }
  #changeOf({ key, value, revision, type }: StoreEvent): Change {
    const previous = this.records.get(key);
    this.lastChange = revision;
    if (type === "delete") {
      this.records.delete(key);
      const record = previous ? previous.at(revision) : this.adopt(key, value, revision);
      return { index: 0, revision, deleted: true, record, previous: previous ?? record };
    }
    const own = this.#own.get(key);
    let record: ObjectRecord;
    if (own && (own.value === value || own.value.equals(value))) {
      this.#own.delete(key);
      own.object.metadata.resourceVersion = String(revision);
      record = new ObjectRecord(key, own.value, revision, own.head, own.object);
    } else record = this.adopt(key, value, revision);
    this.records.set(key, record);
    return { index: 0, revision, deleted: false, record, previous };
  }
  #push(change: Change): void {
    change.index = this.#base + this.#ring.length;
    this.#ring.push(change);
    this.#ringBytes += change.record.value.length;
  }
  /** Drops the older half when the ring is full: dropping is rare and the array stays simple. */
  #trim(): void {
    while (this.#ring.length > ringLimit || (this.#ringBytes > ringBytesLimit && this.#ring.length > 64))
      this.#drop(Math.ceil(this.#ring.length / 4));
  }
  #drop(count: number): void {
    const gone = this.#ring.splice(0, count);
    this.#base += gone.length;
    for (const change of gone) {
      this.#ringBytes -= change.record.value.length;
      change.record.forgetFrames();
    }
    if (gone.length) this.#ringAfter = gone.at(-1)!.revision;
  }
  /** Versions before this one may not be asked for any more, whether or not anything here has changed since. */
  get forgotten(): Revision {
    return this.#forgotten;
  }
  /** Changes up to this revision are history that nobody may ask for any more. */
  forgetThrough(revision: Revision): void {
    this.#forgotten = Math.max(this.#forgotten, revision);
    if (revision <= this.#ringAfter) return;
    this.#drop(this.#firstAfter(revision));
    this.#ringAfter = revision;
  }
  /** The change with this index; undefined when it fell out of the ring. */
  changeAt(index: number): Change | undefined {
    return this.#ring[index - this.#base];
  }
  get end(): number {
    return this.#base + this.#ring.length;
  }
  /** The index of the first change after a revision; undefined when the ring does not reach back so far. */
  indexAfter(revision: number): number | undefined {
    return revision < this.#ringAfter ? undefined : this.#base + this.#firstAfter(revision);
  }
  #firstAfter(revision: Revision): number {
    let low = 0;
    let high = this.#ring.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ring[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  /** Changes after `revision` from the store's history, and the index in the ring where live changes go on. Throws CompactedError. */
  async history(after: Revision): Promise<{ changes: Change[]; next: number }> {
    const changes: Change[] = [];
    const reading = new AbortController();
    try {
      for await (const { events, seen } of this.#store.watch(under(this.prefix), after, reading.signal)) {
        for (const { type, key, value, revision, previous, previousRevision } of events) {
          const before = previous ? this.adopt(key, previous, previousRevision!) : undefined;
          changes.push({ index: -1, revision, deleted: type === "delete", record: this.adopt(key, value, revision), previous: before });
        }
        // What is newer than the cache will come through the ring.
        if (seen >= this.#seen) return { changes: changes.filter(({ revision }) => revision <= this.#seen), next: this.end };
      }
    } finally {
      reading.abort();
    }
    throw new Error("the server is stopping");
  }
}
