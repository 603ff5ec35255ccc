/**
 * Writers of one object wait for one another, instead of losing a race that they cannot win. The lock is held while this
 * server reads, decides and stores; whoever waits for somebody else meanwhile (a webhook, another server) steps aside, so
 * that one slow admission does not hold up everybody's writes, and looks again whether the object is still the same.
 */

export type BusyObjects = Map<string, Promise<void>>;

export class ObjectLock {
  readonly #busy: BusyObjects;
  readonly #key: string;
  #release: (() => void) | undefined;

  private constructor(busy: BusyObjects, key: string) {
    this.#busy = busy;
    this.#key = key;
  }
  static async take(busy: BusyObjects, key: string): Promise<ObjectLock> {
    const lock = new ObjectLock(busy, key);
    await lock.#take();
    return lock;
  }
  async #take(): Promise<void> {
    for (let other = this.#busy.get(this.#key); other; other = this.#busy.get(this.#key)) await other;
    this.#busy.set(
      this.#key,
      new Promise<void>((resolve) => {
        this.#release = resolve;
      }),
    );
  }
  /** Any number of times. */
  release(): void {
    if (!this.#release) return;
    this.#busy.delete(this.#key);
    this.#release();
    this.#release = undefined;
  }
  /** Waits without the lock; it is held again afterwards, also when the waiting failed. */
  async aside(pending: Promise<void>): Promise<void> {
    this.release();
    try {
      await pending;
    } finally {
      await this.#take();
    }
  }
}
