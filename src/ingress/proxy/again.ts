/** A request that its route lets be made again, whatever became of it: how often, after which answers, and its body until then. */
import type { Clock, Timer } from "#base/mod.ts";
import type { Call, Failure } from "../http/call.ts";
import type { Fields } from "../http/head.ts";

export interface Retrying {
  /** Statuses after which it is asked again. */
  codes: ReadonlySet<number>;
  /** And ways of getting no answer. */
  failures: ReadonlySet<Failure["why"]>;
  /** Besides the first time. */
  attempts: number;
  /** At least so long between two. */
  backoffMs: number;
  /** One attempt may take so long; 0: as long as it takes. */
  eachMs: number;
}

/** Whatever happens. */
export const allFailures: Retrying["failures"] = new Set(["connect", "closed", "late", "bad"] as const);

/** Of a larger body the beginning is gone when it would have to be sent again. */
const mostKept = 65_536;

export class Again {
  readonly #how: Retrying;
  readonly #clock: Clock;
  #left: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #trailers: Fields | undefined;
  #pause: Timer | undefined;
  #limit: Timer | undefined;

  constructor(how: Retrying, clock: Clock) {
    this.#how = how;
    this.#clock = clock;
    this.#left = how.attempts;
  }
  /** Whether it can be asked once more. */
  get #may(): boolean {
    return this.#left > 0 && this.#bytes <= mostKept;
  }
  isWanted(after: number | Failure["why"]): boolean {
    return this.#may && (typeof after === "number" ? this.#how.codes.has(after) : this.#how.failures.has(after));
  }
  keep(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes <= mostKept) this.#pieces.push(Buffer.from(piece));
    else this.#pieces = [];
  }
  ended(trailers: Fields): void {
    this.#trailers = trailers;
  }
  /** What the client has said by now. */
  repeat(call: Call): void {
    for (const piece of this.#pieces) call.write(piece);
    if (this.#trailers) call.end(this.#trailers);
  }
  /** An attempt begins; `late` is called when it takes too long. */
  begins(late: () => void): void {
    this.#limit?.cancel();
    if (this.#how.eachMs > 0) this.#limit = this.#clock.after(this.#how.eachMs, late);
  }
  /** Counts one, and runs it when it is time. */
  later(run: () => void): void {
    this.stop();
    this.#left--;
    this.#pause = this.#clock.after(this.#how.backoffMs, run);
  }
  stop(): void {
    this.#pause?.cancel();
    this.#limit?.cancel();
  }
}
