/** A range of cluster addresses of which each is given out once. Remembers what is taken: a range of IPv6 is too large to list. */
import { type Address, type AddressRange, formatAddress, parseAddress, type Random, rangeOf } from "#base/mod.ts";

export class AddressPool {
  readonly range: AddressRange;
  /** The lowest address that is given. */
  readonly #first: bigint;
  /** How many are given at most. */
  readonly #size: bigint;
  /** Addresses below this offset are for those who ask by name; the others are drawn first. */
  readonly #reserved: bigint;
  readonly #taken = new Set<bigint>();
  readonly #random: Random;

  constructor(cidr: string, random: Random) {
    this.range = rangeOf(cidr);
    const { family, first, size } = this.range;
    this.#first = first + 1n;
    // Without the network's address, and without the broadcast address where there is one.
    this.#size = size - (family === "IPv4" ? 2n : 1n);
    if (this.#size < 0n) this.#size = 0n;
    // At least 16, at most 256, a sixteenth of the range.
    const band = size / 16n < 16n ? 16n : size / 16n > 256n ? 256n : size / 16n;
    this.#reserved = size <= 16n ? 0n : band;
    this.#random = random;
  }
  contains(address: string): boolean {
    const parsed = parseAddress(address);
    return parsed !== undefined && this.#holds(parsed);
  }
  has(address: string): boolean {
    const parsed = parseAddress(address);
    return parsed !== undefined && parsed.family === this.range.family && this.#taken.has(parsed.value);
  }
  take(address: string): void {
    const parsed = parseAddress(address);
    if (parsed && this.#holds(parsed)) this.#taken.add(parsed.value);
  }
  give(address: string): void {
    const parsed = parseAddress(address);
    if (parsed && parsed.family === this.range.family) this.#taken.delete(parsed.value);
  }
  /** Any free one, from the upper part while there is one there. */
  draw(): string | undefined {
    const value = this.#drawFrom(this.#reserved, this.#size) ?? this.#drawFrom(0n, this.#reserved);
    return value === undefined ? undefined : formatAddress({ family: this.range.family, value });
  }
  #holds({ family, value }: Address): boolean {
    return family === this.range.family && value >= this.#first && value < this.#first + this.#size;
  }
  /** Ends after as many steps as there are addresses taken, at the latest. */
  #drawFrom(from: bigint, to: bigint): bigint | undefined {
    const span = to - from;
    if (span <= 0n) return undefined;
    const start = this.#below(span);
    for (let step = 0n; step < span; step++) {
      const value = this.#first + from + ((start + step) % span);
      if (this.#taken.has(value)) continue;
      this.#taken.add(value);
      return value;
    }
    return undefined;
  }
  #below(span: bigint): bigint {
    const most = 2 ** 32;
    if (span <= BigInt(most)) return BigInt(this.#random.int(Number(span)));
    return ((BigInt(this.#random.int(most)) << 32n) | BigInt(this.#random.int(most))) % span;
  }
}
