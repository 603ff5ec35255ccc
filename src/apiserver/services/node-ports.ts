/**
 * The node ports of Services: one object in the store, upstream's, says which are taken, and is changed by compare and
 * swap, so two servers never give one port twice. Changes that wait share a write.
 */
import type { Random } from "#base/mod.ts";
import { only, type Revision, type Store } from "#store/mod.ts";
import { internal } from "../request/errors.ts";
import { Range } from "./range.ts";
import { decodeRange, encodeRange } from "./range-allocation.ts";

const key = "/registry/ranges/servicenodeports";
/** Rounds against other servers, each of which won one. */
const rounds = 50;

export interface NodePortsOptions {
  store: Store;
  random: Random;
  first: number;
  last: number;
}

/** The ports that were drawn; or the one of those asked for that another Service has; or that too few are left. */
export type Claimed = { drawn: number[] } | { taken: number } | "full";

interface Waiting {
  /** Ports are given back only: that works on a full disk, too. */
  frees?: boolean;
  /** Changes the range; false: nothing to do, or impossible. May be called again, on a newer state. */
  change(range: Range): boolean;
  done(changed: boolean): void;
  failed(error: unknown): void;
}

export class NodePorts {
  readonly text: string;
  readonly #store: Store;
  readonly #first: number;
  readonly #last: number;
  readonly #range: Range;
  /** The state that `#range` shows; "absent": the object does not exist. */
  #at: Revision | "absent" | undefined;
  #waiting: Waiting[] = [];
  #running = false;

  constructor({ store, random, first, last }: NodePortsOptions) {
    this.#store = store;
    this.#first = first;
    this.#last = last;
    this.text = `${first}-${last}`;
    const size = last - first + 1;
    // Upstream's: a small range has no part for those who ask by name.
    const reserved = size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
    this.#range = new Range({ first, size, reserved, random });
  }
  contains(port: number): boolean {
    return port >= this.#first && port <= this.#last;
  }
  /** These, and so many more that are free: all of them or none. */
  async claim(asked: readonly number[], count: number): Promise<Claimed> {
    let claimed: Claimed = { drawn: [] };
    if (asked.length + count === 0) return claimed;
    await this.#submit((range) => {
      const mine: number[] = [];
      const refuse = (why: Claimed) => {
        for (const port of mine) range.give(port);
        claimed = why;
        return false;
      };
      for (const port of asked) {
        if (!range.take(port)) return refuse({ taken: port });
        mine.push(port);
      }
      const drawn: number[] = [];
      for (let i = 0; i < count; i++) {
        const port = range.draw();
        if (port === undefined) return refuse("full");
        mine.push(port);
        drawn.push(port);
      }
      claimed = { drawn };
      return true;
    });
    return claimed;
  }
  async give(ports: readonly number[]): Promise<void> {
    if (ports.length === 0) return;
    await this.#submit((range) => {
      const held = ports.filter((port) => range.has(port));
      for (const port of held) range.give(port);
      return held.length > 0;
    }, true);
  }
  /** As `claim`, as far as this server knows, and nothing is kept: for dry runs. */
  tryClaim(asked: readonly number[], count: number): Claimed {
    const taken = asked.find((port) => this.#range.has(port));
    if (taken !== undefined) return { taken };
    const last = asked.length === 0 ? 32_768 : Math.max(0, ...asked);
    return { drawn: Array.from({ length: count }, (_, i) => last + 1 + i) };
  }
  /** Rebuilds what is stored by a function of it: for repair. The newest state is read first. */
  async repair(plan: (taken: number[]) => number[]): Promise<void> {
    await this.#load();
    await this.#submit((range) => {
      const before = [...range.taken()];
      const after = plan(before);
      range.restore(after);
      return this.#at === "absent" || !sameNumbers(before, [...range.taken()]);
    });
  }
  #submit(change: (range: Range) => boolean, frees = false): Promise<boolean> {
    return new Promise((done, failed) => {
      this.#waiting.push({ change, frees, done, failed });
      if (!this.#running) void this.#run();
    });
  }
  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length) {
      const batch = this.#waiting.splice(0);
      try {
        const changed = await this.#write(batch);
        batch.forEach(({ done }, i) => done(changed[i]!));
      } catch (error) {
        this.#at = undefined;
        for (const { failed } of batch) failed(error);
      }
    }
    this.#running = false;
  }
  async #write(batch: Waiting[]): Promise<boolean[]> {
    let fresh = false;
    for (let round = 0; round < rounds; round++) {
      if (this.#at === undefined) {
        await this.#load();
        fresh = true;
      }
      const before = [...this.#range.taken()];
      const changed = batch.map(({ change }) => change(this.#range));
      // What cannot be done may have become possible by another server's doing.
      if (!fresh && changed.includes(false)) {
        this.#at = undefined;
        continue;
      }
      if (!changed.includes(true)) return changed;
      const result = await this.#store.commit(key, this.#at!, this.#encode(), { frees: batch.every(({ frees }) => frees) });
      if (result.ok) {
        this.#at = result.revision;
        return changed;
      }
      this.#range.restore(before);
      this.#at = undefined;
    }
    throw internal(`allocating node ports: other servers changed them ${rounds} times meanwhile`);
  }
  async #load(): Promise<void> {
    const [entry] = (await this.#store.list(only(key))).entries;
    this.#range.restore(entry ? this.#decode(entry.value) : []);
    this.#at = entry?.modRevision ?? "absent";
  }
  #encode(): Buffer {
    const bits = [...this.#range.taken()].map((port) => port - this.#first);
    return encodeRange(this.text, this.#last - this.#first + 1, bits);
  }
  #decode(value: Buffer): number[] {
    const { range, taken } = decodeRange(value);
    // Another range was configured then: repair takes the ports of all Services again.
    return range === this.text ? taken.map((bit) => this.#first + bit) : [];
  }
}

const sameNumbers = (a: number[], b: number[]) => a.length === b.length && a.every((value, i) => value === b[i]);
