/** A set of numbers of which each is given out once: constant time, whatever is taken. */
import type { Random } from "#base/mod.ts";

export class Range {
  readonly first: number;
  readonly size: number;
  #taken: Uint8Array;
  #free: number;
  /** Numbers below this offset are for those who ask by name; the others are drawn first. */
  readonly #reserved: number;
  readonly #random: Random;

  constructor(options: { first: number; size: number; reserved: number; random: Random }) {
    this.first = options.first;
    this.size = options.size;
    this.#taken = new Uint8Array(options.size);
    this.#free = options.size;
    this.#reserved = options.reserved;
    this.#random = options.random;
  }
  contains(value: number): boolean {
    return value >= this.first && value < this.first + this.size;
  }
  has(value: number): boolean {
    return this.contains(value) && this.#taken[value - this.first] === 1;
  }
  /** False when it is taken or outside. */
  take(value: number): boolean {
    if (!this.contains(value) || this.#taken[value - this.first]) return false;
    this.#taken[value - this.first] = 1;
    this.#free--;
    return true;
  }
  give(value: number): void {
    if (!this.has(value)) return;
    this.#taken[value - this.first] = 0;
    this.#free++;
  }
  /** In order. */
  *taken(): Generator<number> {
    for (let offset = 0; offset < this.size; offset++) if (this.#taken[offset]) yield this.first + offset;
  }
  /** Exactly these are taken; what lies outside is ignored. */
  restore(values: Iterable<number>): void {
    this.#taken.fill(0);
    this.#free = this.size;
    for (const value of values) this.take(value);
  }
  /** Any free one, from the upper part while there is one there. */
  draw(): number | undefined {
    return this.#drawFrom(this.#reserved, this.size) ?? this.#drawFrom(0, this.#reserved);
  }
  #drawFrom(from: number, to: number): number | undefined {
    if (this.#free === 0 || to <= from) return undefined;
    const start = from + this.#random.int(to - from);
    for (let step = 0; step < to - from; step++) {
      const offset = from + ((start - from + step) % (to - from));
      if (this.#taken[offset]) continue;
      this.#taken[offset] = 1;
      this.#free--;
      return this.first + offset;
    }
    return undefined;
  }
}
