/** One stream of watches, as etcd's clients have it: many watches on it, each with a number. */
import { type Clock, every } from "#base/mod.ts";
import { GrpcRefusal, type GrpcStream } from "#net/mod.ts";
import { CompactedError, type Store } from "../contract.ts";
import { header } from "./keyspace.ts";
import { codes, type WatchRequest } from "./messages.ts";
import { eventOf, rangeOf } from "./values.ts";

interface Watch {
  ending: AbortController;
  /** All changes up to here were sent. */
  seen: number;
  /** Is told from time to time how far it is, when there was nothing else to tell. */
  toldProgress: boolean;
  /** Something was sent since it was told so last. */
  wasTold: boolean;
}

/** etcd's. */
const progressMs = 600_000;

const mostWatches = 10_000;
/** The number that speaks for all watches of a stream. */
const everyWatch = -1;
const [noPut, noDelete] = [0, 1];

export async function serveWatches(store: Store, stream: GrpcStream, clock: Clock): Promise<void> {
  const watches = new Map<number, Watch>();
  let last = -1;
  const progress = every(clock, progressMs, () => {
    for (const [watchId, watch] of watches) {
      if (watch.toldProgress && !watch.wasTold) stream.write({ header: header(watch.seen), watchId });
      watch.wasTold = false;
    }
  });
  stream.signal.addEventListener("abort", () => {
    progress.cancel();
    for (const { ending } of watches.values()) ending.abort();
  });
  const follow = async (id: number, watch: Watch, asked: NonNullable<WatchRequest["createRequest"]>) => {
    const unwanted = new Set(asked.filters.map((filter) => (filter === noPut ? "put" : filter === noDelete ? "delete" : "")));
    try {
      for await (const { events, seen } of store.watch(rangeOf(asked.key, asked.rangeEnd), watch.seen, watch.ending.signal)) {
        const wanted = events.filter(({ type }) => !unwanted.has(type)).map((event) => eventOf(event, asked.prevKv));
        if (wanted.length > 0) watch.wasTold = true;
        const goesOn = wanted.length === 0 || stream.write({ header: header(Math.max(seen, watch.seen)), watchId: id, events: wanted });
        watch.seen = Math.max(seen, watch.seen);
        if (!goesOn) await stream.drained();
      }
    } catch (error) {
      const gone = error instanceof CompactedError ? { compactRevision: error.compacted } : {};
      const cancelReason = error instanceof CompactedError ? "etcdserver: mvcc: required revision has been compacted" : String(error);
      stream.write({ header: header(await store.current()), watchId: id, canceled: true, cancelReason, ...gone });
    }
    watches.delete(id);
  };
  const create = async (asked: NonNullable<WatchRequest["createRequest"]>) => {
    const now = await store.current();
    const id = asked.watchId || ++last;
    last = Math.max(last, id);
    if (watches.has(id) || watches.size >= mostWatches) {
      const cancelReason = watches.has(id) ? "etcdserver: duplicate watch ID" : `etcdserver: there are ${mostWatches} watches`;
      return stream.write({ header: header(now), watchId: everyWatch, created: true, canceled: true, cancelReason });
    }
    const seen = asked.startRevision > 0 ? asked.startRevision - 1 : now;
    const watch = { ending: new AbortController(), seen, toldProgress: asked.progressNotify, wasTold: false };
    watches.set(id, watch);
    stream.write({ header: header(now), watchId: id, created: true });
    void follow(id, watch, asked);
  };
  for await (const request of stream.requests as AsyncIterable<WatchRequest>) {
    const { createRequest, cancelRequest, progressRequest } = request;
    if (createRequest) await create(createRequest);
    else if (cancelRequest) {
      const { watchId } = cancelRequest;
      watches.get(watchId)?.ending.abort();
      if (watches.delete(watchId)) stream.write({ header: header(await store.current()), watchId, canceled: true });
    } else if (progressRequest) {
      const now = await store.current();
      // Nothing is said of what was not sent yet: who asks, asks again.
      const seen = Math.min(now, ...[...watches.values()].map((watch) => watch.seen));
      if (seen === now) stream.write({ header: header(seen), watchId: everyWatch });
    } else throw new GrpcRefusal(codes.invalid, "etcdserver: unknown request of a watch");
  }
  // Who has asked for all that it wants still listens.
  if (!stream.signal.aborted)
    await new Promise<void>((resolve) => stream.signal.addEventListener("abort", () => resolve(), { once: true }));
}
