/**
 * A watch: what it starts with, then changes read from the cache's ring by a cursor. Events are decided here (an object
 * that enters the selection is ADDED, one that leaves it is DELETED); the sink writes them in its own form.
 */
import type { Served } from "#api/mod.ts";
import type { Clock, Timer } from "#base/mod.ts";
import { matchesLabels, type Selector } from "#codec/mod.ts";
import { converted, viewOf } from "../catalog/conversions.ts";
import type { FieldTest } from "../catalog/fields.ts";
import { expired, failure } from "../request/errors.ts";
import type { Change, ResourceCache } from "./cache.ts";
import type { ObjectRecord } from "./record.ts";

export type EventType = "ADDED" | "MODIFIED" | "DELETED";

export interface WatchSink {
  /** One change. False: full, call `resume` when there is room. */
  event(type: EventType, record: ObjectRecord): boolean;
  /** All changes of a batch, when every one of them passes unchanged; lets sinks share the bytes of a batch. */
  batch?: ((cache: ResourceCache, first: number, end: number) => boolean) | undefined;
  bookmark(revision: number, initialEventsEnd: boolean): boolean;
  error(status: object): void;
  end(): void;
  /** Cuts the client off: it does not read, so there is nothing to tell it. */
  abandon(): void;
}

export interface WatchPlan {
  definition: Served;
  cache: ResourceCache;
  namespace: string;
  labels: Selector | undefined;
  fields: FieldTest | undefined;
  bookmarks: boolean;
  /** Objects that are sent as ADDED first. */
  initial: ObjectRecord[];
  /** After the initial objects comes a bookmark that says so. */
  initialEnd: boolean;
  /** The revision that the initial objects show, or that the client knows. */
  revision: number;
  /** Changes that are older than the ring. */
  past: Change[];
  next: number;
  /** Changes up to this revision are known to the client, although this server has not seen them yet. */
  after: number;
  timeoutMs: number;
  clock: Clock;
  /** Registers and forgets this watch, for shutdown and counting. */
  track(source: WatchSource, open: boolean): void;
}

const bookmarkMs = 60_000;
/** A client that reads nothing for so long, while there is something to read, is cut: it holds what it was sent. */
const unreadMs = 60_000;
/** Changes that are written together, at most, and about how many bytes. */
const mostTogether = 64;
const bytesTogether = 256 * 1024;

export function passes(record: ObjectRecord, labels: Selector | undefined, fields: FieldTest | undefined): boolean {
  return (!labels || matchesLabels(labels, record.labels)) && (!fields || fields.matches(record));
}

export class WatchSource {
  #plan: WatchPlan;
  #sink: WatchSink | undefined;
  #cursor: number;
  #initialAt = 0;
  #pastAt = 0;
  #initialEndSent: boolean;
  #blocked = false;
  #blockedAtMs = 0;
  /** While others convert what comes next. */
  #asking = false;
  #prefix: string;
  #plain: boolean;
  #timers: Timer[] = [];
  #listener = { changed: () => this.#changed(), failed: (error: Error) => this.#fail(error) };

  constructor(plan: WatchPlan) {
    this.#plan = plan;
    this.#cursor = plan.next;
    this.#initialEndSent = !plan.initialEnd;
    this.#prefix = plan.cache.prefixOf(plan.namespace);
    this.#plain = this.#prefix === plan.cache.prefix && !plan.labels && !plan.fields && plan.after === 0;
  }
  get definition(): Served {
    return this.#plan.definition;
  }
  /** As metrics tell watches apart. */
  get scope(): "namespace" | "cluster" {
    return this.#plan.namespace === "" ? "cluster" : "namespace";
  }
  get cache(): ResourceCache {
    return this.#plan.cache;
  }
  open(sink: WatchSink): void {
    const { cache, clock, timeoutMs, bookmarks, track } = this.#plan;
    this.#sink = sink;
    cache.listeners.add(this.#listener);
    track(this, true);
    this.#timers.push(clock.after(timeoutMs, () => this.#finish(), { background: true }));
    if (bookmarks) this.#bookmarkLater(clock);
    this.#pump();
  }
  #bookmarkLater(clock: Clock): void {
    const timer = clock.after(
      bookmarkMs,
      () => {
        this.#timers.splice(this.#timers.indexOf(timer), 1);
        if (!this.#sink) return;
        if (!this.#blocked && this.#cursor === this.cache.end && this.#initialEndSent)
          this.#send(this.#sink.bookmark(this.cache.revision, false));
        this.#bookmarkLater(clock);
      },
      { background: true },
    );
    this.#timers.push(timer);
  }
  /** The sink has room again. */
  resume(): void {
    this.#blocked = false;
    this.#pump();
  }
  /** Told once, when nothing more will come. */
  ended: (() => void) | undefined;
  close(): void {
    const { ended } = this;
    this.ended = undefined;
    ended?.();
    if (!this.#sink) return;
    this.#sink = undefined;
    this.cache.listeners.delete(this.#listener);
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.#plan.track(this, false);
    this.#plan.initial = [];
    this.#plan.past = [];
  }
  /** Ends the stream as a server does that has nothing more to say: the client watches again from where it is. */
  #finish(): void {
    const sink = this.#sink;
    this.close();
    sink?.end();
  }
  #fail(error: Error): void {
    const sink = this.#sink;
    this.close();
    sink?.error(failure(500, "InternalError", error.message).status);
    sink?.end();
  }
  stop(): void {
    this.#finish();
  }
  #send(room: boolean): void {
    if (room) return;
    this.#blocked = true;
    this.#blockedAtMs = this.#plan.clock.monotonic();
  }
  #changed(): void {
    if (!this.#blocked) return this.#pump();
    // Whoever reads too slowly to see every change, or not at all, lists again: nobody waits for it, and nothing is kept for it.
    const { cache, clock } = this.#plan;
    if (cache.changeAt(this.#cursor) && clock.monotonic() - this.#blockedAtMs < unreadMs) return;
    const sink = this.#sink;
    this.close();
    sink?.abandon();
  }
  /** True when what comes next must be converted by others first: then it goes on when it is. */
  #asks(): boolean {
    const { definition, initial, past, cache } = this.#plan;
    if (!this.#sink || !definition.rules.storedAs?.convert) return false;
    const records = initial.slice(this.#initialAt);
    const add = (change: Change | undefined) => {
      for (const record of [change?.record, change?.previous]) if (record?.key.startsWith(this.#prefix)) records.push(record);
    };
    for (const change of past.slice(this.#pastAt)) add(change);
    for (let at = this.#cursor; at < cache.end; at++) add(cache.changeAt(at));
    const pending = converted(definition, records);
    if (!pending) return false;
    this.#asking = true;
    const done = () => {
      this.#asking = false;
      this.#pump();
    };
    pending.then(done, (error: Error) => this.#fail(error));
    return true;
  }
  #pump(): void {
    if (this.#asking || this.#blocked || this.#asks()) return;
    const { initial, past, cache } = this.#plan;
    while (this.#sink && !this.#blocked && this.#initialAt < initial.length)
      this.#send(this.#sink.event("ADDED", initial[this.#initialAt++]!));
    if (this.#sink && !this.#blocked && !this.#initialEndSent) {
      this.#initialEndSent = true;
      this.#send(this.#sink.bookmark(this.#plan.revision, true));
    }
    while (this.#sink && !this.#blocked && this.#pastAt < past.length) this.#change(past[this.#pastAt++]!);
    const batch = this.#plain && this.#sink?.batch;
    while (batch && this.#sink && !this.#blocked && this.#cursor < cache.end) {
      const first = this.#cursor;
      if (!cache.changeAt(first)) return this.#cut();
      this.#cursor = togetherFrom(cache, first);
      this.#send(batch(cache, first, this.#cursor));
    }
    while (this.#sink && !this.#blocked && this.#cursor < cache.end) {
      const change = cache.changeAt(this.#cursor);
      if (!change) return this.#cut();
      this.#cursor++;
      this.#change(change);
    }
  }
  /** Too slow: what it would have to read next is gone. It is told so, and watches (or lists) again. */
  #cut(): void {
    const sink = this.#sink;
    this.close();
    sink?.error(expired("too old resource version: the watch could not keep up with the changes").status);
    sink?.end();
  }
  #change({ record, previous, deleted }: Change): void {
    const sink = this.#sink!;
    if (this.#plain) {
      this.#send(sink.event(deleted ? "DELETED" : previous ? "MODIFIED" : "ADDED", record));
      return;
    }
    if (!record.key.startsWith(this.#prefix) || record.revision <= this.#plan.after) return;
    const { labels, fields } = this.#plan;
    const is = !deleted && passes(record, labels, fields);
    const was = previous !== undefined && passes(previous, labels, fields);
    if (is) this.#send(sink.event(was ? "MODIFIED" : "ADDED", record));
    else if (was) this.#send(sink.event("DELETED", deleted ? record : this.#left(previous, record.revision)));
  }
  /** What has left the selection, as it was. */
  #left(previous: ObjectRecord, revision: number): ObjectRecord {
    const { definition } = this.#plan;
    return (definition.rules.storedAs?.convert ? viewOf(definition, previous) : previous).at(revision);
  }
}

/** The end of the batch that begins with this change: the same for every watcher that is here. */
function togetherFrom(cache: ResourceCache, first: number): number {
  let bytes = 0;
  let at = first;
  for (; at < cache.end && at - first < mostTogether && bytes < bytesTogether; at++) bytes += cache.changeAt(at)!.record.value.length;
  return at;
}
