/** What was opened is closed in reverse order, once, however the owner ends. */
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

export type Closer = () => void | Promise<void>;

/**
 * Owns closers and an abort signal. `close()` aborts the signal, then runs closers last-in first-out; a closer that
 * throws is logged and does not stop the others. A closer added after the end runs at once.
 */
export class Lifetime {
  #closers: Closer[] = [];
  #abort = new AbortController();
  #closing: Promise<void> | undefined;
  #log: Log | undefined;

  constructor(options: { log?: Log; parent?: Lifetime } = {}) {
    this.#log = options.log;
    options.parent?.add(() => this.close());
  }
  get signal(): AbortSignal {
    return this.#abort.signal;
  }
  get ended(): boolean {
    return this.#abort.signal.aborted;
  }
  add(closer: Closer): void {
    if (this.#closing) void this.#run(closer);
    else this.#closers.push(closer);
  }
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }
  async #close(): Promise<void> {
    this.#abort.abort();
    for (const closer of this.#closers.toReversed()) await this.#run(closer);
    this.#closers = [];
  }
  async #run(closer: Closer): Promise<void> {
    try {
      await closer();
    } catch (error) {
      this.#log?.warn("closing failed", { error: messageOf(error) });
    }
  }
}
