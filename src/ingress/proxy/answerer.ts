/** Answers exchanges by the table: looks a request's route up and sends it on its way, or says why it cannot. */
import type { Duplex } from "node:stream";
import { type Clock, type Random, systemRandom } from "#base/mod.ts";
import { join } from "#net/mod.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Fields } from "../http/head.ts";
import { comparableHost } from "../routes/host.ts";
import { match } from "../routes/match.ts";
import { plainOptions } from "../routes/options.ts";
import { comparablePath } from "../routes/path.ts";
import type { Route, Table, Target } from "../routes/table.ts";
import type { Backends } from "./backends.ts";
import { forwardedFields } from "./forwarded.ts";
import { type Outcome, Passage } from "./passage.ts";

/** One request and its answer, as the access log tells it. */
export interface Visit extends Outcome {
  exchange: Exchange;
  /** None took it. */
  route: Route | undefined;
  id: string;
  /** Milliseconds of the clock that never goes backwards. */
  tookMs: number;
}

export interface AnswererOptions {
  clock: Clock;
  random?: Random;
  backends: Backends;
  visited?(visit: Visit): void;
}

export const backendKey = ({ namespace, service, port }: Extract<Target, { kind: "service" }>): string => `${namespace}/${service}:${port}`;

const emptyTable: Table = { hosts: new Map(), wildcards: new Map(), anyHost: undefined, fallback: undefined, routes: [], shadowed: [] };

export class Answerer {
  /** Replaced whole; requests under way keep what they found. */
  table: Table = emptyTable;
  readonly #options: AnswererOptions;
  readonly #tunnels = new Set<Duplex>();
  readonly #ids: Ids;

  constructor(options: AnswererOptions) {
    this.#options = options;
    this.#ids = new Ids(options.random ?? systemRandom);
  }
  get tunnels(): number {
    return this.#tunnels.size;
  }
  answer(exchange: Exchange): void {
    const { request, client } = exchange;
    const { clock, backends, visited } = this.#options;
    const startMs = clock.monotonic();
    const host = comparableHost(request.authority) ?? (request.authority === "" ? "" : undefined);
    const query = request.target.indexOf("?");
    const path = comparablePath(query < 0 ? request.target : request.target.slice(0, query));
    const route = host === undefined || path === undefined ? undefined : match(this.table, host, path);
    const { fields, id } = forwardedFields(request.fields, client, request.authority, () => this.#ids.next());
    const over = (outcome: Outcome) => visited?.({ ...outcome, exchange, route, id, tookMs: clock.monotonic() - startMs });
    const refuse = (status: number, why: string) => {
      over({ status, bytesIn: 0, bytesOut: 0, asked: [] });
      say(exchange, status, why);
    };
    if (host === undefined) return refuse(400, "the host is none");
    if (path === undefined) return refuse(400, "the path is none");
    if (!route) return refuse(404, "no Ingress has this host and path");
    if (route.target.kind === "resource") return refuse(404, `nobody here answers for ${route.target.what}`);
    const backend = backends.get(backendKey(route.target));
    if (!backend) return refuse(503, "the backend is not known yet");
    const { method, target, authority, length, upgrade } = request;
    const options = plainOptions;
    if (options.mostBodyBytes > 0 && length !== "unknown" && length > options.mostBodyBytes) return refuse(413, "the body is too large");
    new Passage({
      exchange,
      backend,
      options,
      sent: { method, target, authority, fields, length, upgrade },
      over,
      refuse: (status, why) => say(exchange, status, why),
      join: (one, other) => this.#join(one, other),
    }).begin();
  }
  /** Ends the connections that went over to another protocol. */
  close(): void {
    for (const side of this.#tunnels) side.destroy();
  }

  #join(client: Duplex, backend: Duplex): void {
    this.#tunnels.add(client);
    void join(client, backend, this.#options.clock).then(() => this.#tunnels.delete(client));
  }
}

function say(exchange: Exchange, status: number, why: string, more: Fields = []): void {
  const body = Buffer.from(`${status}: ${why}\n`);
  const isHead = exchange.request.method === "HEAD";
  exchange.respond(
    status,
    reasons[status] ?? "Error",
    ["Content-Type", "text/plain; charset=utf-8", ...more],
    isHead ? 0 : body.length,
    body.length,
  );
  if (!isHead) exchange.write(body);
  exchange.end([]);
}

const reasons: Record<number, string> = {
  400: "Bad Request",
  404: "Not Found",
  413: "Content Too Large",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** Names of requests, 16 random bytes each; bytes are asked for by the page. */
class Ids {
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
