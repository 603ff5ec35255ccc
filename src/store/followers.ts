/**
 * Who follows a store: each hears the changes of its range in order, each once. One that begins in the past is subscribed
 * first and reads history second, so no gap is possible; what happens meanwhile is held for it.
 */
import { CompactedError, type Follower, type Range, type Revision, type StoreEvent } from "./contract.ts";
import { covers } from "./range.ts";

interface Subscriber {
  range: Range;
  follower: Follower;
  /** Changes up to here are known to the follower. */
  after: Revision;
  /** Live events that wait while history is read; undefined once live. */
  held: StoreEvent[] | undefined;
  batch: StoreEvent[];
}

const nothing: StoreEvent[] = [];

export class Followers {
  #all = new Set<Subscriber>();
  #seen: Revision;
  /** Changes of a range with `after` < revision <= `upTo`. Rejects with CompactedError when they are gone. */
  #past: (range: Range, after: Revision, upTo: Revision) => Promise<StoreEvent[]>;

  constructor(seen: Revision, past: (range: Range, after: Revision, upTo: Revision) => Promise<StoreEvent[]>) {
    this.#seen = seen;
    this.#past = past;
  }
  /** Everything up to here has been published. */
  get seen(): Revision {
    return this.#seen;
  }
  follow(range: Range, after: Revision, follower: Follower): () => void {
    const subscriber: Subscriber = { range, follower, after, held: undefined, batch: [] };
    this.#all.add(subscriber);
    if (after < this.#seen) void this.#replay(subscriber, this.#seen);
    else queueMicrotask(() => this.#all.has(subscriber) && follower.events(nothing, Math.max(after, this.#seen)));
    return () => void this.#all.delete(subscriber);
  }
  publish(events: readonly StoreEvent[], seen: Revision): void {
    this.#seen = seen;
    for (const event of events)
      for (const subscriber of this.#all)
        if (covers(subscriber.range, event.key) && event.revision > subscriber.after) (subscriber.held ?? subscriber.batch).push(event);
    for (const subscriber of this.#all) {
      if (subscriber.held) continue;
      const { batch } = subscriber;
      if (batch.length) subscriber.batch = [];
      subscriber.follower.events(batch.length ? batch : nothing, Math.max(subscriber.after, seen));
    }
  }
  /** Changes may have been missed: everybody begins anew, from `seen`. */
  restart(seen: Revision): void {
    this.#seen = seen;
    for (const subscriber of [...this.#all]) this.#fail(subscriber, new CompactedError(seen));
  }
  clear(): void {
    this.#all.clear();
  }
  async #replay(subscriber: Subscriber, upTo: Revision): Promise<void> {
    subscriber.held = [];
    try {
      const past = await this.#past(subscriber.range, subscriber.after, upTo);
      if (!this.#all.has(subscriber)) return;
      const events = [...past, ...subscriber.held];
      subscriber.held = undefined;
      subscriber.follower.events(events, this.#seen);
    } catch (error) {
      this.#fail(subscriber, error as Error);
    }
  }
  #fail(subscriber: Subscriber, error: Error): void {
    if (this.#all.delete(subscriber)) subscriber.follower.failed(error);
  }
}
