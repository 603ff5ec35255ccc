/** Connections that went over to another protocol: both sides until one ends, or until they were silent for too long. */
import type { Duplex } from "node:stream";
import { type Clock, every } from "#base/mod.ts";
import { join } from "#net/mod.ts";

/** They may be silent for an hour, or for as long as the route says if that is longer. */
const idleMs = 3_600_000;

export class Tunnels {
  readonly #clock: Clock;
  readonly #clients = new Set<Duplex>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  get count(): number {
    return this.#clients.size;
  }
  join(client: Duplex, backend: Duplex, readMs: number): void {
    this.#clients.add(client);
    let moved = -1;
    const watch = every(this.#clock, Math.max(idleMs, readMs), () => {
      const now = bytesOf(client) + bytesOf(backend);
      if (now === moved) client.destroy();
      moved = now;
    });
    void join(client, backend, this.#clock).then(() => {
      watch.cancel();
      this.#clients.delete(client);
    });
  }
  close(): void {
    for (const side of this.#clients) side.destroy();
  }
}

const bytesOf = (side: Duplex): number => ("bytesRead" in side && typeof side.bytesRead === "number" ? side.bytesRead : 0);
