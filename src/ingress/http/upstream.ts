/** The connections to one endpoint: those that wait for the next call, and how many there may be. */
import { Back1, type Dial } from "./back1.ts";
import type { Call, CallEvents, Patience, Sent } from "./call.ts";

export interface UpstreamOptions {
  dial: Dial;
  /** Milliseconds that never go backwards. */
  now(): number;
}

/** Of one endpoint. */
const mostConnections = 2048;
const mostIdle = 128;
/** Many servers close after five seconds and do not say so. */
const idleMs = 4000;
const longestIdleMs = 60_000;
/** A request that must not be sent twice gets a connection that was busy a moment ago, or a new one. */
const freshMs = 1000;

export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #all = new Set<Back1>();
  /** The last one used is at the end and is taken first, so that the others may go. */
  #idle: Back1[] = [];
  #retired = false;
  /** Nobody could connect: others are asked first until then. */
  #asideUntil = 0;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }
  get isAside(): boolean {
    return this.#asideUntil > this.#options.now();
  }
  get connections(): number {
    return this.#all.size;
  }
  /** Undefined: it has as many connections as it may. */
  call(sent: Sent, events: CallEvents, patience: Patience, isRepeatable: boolean): Call | undefined {
    const connection = this.#take(isRepeatable);
    return connection?.start(sent, events, patience);
  }
  putAside(ms: number): void {
    this.#asideUntil = this.#options.now() + ms;
  }
  /** No new calls come; those under way end in their own time. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
  /** Called now and then. */
  look(now: number): void {
    for (const connection of this.#all) connection.look(now);
    this.#idle = this.#idle.filter((connection) => {
      if (now - connection.movedAt < idleMsOf(connection)) return true;
      connection.destroy();
      return false;
    });
  }
  destroy(): void {
    this.retire();
    for (const connection of this.#all) connection.destroy();
  }

  #take(isRepeatable: boolean): Back1 | undefined {
    const now = this.#options.now();
    const limit = isRepeatable ? Number.POSITIVE_INFINITY : freshMs;
    for (let last = this.#idle.at(-1); last; last = this.#idle.at(-1)) {
      const idle = now - last.movedAt;
      if (last.usable && idle < idleMsOf(last) && idle < limit) {
        this.#idle.pop();
        return last;
      }
      if (last.usable && idle < idleMsOf(last)) break; // the others have waited longer
      this.#idle.pop();
      last.destroy();
    }
    if (this.#all.size >= mostConnections) return undefined;
    const made = new Back1(this.#options.dial, {
      now: this.#options.now,
      free: (connection) => {
        this.#asideUntil = 0;
        if (this.#retired || this.#idle.length >= mostIdle) connection.destroy();
        else this.#idle.push(connection);
      },
      gone: (connection) => {
        this.#all.delete(connection);
        const at = this.#idle.indexOf(connection);
        if (at >= 0) this.#idle.splice(at, 1);
      },
    });
    this.#all.add(made);
    return made;
  }
}

/** A second less than the server says, so that both never decide at once. */
function idleMsOf({ idleSeconds }: Back1): number {
  return idleSeconds === undefined ? idleMs : Math.min(longestIdleMs, Math.max(0, (idleSeconds - 1) * 1000));
}
