/** A journal that lives as long as the process: for tests and clusters inside a test. */
import type { Change, Journal, Loaded, PastChange } from "./journal.ts";
import { covers } from "./range.ts";

export function memoryJournal(): Journal {
  let history: Change[] = [];
  const byRevision = new Map<number, Change>();
  return {
    async load(): Promise<Loaded> {
      return { changes: [], revision: 0, compacted: 0 };
    },
    async append(changes) {
      for (const change of changes) {
        history.push(change);
        byRevision.set(change.revision, change);
      }
    },
    async read(range, after, upTo) {
      const found: PastChange[] = [];
      for (const change of history) {
        if (change.revision <= after || change.revision > upTo || !covers(range, change.key)) continue;
        const before = byRevision.get(change.previous);
        found.push(before ? { ...change, before: { value: before.value, revision: before.revision, created: before.created } } : change);
      }
      return found;
    },
    async compact(revision) {
      for (const change of history) {
        if (change.revision > revision) break;
        if (change.previous) byRevision.delete(change.previous);
        if (change.deleted) byRevision.delete(change.revision);
      }
      history = history.filter((change) => byRevision.has(change.revision));
    },
    hasRoom: async () => true,
    async close() {},
  };
}
