/** Leases: keys that go together after a time. They are kept in memory; their keys also expire by themselves, so a restart loses none. */
import type { Clock, Random } from "#base/mod.ts";
import { GrpcRefusal } from "#net/mod.ts";
import { codes } from "./messages.ts";

interface Lease {
  grantedSeconds: number;
  endsAtMs: number;
  keys: Set<string>;
}

const mostLeases = 100_000;
const notFound = () => new GrpcRefusal(codes.notFound, "etcdserver: requested lease not found");

export class Leases {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #all = new Map<number, Lease>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }
  grant(asked: number, seconds: number): { id: number; ttl: number } {
    if (seconds <= 0 || seconds > 9_000_000_000) throw new GrpcRefusal(codes.outOfRange, "etcdserver: too large lease TTL");
    this.#sweep();
    if (asked >= 2 ** 47) throw new GrpcRefusal(codes.invalid, "etcdserver: ids of leases are below 2^47 here");
    if (this.#all.has(asked)) throw new GrpcRefusal(codes.precondition, "etcdserver: lease already exists");
    if (this.#all.size >= mostLeases) throw new GrpcRefusal(codes.unavailable, `etcdserver: there are ${mostLeases} leases`);
    const id = asked || 1 + this.#random.int(2 ** 46);
    this.#all.set(id, { grantedSeconds: seconds, endsAtMs: this.#clock.monotonic() + seconds * 1000, keys: new Set() });
    return { id, ttl: seconds };
  }
  /** How long the key lives. */
  attach(id: number, key: string): number {
    const lease = this.#find(id);
    lease.keys.add(key);
    return Math.max(1, Math.ceil((lease.endsAtMs - this.#clock.monotonic()) / 1000));
  }
  /** The keys that go with it. */
  revoke(id: number): string[] {
    const { keys } = this.#find(id);
    this.#all.delete(id);
    return [...keys];
  }
  /** Seconds that it has left; 0: it is gone. */
  renew(id: number): number {
    this.#sweep();
    const lease = this.#all.get(id);
    if (!lease) return 0;
    // Each key has its own time in the store already.
    if (lease.keys.size > 0) throw new GrpcRefusal(codes.unimplemented, "etcdserver: a lease that has keys is not kept alive here");
    lease.endsAtMs = this.#clock.monotonic() + lease.grantedSeconds * 1000;
    return lease.grantedSeconds;
  }
  left(id: number): { ttl: number; grantedTtl: number; keys: string[] } {
    this.#sweep();
    const lease = this.#all.get(id);
    if (!lease) return { ttl: -1, grantedTtl: 0, keys: [] };
    const ttl = Math.ceil((lease.endsAtMs - this.#clock.monotonic()) / 1000);
    return { ttl, grantedTtl: lease.grantedSeconds, keys: [...lease.keys] };
  }
  #find(id: number): Lease {
    this.#sweep();
    const lease = this.#all.get(id);
    if (!lease) throw notFound();
    return lease;
  }
  #sweep(): void {
    const now = this.#clock.monotonic();
    for (const [id, { endsAtMs }] of this.#all) if (endsAtMs <= now) this.#all.delete(id);
  }
}
