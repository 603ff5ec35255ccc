/**
 * The watch cache of one resource: every object as a record, in key order, and a ring of its latest changes. Watchers are
 * cursors into the ring; one that cannot keep up falls out of it and is cut, never waited for.
 */
import type { Resource } from "#api/mod.ts";
import { CompactedError, prefixEnd, SortedMap, type Store, type StoreEvent, type Watch } from "#store/mod.ts";
import { adoptBytes, headOf, ObjectRecord, type Stored } from "./record.ts";

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

const ringLimit = 8192;
const ringBytesLimit = 24 * 1024 * 1024;

export class ResourceCache {
  readonly definition: Resource;
  readonly prefix: string;
  readonly head: Buffer;
  readonly records = new SortedMap<ObjectRecord>();
  readonly listeners = new Set<Listener>();
  /** The revision of the last change of this resource. */
  lastChange = 0;
  #store: Store;
  #ring: Change[] = [];
  #ringBytes = 0;
  /** The index of the oldest change in the ring. */
  #base = 0;
  /** Changes up to this revision are not in the ring. */
  #ringAfter = 0;
  #watch: Watch | undefined;
  /** What a write of ours has parsed already, until its event comes back. */
  #own = new Map<Buffer, Stored>();

  constructor(store: Store, definition: Resource) {
    this.#store = store;
    this.definition = definition;
    this.prefix = definition.storagePrefix;
    this.head = headOf(definition.apiVersion, definition.kind);
  }
  async start(): Promise<void> {
    const { entries, revision } = await this.#store.list(this.prefix);
    for (const { key, value, modRevision } of entries) {
      this.records.set(key, new ObjectRecord(key, adoptBytes(value, this.head), modRevision, this.head));
      if (modRevision > this.lastChange) this.lastChange = modRevision;
    }
    this.#ringAfter = revision;
    this.#watch = this.#store.watch(this.prefix, revision, {
      events: (events) => this.#apply(events),
      failed: (error) => {
        for (const listener of [...this.listeners]) listener.failed(error);
      },
    });
  }
  stop(): void {
    this.#watch?.close();
    for (const listener of [...this.listeners]) listener.failed(new Error("the server is stopping"));
  }
  /** The revision up to which this cache has seen everything. */
  get revision(): number {
    return this.#store.revision();
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
  expect(value: Buffer, object: Stored): void {
    this.#own.set(value, object);
  }
  forget(value: Buffer): void {
    this.#own.delete(value);
  }
  #apply(events: StoreEvent[]): void {
    if (events.length === 0) return;
    const first = this.#base + this.#ring.length;
    for (const event of events) this.#push(this.#changeOf(event));
    const end = this.#base + this.#ring.length;
    for (const listener of this.listeners) listener.changed(first, end);
    this.#trim();
  }
  #changeOf({ key, value, revision, type }: StoreEvent): Change {
    const previous = this.records.get(key);
    this.lastChange = revision;
    if (type === "delete") {
      this.records.delete(key);
      const record = previous ? previous.at(revision) : new ObjectRecord(key, adoptBytes(value, this.head), revision, this.head);
      return { index: 0, revision, deleted: true, record, previous: previous ?? record };
    }
    const object = this.#own.get(value);
    if (object) {
      this.#own.delete(value);
      object.metadata.resourceVersion = String(revision);
    }
    const record = new ObjectRecord(key, object ? value : adoptBytes(value, this.head), revision, this.head, object);
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
    while (this.#ring.length > ringLimit || (this.#ringBytes > ringBytesLimit && this.#ring.length > 64)) {
      const gone = this.#ring.splice(0, Math.ceil(this.#ring.length / 4));
      this.#base += gone.length;
      for (const change of gone) {
        this.#ringBytes -= change.record.value.length;
        change.record.forgetFrames();
      }
      this.#ringAfter = gone.at(-1)!.revision;
    }
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
    if (revision < this.#ringAfter) return undefined;
    let low = 0;
    let high = this.#ring.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ring[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#base + low;
  }
  /** Changes after `revision` from the store's history, and the index in the ring where live changes go on. Throws CompactedError. */
  async history(revision: number): Promise<{ changes: Change[]; next: number }> {
    if (revision < this.#store.compacted()) throw new CompactedError(this.#store.compacted());
    return new Promise((resolve, reject) => {
      const watch = this.#store.watch(this.prefix, revision, {
        events: (events) => {
          watch.close();
          const make = (value: Buffer, key: string, at: number) => new ObjectRecord(key, adoptBytes(value, this.head), at, this.head);
          const changes = events.map((event): Change => {
            const deleted = event.type === "delete";
            const previous = event.previous ? make(event.previous, event.key, event.previousRevision!) : undefined;
            return { index: -1, revision: event.revision, deleted, record: make(event.value, event.key, event.revision), previous };
          });
          resolve({ changes, next: this.end });
        },
        failed: reject,
      });
      if (revision >= this.#store.revision()) {
        watch.close();
        resolve({ changes: [], next: this.end });
      }
    });
  }
}
