/**
 * Which nodes can be reached from the host: asked every 0.7 s while something is led through them, because the API server
 * learns only after most of a minute that a node is gone.
 */
import { connect } from "node:net";
import type { Clock, Timer } from "#base/mod.ts";

export interface ReachOptions {
  clock: Clock;
  /** False: no answer in time. */
  probe(address: string): Promise<boolean>;
  /** Told when a node is lost or found, and again after each look while one is lost. */
  changed(): void;
}

/** Two misses and the patience of a probe are less than two seconds together. */
const everyMs = 700;
const missesUntilLost = 2;

export class Reach {
  readonly #options: ReachOptions;
  readonly #misses = new Map<string, number>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: ReachOptions) {
    this.#options = options;
  }
  /** Asks these from now on, and no others. A new one counts as reached until it has failed to answer. */
  follow(addresses: readonly string[]): void {
    for (const known of [...this.#misses.keys()]) if (!addresses.includes(known)) this.#misses.delete(known);
    for (const address of addresses) if (!this.#misses.has(address)) this.#misses.set(address, 0);
    if (this.#misses.size > 0 && !this.#timer) this.#later();
  }
  has(address: string): boolean {
    return (this.#misses.get(address) ?? 0) < missesUntilLost;
  }
  /** Whether somebody that is asked does not answer just now. */
  get someLost(): boolean {
    return [...this.#misses.keys()].some((address) => !this.has(address));
  }
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
  #later(): void {
    this.#timer = this.#options.clock.after(everyMs, () => void this.#look(), { background: true });
  }
  async #look(): Promise<void> {
    this.#timer = undefined;
    if (this.#closed) return;
    if (this.#misses.size > 0) this.#later(); // the next look does not wait for this one's slowest probe
    let changed = false;
    await Promise.all(
      [...this.#misses.keys()].map(async (address) => {
        const answered = await this.#options.probe(address);
        const before = this.#misses.get(address);
        if (before === undefined) return;
        const was = this.has(address);
        this.#misses.set(address, answered ? 0 : before + 1);
        changed ||= was !== this.has(address);
      }),
    );
    if (!this.#closed && (changed || this.someLost)) this.#options.changed();
  }
}

const kubeletPort = 10250;
const probeMs = 500;

/** A refusal is an answer too: the node is there, and its rules lead packets on although its agent does not run just now. */
export function answers(clock: Clock, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: kubeletPort });
    // A busy process may learn of the time first and of the answer right after: it has one more turn to learn of it.
    let timer = clock.after(probeMs, () => {
      timer = clock.after(1, () => done(false));
    });
    const done = (answered: boolean) => {
      timer.cancel();
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => done(true));
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code === "ECONNREFUSED"));
  });
}
