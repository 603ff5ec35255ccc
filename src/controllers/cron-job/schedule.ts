/** When a schedule is due: croner's arithmetic, with what upstream does differently. */
import { Cron } from "croner";

export interface Schedule {
  /** The first moment after this one, in milliseconds; undefined: never again. */
  after(ms: number): number | undefined;
}

const nicknames: Record<string, string> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Steps through times that a change to summer time leaves out; more than a week of them is none. */
const mostSkipped = 8;

/** Throws for what is no schedule or no time zone. */
export function scheduleOf(text: string, timeZone = "UTC"): Schedule {
  const zoned = /^(?:CRON_)?TZ=(\S+)\s+(.+)$/.exec(text);
  if (zoned) return scheduleOf(zoned[2]!, zoned[1]!);
  const every = /^@every\s+(.+)$/.exec(text);
  if (every) {
    const stepMs = Math.max(1000, Math.floor(durationMs(every[1]!) / 1000) * 1000);
    return { after: (ms) => Math.floor(ms / 1000) * 1000 + stepMs };
  }
  const cron = new Cron((nicknames[text] ?? text).replaceAll("?", "*"), { timezone: timeZone, paused: true, mode: "5-part" });
  return {
    after(ms) {
      let next = cron.nextRun(new Date(ms));
      // In the hour that does not exist, croner runs one hour later; upstream does not run.
      for (let turn = 0; next && !cron.match(next) && turn < mostSkipped; turn++) next = cron.nextRun(next);
      return next?.getTime();
    },
  };
}

const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration as Go writes it: `1h30m`. */
function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) throw new Error(`failed to parse duration @every ${text}`);
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}

export interface Due {
  /** The last moment that was due and not carried out. */
  lastMs?: number;
  /** More than a hundred were missed, by the distance of the first two: upstream estimates, too. */
  tooMany: boolean;
}

/** What was due between the last run (or the creation) and now, not before the deadline's window. */
export function dueBetween(schedule: Schedule, sinceMs: number, nowMs: number): Due {
  const missed: number[] = [];
  for (let next = schedule.after(sinceMs); next !== undefined && next <= nowMs; next = schedule.after(next)) {
    missed.push(next);
    if (missed.length > mostMissed) return { lastMs: skipTo(schedule, next, nowMs), tooMany: tooMany(missed, nowMs) };
  }
  return { lastMs: missed.at(-1), tooMany: tooMany(missed, nowMs) };
}

function tooMany([first, second]: readonly number[], nowMs: number): boolean {
  return first !== undefined && second !== undefined && Math.floor((nowMs - first) / (second - first)) + 1 > mostMissed;
}

const mostMissed = 100;

/** The last moment before now, found by ever shorter looks back instead of walking through all that was missed. */
function skipTo(schedule: Schedule, knownMs: number, nowMs: number): number {
  let last = knownMs;
  for (let window = 60_000; window < nowMs - knownMs; window *= 4) {
    const next = schedule.after(nowMs - window);
    if (next === undefined || next > nowMs) continue;
    for (let at: number | undefined = next; at !== undefined && at <= nowMs; at = schedule.after(at)) last = at;
    return last;
  }
  for (let at = schedule.after(last); at !== undefined && at <= nowMs; at = schedule.after(at)) last = at;
  return last;
}
