/** How much one client address may ask of an Ingress: requests at a time, a second and a minute. */
import type { Clock } from "#base/mod.ts";
import type { Limits } from "../routes/options.ts";

interface Bucket {
  /** Of a second and of a minute. */
  second: number;
  minute: number;
  atMs: number;
  underWay: number;
}

/** Addresses that are remembered; those that have not been seen for longest are forgotten first. */
const mostBuckets = 16_384;

export class Guards {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  /** Undefined: no. Else what to call when the request is over. */
  enter(ingress: string, address: string, limits: Limits): (() => void) | undefined {
    if (limits.exempt?.check(address, address.includes(":") ? "ipv6" : "ipv4")) return () => {};
    const bucket = this.#bucket(`${ingress} ${address}`, limits);
    const isFull =
      (limits.connections > 0 && bucket.underWay >= limits.connections) ||
      (limits.perSecond > 0 && bucket.second < 1) ||
      (limits.perMinute > 0 && bucket.minute < 1);
    if (isFull) return undefined;
    bucket.second--;
    bucket.minute--;
    bucket.underWay++;
    return () => void bucket.underWay--;
  }

  #bucket(id: string, { perSecond, perMinute, burst }: Limits): Bucket {
    const now = this.#clock.monotonic();
    const kept = this.#buckets.get(id);
    const [mostSecond, mostMinute] = [perSecond * burst, perMinute * burst];
    const bucket = kept ?? { second: mostSecond, minute: mostMinute, atMs: now, underWay: 0 };
    const seconds = (now - bucket.atMs) / 1000;
    bucket.second = Math.min(mostSecond, bucket.second + seconds * perSecond);
    bucket.minute = Math.min(mostMinute, bucket.minute + (seconds * perMinute) / 60);
    bucket.atMs = now;
    this.#buckets.delete(id);
    this.#buckets.set(id, bucket);
    if (this.#buckets.size > mostBuckets) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket;
  }
}
