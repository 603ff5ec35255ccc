/** A store around a store: values are sealed on their way down and opened on their way up, as whoever owns the keys says. */
import type { Batch, Committed, Conflict, Entry, Follower, Local, Range, Store, StoreEvent } from "../contract.ts";
import { only } from "../range.ts";
import { identity, type Opened, sealedMark, startsWith, type Transformer } from "./transformer.ts";

/** Undefined: values of this key are stored as they are. It may change while the store is open. */
export type TransformerOf = (key: string) => Transformer | undefined;

export function sealedStore(inner: Store, of: TransformerOf): Store {
  const opened = (key: string, value: Buffer): Buffer | Promise<Buffer> => {
    const transformer = of(key);
    if (!transformer) return value;
    const found = transformer.open(key, value);
    return found instanceof Promise ? found.then(valueIn) : found.value;
  };
  const openEntry = (entry: Entry): Entry | Promise<Entry> => {
    const value = opened(entry.key, entry.value);
    return value instanceof Promise
      ? value.then((known) => ({ ...entry, value: known }))
      : value === entry.value
        ? entry
        : { ...entry, value };
  };
  const openEvent = (event: StoreEvent): StoreEvent | Promise<StoreEvent> => {
    if (isPlain(of(event.key), event)) return event;
    const value = opened(event.key, event.value);
    const previous = event.previous && opened(event.key, event.previous);
    if (!(value instanceof Promise || previous instanceof Promise)) return { ...event, value, ...(previous ? { previous } : {}) };
    return Promise.all([value, previous]).then(([now, before]) => ({ ...event, value: now, ...(before ? { previous: before } : {}) }));
  };
  return {
    local: inner.local && openingLocal(inner.local, (events) => allOf(events.map(openEvent))),
    current: () => inner.current(),
    async list(range, at) {
      const slice = await inner.list(range, at);
      return { ...slice, entries: await allOf(slice.entries.map(openEntry)) };
    },
    async commit(key, expect, value, options) {
      const transformer = of(key);
      if (!transformer) return inner.commit(key, expect, value, options);
      const result: Committed | Conflict = await inner.commit(
        key,
        expect,
        value === "delete" ? value : await transformer.seal(key, value),
        options,
      );
      return result.ok || !result.current ? result : { ok: false, current: await openEntry(result.current) };
    },
    async *watch(range: Range, after: number, signal: AbortSignal): AsyncGenerator<Batch> {
      for await (const { events, seen } of inner.watch(range, after, signal)) yield { events: await allOf(events.map(openEvent)), seen };
    },
    async isStale(key) {
      const transformer = of(key);
      if (!transformer || transformer === identity) return false;
      const [entry] = (await inner.list(only(key))).entries;
      return entry !== undefined && (await transformer.open(key, entry.value)).isStale;
    },
    compact: (through) => inner.compact(through),
    problem: () => inner.problem(),
    close: () => inner.close(),
  };
}

/** Most values are: they cost no more than a look. */
const isPlain = (transformer: Transformer | undefined, { value, previous }: StoreEvent): boolean =>
  !transformer || (transformer === identity && !startsWith(value, sealedMark) && !(previous && startsWith(previous, sealedMark)));

const valueIn = ({ value }: Opened): Buffer => value;

/** At once where nothing is waited for: a follower of this process then hears of a change before its writer does. */
function allOf<T>(parts: (T | Promise<T>)[]): T[] | Promise<T[]> {
  return parts.some((part) => part instanceof Promise) ? Promise.all(parts) : (parts as T[]);
}

function openingLocal(inner: Local, open: (events: StoreEvent[]) => StoreEvent[] | Promise<StoreEvent[]>): Local {
  return {
    revision: () => inner.revision(),
    compacted: () => inner.compacted(),
    follow(range, after, follower) {
      let stopped = false;
      let unfollow: (() => void) | undefined;
      const stop = () => {
        stopped = true;
        unfollow?.();
      };
      /** Batches that wait for one before them, in order. */
      let behind: Promise<void> | undefined;
      const tell = (events: StoreEvent[], seen: number) => {
        if (!stopped) follower.events(events, seen);
      };
      const fail = (error: unknown) => {
        if (stopped) return;
        stop();
        follower.failed(error as Error);
      };
      const opening: Follower = {
        events(events, seen) {
          let ready: StoreEvent[] | Promise<StoreEvent[]>;
          try {
            ready = open(events);
          } catch (error) {
            return fail(error);
          }
          if (!behind && !(ready instanceof Promise)) return tell(ready, seen);
          const before = behind;
          const mine: Promise<void> = Promise.resolve(ready)
            .then(async (known) => {
              await before;
              tell(known, seen);
            })
            .catch(fail)
            .finally(() => {
              if (behind === mine) behind = undefined;
            });
          behind = mine;
        },
        failed: (error) => fail(error),
      };
      unfollow = inner.follow(range, after, opening);
      if (stopped) unfollow();
      return stop;
    },
  };
}
