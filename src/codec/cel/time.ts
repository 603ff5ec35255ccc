/** Timestamps and durations: exact to the nanosecond, within Go's limits, read and written as Go does. */
import { durationType, type Type, timestampType } from "./types.ts";
import { CelObject, Fault, maxInt, minInt } from "./value.ts";

const billion = 1_000_000_000n;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const minSeconds = -62135596800n;
const maxSeconds = 253402300799n;

export class Duration extends CelObject {
  readonly typeName = durationType.name;
  override get celType(): Type {
    return durationType;
  }
  readonly nanos: bigint;
  /** Faults beyond 64 bits. */
  constructor(nanos: bigint) {
    super();
    if (nanos < minInt || nanos > maxInt) throw new Fault("duration overflow");
    this.nanos = nanos;
  }
  equals(other: unknown): boolean {
    return other instanceof Duration && other.nanos === this.nanos;
  }
  /** Seconds with what is behind the point, if anything: `5400s`, `0.5s`. */
  override toString(): string {
    const sign = this.nanos < 0n ? "-" : "";
    const size = this.nanos < 0n ? -this.nanos : this.nanos;
    const fraction = (size % billion).toString().padStart(9, "0").replace(/0+$/, "");
    return `${sign}${size / billion}${fraction === "" ? "" : `.${fraction}`}s`;
  }
}

export class Timestamp extends CelObject {
  readonly typeName = timestampType.name;
  override get celType(): Type {
    return timestampType;
  }
  /** Since 1970, in UTC. */
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    super();
    const seconds = floorSeconds(nanos);
    if (seconds < minSeconds || seconds > maxSeconds) throw new Fault("timestamp overflow");
    this.nanos = nanos;
  }
  equals(other: unknown): boolean {
    return other instanceof Timestamp && other.nanos === this.nanos;
  }
  get seconds(): bigint {
    return floorSeconds(this.nanos);
  }
  /** Within the second. */
  get fraction(): number {
    return Number(this.nanos - this.seconds * billion);
  }
  override toString(): string {
    const date = new Date(Number(this.seconds) * 1000).toISOString().slice(0, -5);
    const fraction = this.fraction.toString().padStart(9, "0").replace(/0+$/, "");
    return `${date}${fraction === "" ? "" : `.${fraction}`}Z`;
  }
}

function floorSeconds(nanos: bigint): bigint {
  const quotient = nanos / billion;
  return nanos < 0n && quotient * billion !== nanos ? quotient - 1n : quotient;
}

const units: Record<string, bigint> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: billion,
  m: 60n * billion,
  h: 3600n * billion,
};
const durationPart = /(\d+)?(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;

/** As Go's time.ParseDuration; undefined for what it refuses. */
export function parseDuration(text: string): Duration | undefined {
  const negative = text.startsWith("-");
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === "0") return new Duration(0n);
  let total = 0n;
  let at = 0;
  if (body === "" || body.length > 400) return undefined;
  while (at < body.length) {
    durationPart.lastIndex = at;
    const found = durationPart.exec(body);
    if (!found) return undefined;
    const [whole, digits = "", fraction = "", unit] = found;
    if (digits === "" && fraction === "") return undefined;
    const size = units[unit!]!;
    total += BigInt(digits || "0") * size;
    // Go keeps what a 64-bit integer holds of the fraction.
    const kept = fraction.slice(0, 18);
    if (kept !== "") total += (BigInt(kept) * size) / 10n ** BigInt(kept.length);
    if (total > maxInt + 1n) return undefined;
    at += whole.length;
  }
  const nanos = negative ? -total : total;
  return nanos > maxInt ? undefined : new Duration(nanos);
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** RFC 3339; undefined for what it is not, a fault for a year that is beyond. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const found = text.length > 64 ? null : rfc3339.exec(text);
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const [fraction = "", sign, zoneHour = "0", zoneMinute = "0"] = found.slice(7);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (month < 1 || month > 12 || date.getUTCDate() !== day || day < 1) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || Number(zoneHour) > 24 || Number(zoneMinute) > 60) return undefined;
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -60 : 60);
  const seconds = BigInt(date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset);
  return new Timestamp(seconds * billion + BigInt(fraction.slice(0, 9).padEnd(9, "0")));
}
