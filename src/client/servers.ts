/**
 * Several equal API servers, of which one is asked. It is probed while there is a choice: when it is silent, refuses, or says that
 * it is not ready, the next one that answers takes its place, and whoever has connections is told to make them anew. The one that
 * should be asked is gone back to when it has answered for a while.
 */
import { createHash } from "node:crypto";
import { type Clock, every, type Log, type Timer } from "#base/mod.ts";

export interface ServersOptions {
  /** Tells clients apart, so that they spread over the servers: a node's name. */
  self: string;
  /** The first one known: `https://10.0.0.1:6443`. It stays one of them. */
  first: string;
  /** Others that were known before, and where this client was. */
  known?: { servers: readonly string[]; current: string };
  /** To be asked whenever it answers: the one of this machine. */
  own?: string;
  /** Resolves when it serves; rejects otherwise, and by itself within two seconds. */
  probe(server: string): Promise<void>;
  clock: Clock;
  log: Log;
}

export interface Servers {
  /** The one to ask now. */
  readonly current: string;
  /** By preference. */
  readonly all: readonly string[];
  /** All that the cluster has; an empty list is not believed. */
  learn(servers: readonly string[]): void;
  /** It could not be connected to: the next one is asked. */
  failed(server: string): void;
  /** Called when another one is asked, or others are known. Returns the way to stop. */
  onChange(told: (moved: boolean) => void): () => void;
  close(): void;
}

const probeEveryMs = 1500;
/** How often in a row the preferred one has to answer before it is gone back to: half a minute. */
const steadyProbes = 20;
const mostServers = 16;

/** The same for all who ask, and other ones first for each of them (rendezvous hashing). */
export function preference(servers: readonly string[], self: string, own?: string): string[] {
  const weight = (server: string) => createHash("sha256").update(`${self} ${server}`).digest("hex");
  return [...new Set(servers)].sort((a, b) => {
    if (a === own || b === own) return a === own ? -1 : 1;
    return weight(a) < weight(b) ? -1 : 1;
  });
}

export function openServers(options: ServersOptions): Servers {
  const { first, known, own } = options;
  const servers = new ApiServers(options);
  if (known && known.servers.length > 0) servers.all = servers.ordered(known.servers);
  servers.current = known && servers.all.includes(known.current) ? known.current : (own ?? first);
  return servers;
}

class ApiServers implements Servers {
  readonly #options: ServersOptions;
  readonly #timer: Timer;
  readonly #listeners = new Set<(moved: boolean) => void>();
  /** How often in a row the preferred one has answered while another one was asked. */
  #steady = 0;
  #leaving: Promise<void> | undefined;
  all: string[];
  current: string;

  constructor(options: ServersOptions) {
    this.#options = options;
    this.all = [options.first];
    this.current = options.first;
    this.#timer = every(options.clock, probeEveryMs, () => this.#look());
  }
  ordered(servers: readonly string[]): string[] {
    const { self, own, first } = this.#options;
    const listed = preference(servers, self, own).slice(0, mostServers);
    return listed.includes(first) ? listed : [...listed, first];
  }
  learn(servers: readonly string[]): void {
    // A cluster with one control plane is asked where it was found.
    if (servers.length === 0 || (servers.length === 1 && this.all.length === 1)) return;
    const next = this.ordered(servers);
    if (next.join() === this.all.join()) return;
    this.all = next;
    this.#steady = 0;
    // One that has left the cluster is asked no more, if another one answers.
    if (!next.includes(this.current)) this.#leaveOnce("it is none any more");
    this.#tell(false);
  }
  failed(server: string): void {
    if (server === this.current && this.all.length > 1) this.#leaveOnce("it cannot be connected to");
  }
  onChange(told: (moved: boolean) => void): () => void {
    this.#listeners.add(told);
    return () => void this.#listeners.delete(told);
  }
  close(): void {
    this.#timer.cancel();
    this.#listeners.clear();
  }
  async #look(): Promise<void> {
    if (this.all.length < 2) return;
    const [preferred = ""] = this.all;
    const asked = this.current;
    const [well, better] = await Promise.all([this.#answers(asked), preferred === asked ? true : this.#answers(preferred)]);
    if (asked !== this.current) return;
    if (!well) return this.#leave("it does not answer");
    this.#steady = better ? this.#steady + 1 : 0;
    if (preferred !== asked && this.#steady >= steadyProbes) this.#move(preferred, "it answers again");
  }
  #leaveOnce(why: string): void {
    this.#leaving ??= this.#leave(why).finally(() => {
      this.#leaving = undefined;
    });
  }
  /** All others at once: the first by preference that answers. */
  async #leave(why: string): Promise<void> {
    const left = this.current;
    const others = this.all.filter((server) => server !== left);
    const alive = await Promise.all(others.map((server) => this.#answers(server)));
    const next = others.find((_, at) => alive[at]);
    if (next && this.current === left) this.#move(next, why);
  }
  #answers(server: string): Promise<boolean> {
    return this.#options.probe(server).then(
      () => true,
      () => false,
    );
  }
  #move(to: string, why: string): void {
    this.#options.log.info("another API server is asked", { from: this.current, to, why });
    this.current = to;
    this.#steady = 0;
    this.#tell(true);
  }
  #tell(moved: boolean): void {
    for (const listener of [...this.#listeners]) listener(moved);
  }
}
