/** Ranges of the machine's user ids, one a pod that has a user namespace of its own. */
import type { Random } from "#base/mod.ts";

/** Of all that is mapped, root of the pod included. */
export const usualLength = 65_536;

export interface RangeOptions {
  /** The first id that may be given away, and how many there are. */
  first: number;
  count: number;
  /** Of each pod. */
  length: number;
  /** That the node takes. */
  maxPods: number;
  random: Random;
}

export class UserRanges {
  readonly #options: RangeOptions;
  readonly #offset: number;
  readonly #places: number;
  readonly #byPod = new Map<string, number>();
  readonly #taken = new Set<number>();

  /** Throws, in upstream's words, what cannot be divided. */
  constructor(options: RangeOptions) {
    const { first, count, length, maxPods } = options;
    if (first % length !== 0) throw new Error(`kubelet user assigned ID ${first} is not a multiple of ${length}`);
    if (first < length) throw new Error(`kubelet user assigned ID ${first} must be greater or equal to ${length}`);
    if (count % length !== 0) throw new Error(`kubelet user assigned IDs length ${count} is not a multiple of ${length}`);
    if (count / length < maxPods) throw new Error(`kubelet user assigned IDs are not enough to support ${maxPods} pods`);
    this.#options = options;
    this.#offset = first / length;
    this.#places = count / length;
  }

  /** The first id of the pod's range: the one that it has, or a free one, looked for from a random place on. */
  allocate(uid: string): number {
    const known = this.#byPod.get(uid);
    if (known !== undefined) return known;
    if (this.#taken.size >= this.#places) throw new Error("could not find an empty slot to allocate a user namespace");
    let place = this.#options.random.int(this.#places);
    while (this.#taken.has(place)) place = (place + 1) % this.#places;
    const from = (place + this.#offset) * this.#options.length;
    this.#taken.add(place);
    this.#byPod.set(uid, from);
    return from;
  }

  /** What a pod has already. Throws when it cannot have that. */
  record(uid: string, from: number, length: number): void {
    if (length !== this.#options.length) throw new Error(`wrong user namespace length ${length}`);
    if (from % length !== 0) throw new Error(`wrong user namespace offset specified ${from}`);
    const known = this.#byPod.get(uid);
    if (known === from) return;
    if (known !== undefined) throw new Error(`different user namespace range already used by pod "${uid}"`);
    const place = from / length - this.#offset;
    if (place < 0 || place >= this.#places) throw new Error(`id ${from} is out of range`);
    if (this.#taken.has(place)) throw new Error(`range picked for pod "${uid}" already taken`);
    this.#taken.add(place);
    this.#byPod.set(uid, from);
  }

  release(uid: string): void {
    const from = this.#byPod.get(uid);
    if (from === undefined) return;
    this.#byPod.delete(uid);
    this.#taken.delete(from / this.#options.length - this.#offset);
  }
}
