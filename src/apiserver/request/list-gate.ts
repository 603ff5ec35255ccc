/**
 * Large lists take turns: one at a time, users in rotation, other work of the event loop in between. So a flood of lists by
 * one user delays that user, and nobody else by more than one list.
 */
import type { Clock } from "#base/mod.ts";
import { tooManyRequests } from "./errors.ts";

/** Lists of one user that may wait; the next one is refused. */
const waitingLimit = 100;

export class ListGate {
  readonly #clock: Clock;
  #waiting = new Map<string, (() => void)[]>();
  #running = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  /** Resolves when it is this list's turn; the turn ends with the turn of the event loop. */
  enter(user: string): Promise<void> {
    const queue = this.#waiting.get(user) ?? [];
    if (queue.length >= waitingLimit) throw tooManyRequests("Too many requests, please try again later.", 1);
    this.#waiting.set(user, queue);
    return new Promise((resolve) => {
      queue.push(resolve);
      if (this.#running) return;
      this.#running = true;
      this.#clock.soon(() => this.#next());
    });
  }
  #next(): void {
    const first = this.#waiting.entries().next();
    if (first.done) {
      this.#running = false;
      return;
    }
    const [user, queue] = first.value;
    const run = queue.shift()!;
    // To the back of the rotation, or out of it.
    this.#waiting.delete(user);
    if (queue.length) this.#waiting.set(user, queue);
    run();
    this.#clock.soon(() => this.#next());
  }
}
