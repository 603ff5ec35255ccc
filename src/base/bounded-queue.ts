/** A queue between a producer that must not wait and a consumer that may be slow: the bound is stated, overflow is an answer. */

export class BoundedQueue<T> {
  #items: T[] = [];
  #head = 0;
  #wake: (() => void) | undefined;
  #ended = false;
  readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }
  get size(): number {
    return this.#items.length - this.#head;
  }
  /** False when the queue is full or ended: the item was not taken. */
  push(item: T): boolean {
    if (this.#ended || this.size >= this.limit) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }
  /** No more items come; readers get what is left, then the end. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#head < this.#items.length) {
        const item = this.#items[this.#head]!;
        this.#head++;
        if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
          this.#items.splice(0, this.#head);
          this.#head = 0;
        }
        yield item;
      }
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
