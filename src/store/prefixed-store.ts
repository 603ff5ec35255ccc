/** A store in a part of another's keyspace: keys that begin with one prefix here begin with another there. */
import type { Batch, Entry, Range, Store, StoreEvent } from "./contract.ts";

export function prefixedStore(inner: Store, here: string, there: string): Store {
  if (here === there) return inner;
  const down = (key: string) => (key.startsWith(here) ? there + key.slice(here.length) : key);
  const up = <T extends { key: string }>(of: T): T => ({
    ...of,
    key: of.key.startsWith(there) ? here + of.key.slice(there.length) : of.key,
  });
  const range = ({ from, to, ...rest }: Range): Range => ({ ...rest, from: down(from), to: down(to) });
  return {
    current: () => inner.current(),
    async list(asked, at) {
      const { entries, ...slice } = await inner.list(range(asked), at);
      return { ...slice, entries: entries.map((entry) => up<Entry>(entry)) };
    },
    async commit(key, expect, value, options) {
      const result = await inner.commit(down(key), expect, value, options);
      return result.ok || !result.current ? result : { ok: false, current: up(result.current) };
    },
    async *watch(asked, after, signal): AsyncGenerator<Batch> {
      for await (const { events, seen } of inner.watch(range(asked), after, signal))
        yield { events: events.map((event) => up<StoreEvent>(event)), seen };
    },
    compact: (through) => inner.compact(through),
    problem: () => inner.problem(),
    close: () => inner.close(),
  };
}
