/** What wakes a reconciler besides changes of objects. */
import { every } from "#base/mod.ts";
import type { Source } from "#client/mod.ts";

/** The key again and again: for what must be looked at whole, and for what nobody tells of. */
export function periodically(key: string, ms: number): Source {
  return {
    follows: [],
    start({ add, clock }) {
      const timer = every(clock, ms, () => add(key));
      return () => timer.cancel();
    },
  };
}
