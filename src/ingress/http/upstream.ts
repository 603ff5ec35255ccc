/** The connections to one endpoint: those that wait for the next call, and how many there may be. */
import { Back1, type Dial } from "./back1.ts";
import { Back2 } from "./back2.ts";
import type { Call, CallEvents, Patience, Sent } from "./call.ts";

export interface UpstreamOptions {
  dial: Dial;
  /** Milliseconds that never go backwards. */
  now(): number;
}

export interface Upstream {
  /** Nobody could connect lately: others are asked first. */
  readonly isAside: boolean;
  readonly connections: number;
  /** Undefined: it has as much to do as it may. */
  call(sent: Sent, events: CallEvents, patience: Patience, isRepeatable: boolean): Call | undefined;
  putAside(ms: number): void;
  /** No new calls come; those under way end in their own time. */
  retire(): void;
  /** Called now and then. */
  look(now: number): void;
  destroy(): void;
}

/** Of one endpoint. */
const mostConnections = 2048;
const mostIdle = 128;
/** Many servers close after five seconds and do not say so. */
const idleMs = 4000;
const longestIdleMs = 60_000;
/** A request that must not be sent twice gets a connection that was busy a moment ago, or a new one. */
const freshMs = 1000;

export class Upstream1 implements Upstream {
  readonly #options: UpstreamOptions;
  readonly #all = new Set<Back1>();
  /** The last one used is at the end and is taken first, so that the others may go. */
  #idle: Back1[] = [];
  #retired = false;
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
  call(sent: Sent, events: CallEvents, patience: Patience, isRepeatable: boolean): Call | undefined {
    const connection = this.#take(isRepeatable);
    return connection?.start(sent, events, patience);
  }
  putAside(ms: number): void {
    this.#asideUntil = this.#options.now() + ms;
  }
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
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

/** Of one connection; servers allow a hundred at least. */
const mostStreams = 100;
const mostConnections2 = 32;

/** For gRPC: many calls share a connection, and one more is made when all are full. */
export class Upstream2 implements Upstream {
  readonly #options: UpstreamOptions;
  readonly #all = new Set<Back2>();
  #asideUntil = 0;
  #retired = false;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }
  get isAside(): boolean {
    return this.#asideUntil > this.#options.now();
  }
  get connections(): number {
    return this.#all.size;
  }
  call(sent: Sent, events: CallEvents, patience: Patience): Call | undefined {
    let connection = [...this.#all].find((each) => each.usable && each.calls < mostStreams);
    if (!connection) {
      if (this.#all.size >= mostConnections2) return undefined;
      connection = new Back2(this.#options.dial, { now: this.#options.now, gone: (gone) => void this.#all.delete(gone) });
      this.#all.add(connection);
    }
    return connection.start(sent, events, patience);
  }
  putAside(ms: number): void {
    this.#asideUntil = this.#options.now() + ms;
  }
  retire(): void {
    this.#retired = true;
    for (const connection of this.#all) connection.retire();
  }
  look(now: number): void {
    for (const connection of this.#all) {
      connection.look(now);
      const isIdle = connection.calls === 0 && now - connection.movedAt > longestIdleMs;
      if (isIdle || (this.#retired && connection.calls === 0)) connection.destroy();
    }
  }
  destroy(): void {
    this.#retired = true;
    for (const connection of this.#all) connection.destroy();
  }
}
