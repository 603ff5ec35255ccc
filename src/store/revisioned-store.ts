/**
 * The store's logic, whatever the journal: one counter, conflicts decided against accepted writes, one journal append for
 * all writes that wait, and readers and watchers who see only what is durable.
 *
 *     put → accepted (head of its key, revision given) → queued → appended → visible, watchers told, promise resolved
 */
import { type Clock, messageOf, type Timer } from "#base/mod.ts";
import { batches } from "./batches.ts";
import {
  type Batch,
  type CommitOptions,
  type Committed,
  CompactedError,
  type Conflict,
  type Entry,
  type Follower,
  type Local,
  type Problem,
  type Range,
  type Revision,
  type Slice,
  type Store,
  StoreError,
  type StoreEvent,
} from "./contract.ts";
import { Followers } from "./followers.ts";
import { type Change, type Journal, JournalFullError, type Loaded, type PastChange } from "./journal.ts";
import { SortedMap } from "./sorted-map.ts";

type WriteResult = Committed | Conflict;

interface Held extends Entry {
  expiresAt: number;
}

interface Waiting {
  change: Change;
  /** Part of a deletion: it may be written while the disk is full. */
  frees: boolean;
  resolve(result: WriteResult): void;
  reject(error: Error): void;
}

const gone = Buffer.alloc(0);
const expiryCheckMs = 1000;
const roomCheckMs = 1000;
/** More writes than this in one append would make the first of them wait for the last. */
const batchLimit = 2000;

export interface RevisionedOptions {
  clock: Clock;
  /** The journal broke: this process should end, and be started again. */
  onFailure?(error: StoreError): void;
}

export async function openRevisionedStore(journal: Journal, options: RevisionedOptions): Promise<RevisionedStore> {
  return new RevisionedStore(journal, options, await journal.load());
}

export class RevisionedStore implements Store, Local {
  #journal: Journal;
  #clock: Clock;
  #durable = new SortedMap<Held>();
  /** Heads of keys whose newest change is not durable yet. */
  #accepted = new Map<string, Change>();
  #queue: Waiting[] = [];
  #flushing = false;
  #scheduled = false;
  #next: number;
  #revision: number;
  #compacted: number;
  #followers: Followers;
  /** Keys by the second in which they expire. */
  #expiring = new Map<number, Set<string>>();
  #expiryTimer: Timer | undefined;
  #roomTimer: Timer | undefined;
  /** The journal broke: nothing is written any more. */
  #failure: StoreError | undefined;
  /** The disk is full: only deletions are written until there is room. */
  #full: StoreError | undefined;
  #onFailure: (error: StoreError) => void;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(journal: Journal, { clock, onFailure = () => {} }: RevisionedOptions, { changes, revision, compacted }: Loaded) {
    this.#journal = journal;
    this.#clock = clock;
    this.#onFailure = onFailure;
    // Revision 1 is the empty store's: resourceVersion 0 means "any" in the API and must never name a state.
    this.#revision = Math.max(1, revision);
    this.#next = this.#revision + 1;
    this.#compacted = compacted;
    this.#followers = new Followers(this.#revision, (range, after, upTo) => this.#history(range, after, upTo));
    for (const change of changes) this.#keep(change);
  }
  get local(): Local {
    return this;
  }
  revision(): Revision {
    return this.#revision;
  }
  compacted(): Revision {
    return this.#compacted;
  }
  async current(): Promise<Revision> {
    return this.#revision;
  }
  problem(): Problem | undefined {
    const error = this.#failure ?? this.#full;
    return error && { kind: error.kind, message: error.message };
  }
  async list(range: Range, at?: Revision): Promise<Slice> {
    const { from, to, limit = Infinity } = range;
    const now = this.#revision;
    if (at !== undefined && at < now) {
      if (at < this.#compacted) throw new CompactedError(this.#compacted);
      const undo = await this.#journal.read(range, at, now);
      if (at < this.#compacted) throw new CompactedError(this.#compacted);
      if (undo.length || this.#revision !== now) return this.#past(range, at, now, undo);
    }
    const entries: Entry[] = [];
    this.#durable.scan(from, to, (entry) => {
      if (entries.length >= limit) return false;
      entries.push(entry);
    });
    const remaining = limit === Infinity ? 0 : this.#durable.count(from, to) - entries.length;
    return { entries, revision: at ?? now, remaining };
  }
  /** The state at `revision`: what is there now, with every later change undone, the newest last so that the oldest wins. */
  async #past(range: Range, at: Revision, now: Revision, known: PastChange[]): Promise<Slice> {
    const undo = this.#revision === now ? known : await this.#journal.read(range, at, this.#revision);
    const state = new Map<string, Entry>();
    this.#durable.scan(range.from, range.to, (entry, key) => {
      state.set(key, entry);
    });
    for (const { key, before } of undo.toReversed()) {
      if (before) state.set(key, { key, value: before.value, modRevision: before.revision, createRevision: before.created });
      else state.delete(key);
    }
    const keys = [...state.keys()].sort();
    const entries = keys.slice(0, range.limit).map((key) => state.get(key)!);
    return { entries, revision: at, remaining: keys.length - entries.length };
  }
  commit(
    key: string,
    expect: Revision | "absent",
    value: Buffer | "delete",
    { lifeSeconds, frees }: CommitOptions = {},
  ): Promise<WriteResult> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#closed) return Promise.reject(new StoreError(`writing ${key}: the store is closed`));
    const deleted = value === "delete";
    const head = this.#accepted.get(key);
    const durable = head ? undefined : this.#durable.get(key);
    const previous = head ? (head.deleted ? 0 : head.revision) : (durable?.modRevision ?? 0);
    if ((expect === "absent" ? 0 : expect) !== previous || (deleted && previous === 0)) return this.#refuse(key, head);
    const revision = this.#next++;
    const created = previous === 0 ? revision : head ? head.created : durable!.createRevision;
    const expiresAt = lifeSeconds ? this.#clock.now() + lifeSeconds * 1000 : 0;
    const change: Change = { revision, key, previous, created, deleted, expiresAt, value: deleted ? gone : value };
    this.#accepted.set(key, change);
    return new Promise((resolve, reject) => {
      this.#queue.push({ change, frees: deleted || frees === true, resolve, reject });
      this.#schedule();
    });
  }
  /** A conflict with a write that is not durable yet is told only when that write is: nobody may learn of it before. */
  #refuse(key: string, head: Change | undefined): Promise<WriteResult> {
    if (!head) return Promise.resolve({ ok: false, current: this.#durable.get(key) });
    return new Promise((resolve, reject) => {
      const waiting =
        this.#queue.find((candidate) => candidate.change === head) ?? this.#inFlight.find((candidate) => candidate.change === head);
      if (!waiting) return resolve({ ok: false, current: this.#durable.get(key) });
      const { resolve: done, reject: lost } = waiting;
      waiting.resolve = (result) => {
        done(result);
        resolve({ ok: false, current: this.#durable.get(key) });
      };
      waiting.reject = (error) => {
        lost(error);
        reject(error);
      };
    });
  }
  #inFlight: Waiting[] = [];

  #schedule(): void {
    if (this.#flushing || this.#scheduled) return;
    this.#scheduled = true;
    // After the poll phase: every request that arrived in this turn of the event loop shares the append.
    this.#clock.soon(() => {
      this.#scheduled = false;
      void this.#flush();
    });
  }
  async #flush(): Promise<void> {
    if (this.#flushing || this.#queue.length === 0) return;
    this.#flushing = true;
    const batch = this.#queue.length <= batchLimit ? this.#queue : this.#queue.slice(0, batchLimit);
    this.#queue = batch === this.#queue ? [] : this.#queue.slice(batchLimit);
    await this.#append(batch);
    this.#flushing = false;
    if (this.#queue.length) this.#schedule();
    else for (const done of this.#idle.splice(0)) done();
  }
  async #append(batch: Waiting[]): Promise<void> {
    if (batch.length === 0) return;
    this.#inFlight = batch;
    let error: unknown;
    try {
      await this.#journal.append(
        batch.map(({ change }) => change),
        batch.every(({ frees }) => frees),
      );
    } catch (cause) {
      error = cause ?? new Error("unknown");
    }
    this.#inFlight = [];
    if (error === undefined) {
      if (this.#full && batch.some(({ frees }) => !frees)) this.#full = undefined;
      return this.#publish(batch);
    }
    if (!(error instanceof JournalFullError)) return this.#fail(batch, error);
    const spared = this.#turnAway(batch, error);
    // Deletions alone could not be written either: they are refused with the rest.
    if (spared.length < batch.length) await this.#append(spared);
    else this.#turnAway(spared, error, true);
  }
  #publish(batch: Waiting[]): void {
    const events = batch.map(({ change }) => this.#apply(change));
    this.#revision = batch.at(-1)!.change.revision;
    this.#followers.publish(events, this.#revision);
    for (const { change, resolve } of batch) resolve({ ok: true, revision: change.revision });
  }
  #apply(change: Change): StoreEvent {
    const { key, deleted } = change;
    if (this.#accepted.get(key) === change) this.#accepted.delete(key);
    const before = this.#durable.get(key);
    if (deleted) this.#durable.delete(key);
    else this.#keep(change);
    return eventOf(change, before && { value: before.value, revision: before.modRevision });
  }
  #keep({ key, value, revision, created, expiresAt }: Change): void {
    this.#durable.set(key, { key, value, modRevision: revision, createRevision: created, expiresAt });
    if (expiresAt) this.#expireLater(key, expiresAt);
  }
  /** Nothing of the batch is durable, and an I/O error may have lost pages: whoever waits hears so, and nothing is written any more. */
  #fail(batch: Waiting[], cause: unknown): void {
    const error = new StoreError(`writing ${batch.length} changes to the journal failed`, { cause });
    this.#failure = new StoreError(`the store is read-only because an earlier write to its journal failed: ${messageOf(cause)}`, { cause });
    const lost = [...batch, ...this.#queue.splice(0)];
    this.#accepted.clear();
    for (const { reject } of lost) reject(error);
    this.#onFailure(this.#failure);
  }
  /** The disk is full: refuses all but deletions, and what was accepted on top of what is refused. Returns what is spared. */
  #turnAway(batch: Waiting[], cause: unknown, all = false): Waiting[] {
    this.#full ??= new StoreError("the disk of the store is full: only deletes are written until there is space", { kind: "full", cause });
    this.#lookForRoom();
    const lost = new Set<string>();
    const refused: Waiting[] = [];
    const sift = (waiting: Waiting[]) =>
      waiting.filter((each) => {
        if (each.frees && !all && !lost.has(each.change.key)) return true;
        lost.add(each.change.key);
        refused.push(each);
        return false;
      });
    const spared = sift(batch);
    // Of what came later only what builds on something lost: the rest has its own try.
    this.#queue = this.#queue.filter((each) => {
      if (!lost.has(each.change.key)) return true;
      refused.push(each);
      return false;
    });
    for (const key of lost) this.#accepted.delete(key);
    for (const { reject } of refused) reject(this.#full);
    return spared;
  }
  #lookForRoom(): void {
    this.#roomTimer ??= this.#clock.after(
      roomCheckMs,
      async () => {
        const hasRoom = await this.#journal.hasRoom().catch(() => false);
        this.#roomTimer = undefined;
        if (hasRoom) this.#full = undefined;
        else if (!this.#closed) this.#lookForRoom();
      },
      { background: true },
    );
  }
  watch(range: Range, after: Revision, signal: AbortSignal): AsyncIterable<Batch> {
    return batches((follower) => this.follow(range, after, follower), signal);
  }
  follow(range: Range, after: Revision, follower: Follower): () => void {
    if (after < this.#compacted) throw new CompactedError(this.#compacted);
    return this.#followers.follow(range, after, follower);
  }
  async #history(range: Range, after: Revision, upTo: Revision): Promise<StoreEvent[]> {
    const past = await this.#journal.read(range, after, upTo);
    if (after < this.#compacted) throw new CompactedError(this.#compacted);
    return past.map((change) => eventOf(change, change.before));
  }
  async compact(through: Revision): Promise<void> {
    const to = Math.min(through, this.#revision);
    if (to <= this.#compacted) return;
    this.#compacted = to;
    await this.#journal.compact(to);
  }
  #expireLater(key: string, at: number): void {
    const second = Math.ceil(at / expiryCheckMs);
    const keys = this.#expiring.get(second);
    if (keys) keys.add(key);
    else this.#expiring.set(second, new Set([key]));
    this.#expiryTimer ??= this.#clock.after(expiryCheckMs * 10, () => this.#expire(), { background: true });
  }
  #expire(): void {
    this.#expiryTimer = undefined;
    if (this.#closed || this.#failure) return;
    const now = this.#clock.now();
    for (const [second, keys] of this.#expiring) {
      if (second * expiryCheckMs > now) continue;
      this.#expiring.delete(second);
      for (const key of keys) {
        const entry = this.#durable.get(key);
        if (entry?.expiresAt && entry.expiresAt <= now) this.commit(key, entry.modRevision, "delete").catch(() => {});
      }
    }
    if (this.#expiring.size) this.#expiryTimer = this.#clock.after(expiryCheckMs * 10, () => this.#expire(), { background: true });
  }
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#expiryTimer?.cancel();
    this.#roomTimer?.cancel();
    if (this.#queue.length || this.#flushing) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#followers.clear();
    await this.#journal.close();
  }
}

function eventOf(change: Change, before: { value: Buffer; revision: number } | undefined): StoreEvent {
  const { key, revision, deleted, value, previous } = change;
  return {
    type: deleted ? "delete" : "put",
    key,
    value: deleted ? (before?.value ?? gone) : value,
    revision,
    created: !deleted && previous === 0,
    previous: before?.value,
    previousRevision: before?.revision,
  };
}
