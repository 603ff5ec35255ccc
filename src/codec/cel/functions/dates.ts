/** Parts of timestamps, in UTC or a named time zone, and of durations. */
import { declare, type FunctionDeclaration, member } from "../declare.ts";
import type { Duration, Timestamp } from "../time.ts";
import { durationType, intType, stringType, timestampType } from "../types.ts";
import { Fault, intOf } from "../value.ts";

const second = 1_000_000_000n;
const day = 86_400_000;

/** The wall clock there, as if it were UTC. */
function wallClock(time: Timestamp, zone?: string): Date {
  const millis = Number(time.seconds) * 1000 + Math.trunc(time.fraction / 1e6);
  return new Date(millis + (zone === undefined ? 0 : offset(zone, millis)));
}

const fixed = /^([+-]?)(\d\d):(\d\d)$/;

function offset(zone: string, millis: number): number {
  if (zone === "" || zone === "UTC") return 0;
  const found = fixed.exec(zone);
  if (found) return (Number(found[2]) * 60 + Number(found[3])) * (found[1] === "-" ? -60_000 : 60_000);
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(millis)
      .map(({ type, value }) => [type, value]),
  );
  const there = new Date(0);
  there.setUTCFullYear(Number(parts.year), Number(parts.month) - 1, Number(parts.day));
  there.setUTCHours(Number(parts.hour) % 24, Number(parts.minute), Number(parts.second));
  return there.getTime() - (millis - (((millis % 1000) + 1000) % 1000));
}

const mostZones = 64;
const zones = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = zones.get(zone);
  if (known) return known;
  let made: Intl.DateTimeFormat;
  const numeric = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const;
  try {
    made = new Intl.DateTimeFormat("en-US", { ...numeric, hourCycle: "h23", timeZone: zone });
  } catch {
    throw new Fault(`unknown time zone ${zone}`);
  }
  if (zones.size >= mostZones) zones.delete(zones.keys().next().value!);
  zones.set(zone, made);
  return made;
}

type Part = (date: Date) => number;
const dayOfYear: Part = (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / day);

function part(name: string, id: string, of: Part, withZone = `${id}_with_tz`, ...more: ReturnType<typeof member>[]): FunctionDeclaration {
  return declare(
    name,
    member(id, [timestampType], intType, (time: Timestamp) => of(wallClock(time))),
    member(withZone, [timestampType, stringType], intType, (time: Timestamp, zone: string) => of(wallClock(time, zone))),
    ...more,
  );
}

const whole = (id: string, unit: bigint) => member(id, [durationType], intType, ({ nanos }: Duration) => intOf(nanos / unit));
/** Of a duration, what is beyond its seconds. */
const rest = member("duration_to_milliseconds", [durationType], intType, ({ nanos }: Duration) => Number((nanos / 1_000_000n) % 1000n));

export const dates = [
  part("getFullYear", "timestamp_to_year", (date) => date.getUTCFullYear()),
  part("getMonth", "timestamp_to_month", (date) => date.getUTCMonth()),
  part("getDayOfYear", "timestamp_to_day_of_year", dayOfYear),
  part("getDayOfMonth", "timestamp_to_day_of_month", (date) => date.getUTCDate() - 1),
  part("getDate", "timestamp_to_day_of_month_1_based", (date) => date.getUTCDate()),
  part("getDayOfWeek", "timestamp_to_day_of_week", (date) => date.getUTCDay()),
  part("getHours", "timestamp_to_hours", (date) => date.getUTCHours(), undefined, whole("duration_to_hours", 3600n * second)),
  part("getMinutes", "timestamp_to_minutes", (date) => date.getUTCMinutes(), undefined, whole("duration_to_minutes", 60n * second)),
  part(
    "getSeconds",
    "timestamp_to_seconds",
    (date) => date.getUTCSeconds(),
    "timestamp_to_seconds_tz",
    whole("duration_to_seconds", second),
  ),
  part("getMilliseconds", "timestamp_to_milliseconds", (date) => date.getUTCMilliseconds(), undefined, rest),
];
