/** Leases for keys that expire, shared by keys written within a short window so that an event does not cost a lease each. */
import type { Clock, Random } from "#base/mod.ts";

interface Lease {
  id: number;
  endsAtMs: number;
  keys: number;
}

/** A shared lease outlives its first key by this share of its life, at most a minute: so late may a key expire. */
const windowShare = 0.05;
const windowLimitMs = 60_000;
const keysLimit = 1000;

export class EtcdLeases {
  #grant: (id: number, seconds: number) => Promise<void>;
  #clock: Clock;
  #random: Random;
  #bySeconds = new Map<number, Promise<Lease>>();

  constructor(options: { grant(id: number, seconds: number): Promise<void>; clock: Clock; random: Random }) {
    this.#grant = options.grant;
    this.#clock = options.clock;
    this.#random = options.random;
  }
  async leaseFor(seconds: number): Promise<number> {
    const known = this.#bySeconds.get(seconds);
    const lease = await known?.catch(() => undefined);
    if (lease && lease.keys < keysLimit && lease.endsAtMs >= this.#clock.monotonic() + seconds * 1000) {
      lease.keys++;
      return lease.id;
    }
    // Another caller may have made the next one meanwhile.
    if (this.#bySeconds.get(seconds) === known) this.#bySeconds.set(seconds, this.#make(seconds));
    return this.leaseFor(seconds);
  }
  async #make(seconds: number): Promise<Lease> {
    const lifeMs = seconds * 1000 + Math.min(windowLimitMs, Math.max(1000, seconds * 1000 * windowShare));
    const endsAtMs = this.#clock.monotonic() + lifeMs;
    // Below 2^53, so that it is the same number everywhere.
    const id = 1 + this.#random.int(2 ** 46);
    await this.#grant(id, Math.ceil(lifeMs / 1000));
    return { id, endsAtMs, keys: 0 };
  }
}
