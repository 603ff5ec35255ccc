/** The backends that routes lead to, each with its endpoints; endpoints that several share have one set of connections. */
import type { Clock } from "#base/mod.ts";
import type { BackendTls } from "../http/back1.ts";
import { type Upstream, Upstream1, Upstream2 } from "../http/upstream.ts";
import type { Endpoint } from "../routes/endpoints.ts";
import type { Protocol } from "../routes/options.ts";
import { tokenOf } from "./rules.ts";

export interface Wanted {
  protocol: Protocol;
  endpoints: readonly Endpoint[];
  /** How TLS is spoken, where it is not the usual way; the id is another for another way. */
  tls?: { id: string; how: BackendTls } | undefined;
  /** Why there are none, and cannot be any. */
  problem?: string;
}

export interface Member {
  endpoint: Endpoint;
  upstream: Upstream;
  /** What a cookie calls it. */
  token: string;
}

export class Backend {
  members: Member[] = [];
  problem: string | undefined;
  #next = 0;

  /** In turn; those that could not be connected to lately only when nobody else is left. */
  pick(tried: readonly Member[]): Member | undefined {
    const count = this.members.length;
    let last: Member | undefined;
    for (let asked = 0; asked < count; asked++) {
      const member = this.members[this.#next++ % count]!;
      if (tried.includes(member)) continue;
      if (!member.upstream.isAside) return member;
      last ??= member;
    }
    return last;
  }
}

/** The endpoint's address and how it is spoken to. */
const idOf = ({ ip, port }: Endpoint, { protocol, tls }: Wanted) => `${protocol} ${ip}:${port}${tls ? ` ${tls.id}` : ""}`;

export class Backends {
  readonly #clock: Clock;
  readonly #backends = new Map<string, Backend>();
  readonly #upstreams = new Map<string, Upstream>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  get(key: string): Backend | undefined {
    return this.#backends.get(key);
  }
  /** All that there are from now on. What goes takes no new calls, and ends those under way in their own time. */
  set(wanted: ReadonlyMap<string, Wanted>): void {
    const used = new Set<string>();
    for (const key of [...this.#backends.keys()]) if (!wanted.has(key)) this.#backends.delete(key);
    for (const [key, want] of wanted) {
      const { endpoints, problem } = want;
      let backend = this.#backends.get(key);
      if (!backend) this.#backends.set(key, (backend = new Backend()));
      backend.problem = problem;
      backend.members = endpoints.map((endpoint) => {
        const id = idOf(endpoint, want);
        used.add(id);
        return { endpoint, upstream: this.#upstream(endpoint, want), token: tokenOf(key, id) };
      });
    }
    for (const [id, upstream] of this.#upstreams) {
      if (used.has(id)) continue;
      this.#upstreams.delete(id);
      upstream.retire();
      if (upstream.connections > 0) this.#leaving.add(upstream);
    }
  }
  /** Called now and then. */
  look(now: number): void {
    for (const upstream of this.#upstreams.values()) upstream.look(now);
    for (const upstream of this.#leaving) {
      upstream.look(now);
      if (upstream.connections === 0) this.#leaving.delete(upstream);
    }
  }
  close(): void {
    for (const upstream of [...this.#upstreams.values(), ...this.#leaving]) upstream.destroy();
    this.#upstreams.clear();
    this.#leaving.clear();
    this.#backends.clear();
  }

  /** Of endpoints that are gone, with calls under way. */
  readonly #leaving = new Set<Upstream>();

  #upstream(endpoint: Endpoint, want: Wanted): Upstream {
    const { protocol } = want;
    const id = idOf(endpoint, want);
    let upstream = this.#upstreams.get(id);
    if (!upstream) {
      const tls = protocol === "HTTPS" || protocol === "GRPCS" ? (want.tls?.how ?? { servername: "" }) : undefined;
      const of = { dial: { host: endpoint.ip, port: endpoint.port, tls }, now: () => this.#clock.monotonic() };
      upstream = protocol === "GRPC" || protocol === "GRPCS" ? new Upstream2(of) : new Upstream1(of);
      this.#upstreams.set(id, upstream);
    }
    return upstream;
  }
}
