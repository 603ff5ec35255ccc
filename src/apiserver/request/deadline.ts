/** How long a request may take: 60 s, or less by `?timeout=`. */
import type { Clock, Timer } from "#base/mod.ts";
import { badRequest } from "./errors.ts";

const mostMs = 60_000;
/** Deadlines of a minute are looked at this often: a timer a request would cost more than the request's parsing. */
const lookMs = 1000;

/** Milliseconds; undefined: nothing shorter than the usual time was asked for. */
export function timeoutOf(query: URLSearchParams): number | undefined {
  const text = query.get("timeout");
  if (!text) return undefined;
  const ms = durationMs(text);
  if (ms === undefined) throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`);
  return ms > 0 && ms < mostMs ? ms : undefined;
}

const unitMs: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's durations: `1m30s`, `1.5s`, `0`. */
function durationMs(text: string): number | undefined {
  const [, sign, rest = ""] = /^([+-]?)(.*)$/s.exec(text)!;
  if (rest === "0") return 0;
  const parts = [...rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.reduce((length, [part]) => length + part.length, 0) !== rest.length) return undefined;
  const ms = parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitMs[unit!]!, 0);
  return sign === "-" ? -ms : ms;
}

interface Due {
  atMs: number;
  run: () => void;
}

/** In the order of arrival, which is the order of expiry, since all of them take as long. */
export class Deadlines {
  #due = new Set<Due>();
  #looking: Timer | undefined;

  add(clock: Clock, ms: number | undefined, run: () => void): Timer {
    if (ms !== undefined) return clock.after(ms, run, { background: true });
    const due: Due = { atMs: clock.monotonic() + mostMs, run };
    this.#due.add(due);
    this.#looking ??= clock.after(lookMs, () => this.#look(clock), { background: true });
    return { cancel: () => void this.#due.delete(due) };
  }
  #look(clock: Clock): void {
    const now = clock.monotonic();
    for (const due of this.#due) {
      if (due.atMs > now) break;
      this.#due.delete(due);
      due.run();
    }
    this.#looking = this.#due.size > 0 ? clock.after(lookMs, () => this.#look(clock), { background: true }) : undefined;
  }
}
