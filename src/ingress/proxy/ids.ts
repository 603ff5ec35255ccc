/** Names of requests. */
import type { Random } from "#base/mod.ts";

/** 16 random bytes each; bytes are asked for by the page. */
export class Ids {
  readonly #random: Random;
  #page: Buffer = Buffer.alloc(0);
  #at = 0;
  constructor(random: Random) {
    this.#random = random;
  }
  next(): string {
    if (this.#at >= this.#page.length) {
      this.#page = Buffer.from(this.#random.bytes(4096));
      this.#at = 0;
    }
    this.#at += 16;
    return this.#page.toString("hex", this.#at - 16, this.#at);
  }
}
