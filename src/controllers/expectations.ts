/**
 * What a controller has just done and not yet seen: until each creation and deletion shows up in its informer, its picture is
 * stale and it must not act on it again.
 */
import type { Clock } from "#base/mod.ts";

interface Expected {
  created: Set<string>;
  deleted: Set<string>;
  at: number;
}

/** A change that never shows up must not block for ever. */
const timeoutMs = 5 * 60_000;

export class Expectations {
  #expected = new Map<string, Expected>();
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  /** `uid` of an object that this owner made. */
  created(owner: string, uid: string): void {
    this.#of(owner).created.add(uid);
  }
  deleted(owner: string, uid: string): void {
    this.#of(owner).deleted.add(uid);
  }
  /** The informer has shown this object (as there, or as gone or going). */
  seen(owner: string, uid: string, gone: boolean): void {
    const expected = this.#expected.get(owner);
    if (!expected) return;
    expected.created.delete(uid);
    if (gone) expected.deleted.delete(uid);
    if (expected.created.size + expected.deleted.size === 0) this.#expected.delete(owner);
  }
  /** True when everything done was seen. */
  met(owner: string): boolean {
    const expected = this.#expected.get(owner);
    if (!expected) return true;
    if (this.#clock.monotonic() - expected.at < timeoutMs) return false;
    this.#expected.delete(owner);
    return true;
  }
  forget(owner: string): void {
    this.#expected.delete(owner);
  }
  #of(owner: string): Expected {
    let expected = this.#expected.get(owner);
    if (!expected) this.#expected.set(owner, (expected = { created: new Set(), deleted: new Set(), at: this.#clock.monotonic() }));
    return expected;
  }
}
