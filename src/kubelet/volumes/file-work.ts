/**
 * File work that may hang, because what it touches hangs (a dead NFS server, a broken device): bounded in time and in number.
 * A job that took too long is told so at once, but keeps its seat until it really ends: Node runs file calls on four threads,
 * and a volume that hangs must never take the last one.
 */
import type { Clock } from "#base/mod.ts";

export interface FileWorkOptions {
  clock: Clock;
  /** How many may be under way, hanging ones included. */
  seats: number;
  timeoutMs?: number;
  /** How many may wait for a seat. */
  mostWaiting?: number;
}

export class FileWork {
  readonly #options: Required<FileWorkOptions>;
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(options: FileWorkOptions) {
    this.#options = { timeoutMs: 30_000, mostWaiting: 1000, ...options };
    this.#free = options.seats;
  }

  /** `what` names the work in the error: `folder /mnt/data`. */
  run<T>(what: string, job: () => Promise<T>): Promise<T> {
    const { clock, timeoutMs, mostWaiting } = this.#options;
    if (this.#waiting.length >= mostWaiting)
      return Promise.reject(new Error(`${what}: ${mostWaiting} other pieces of file work wait already`));
    return new Promise((resolve, reject) => {
      let over = false;
      const timer = clock.after(
        timeoutMs,
        () => {
          over = true;
          reject(new Error(`${what}: no answer within ${timeoutMs / 1000} s: does its file system hang?`));
        },
        { background: true },
      );
      const begin = () => {
        if (over) return this.#leave();
        const end = () => {
          timer.cancel();
          this.#leave();
        };
        // The seat is free before anybody hears of the result.
        job().finally(end).then(resolve, reject);
      };
      if (this.#free > 0) {
        this.#free--;
        begin();
      } else this.#waiting.push(begin);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
