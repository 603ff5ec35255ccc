/** Calls to an etcd that is busy, elects a leader or starts: they are made again, within bounds. */
import { type Clock, messageOf } from "#base/mod.ts";

const patienceMs = 120_000;
const againMs = 200;
const slow = /timed out|deadline exceeded|leader changed|no leader|too many requests/i;
const passing = /too many learner|not enough started members|unhealthy cluster|in sync with leader|unreachable|connect/i;

/** By etcd's words: it is there, and a busy machine or an election holds it up. */
export const isSlow = (message: string): boolean => slow.test(message);

/** Besides: another machine joins now, or a member has just started. */
export const passesByItself = (message: string): boolean => slow.test(message) || passing.test(message);

/** What is attempted may have been done before: its answer may be what was lost. */
export async function insist<T>(
  clock: Clock,
  attempt: () => Promise<T>,
  { ms = patienceMs, passes = passesByItself }: { ms?: number; passes?(message: string): boolean } = {},
): Promise<T> {
  const end = clock.monotonic() + ms;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!passes(messageOf(error)) || clock.monotonic() > end) throw error;
      await clock.sleep(againMs);
    }
  }
}
