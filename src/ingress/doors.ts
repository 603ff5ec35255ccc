/** Which ports are answered on: asked for again and again while somebody else has them, given back when nobody needs them. */
import { type Clock, every, hostPort, type Log, messageOf, type Timer } from "#base/mod.ts";
import type { Door, Place } from "./proxy/door.ts";

export interface DoorsOptions {
  door: Door;
  clock: Clock;
  log: Log;
  /** What is answered on is not what it was. */
  changed(): void;
}

const againMs = 2000;

const idOf = ({ host, port }: Place) => hostPort(host, port);

export class Doors {
  readonly #options: DoorsOptions;
  readonly #open = new Map<string, { place: Place; close(): Promise<void> }>();
  /** Those that somebody else has. */
  readonly #taken = new Set<string>();
  readonly #timer: Timer;
  #wanted: Place[] = [];
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: DoorsOptions) {
    this.#options = options;
    this.#timer = every(options.clock, againMs, () => (this.#taken.size > 0 ? this.#sync() : undefined));
  }
  want(places: Place[]): void {
    if (places.map(idOf).join() === this.#wanted.map(idOf).join()) return;
    this.#wanted = places;
    void this.#sync();
  }
  /** Resolves when what was wanted so far was tried. */
  get settled(): Promise<void> {
    return this.#work;
  }
  answers(host: string): boolean {
    return [...this.#open.values()].some(({ place }) => place.host === host);
  }
  /** Wanted, and had by another program of this machine. */
  get taken(): string[] {
    return [...this.#taken];
  }
  get ports(): string[] {
    return [...this.#open.keys()];
  }
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer.cancel();
    await this.#work;
    await Promise.all([...this.#open.values()].map((each) => each.close()));
  }

  #sync(): Promise<void> {
    this.#work = this.#work.then(() => this.#once());
    return this.#work;
  }
  async #once(): Promise<void> {
    if (this.#isClosed) return;
    const stand = () => [...this.#open.keys(), "taken", ...this.#taken].join();
    const before = stand();
    const ids = new Set(this.#wanted.map(idOf));
    for (const id of this.#taken) if (!ids.has(id)) this.#taken.delete(id);
    for (const [id, held] of [...this.#open]) {
      if (ids.has(id)) continue;
      this.#open.delete(id);
      void held.close(); // open connections end in their own time
    }
    for (const place of this.#wanted) await this.#try(place);
    if (stand() !== before) this.#options.changed();
  }
  async #try(place: Place): Promise<void> {
    const { door, log } = this.#options;
    const id = idOf(place);
    if (this.#open.has(id)) return;
    try {
      this.#open.set(id, { place, ...(await door.listen(place)) });
      this.#taken.delete(id);
      log.info("ingress: listens", { at: id });
    } catch (error) {
      if (!this.#taken.has(id)) log.warn("ingress: the port cannot be had; it is asked for again", { at: id, error: messageOf(error) });
      this.#taken.add(id);
    }
  }
}
