/** Answers exchanges by the table: looks a request's route up and sends it on its way, or says why it cannot. */
import { type Clock, type Random, systemRandom } from "#base/mod.ts";
import { type BasicAuth, Passwords, type Users } from "../auth/users.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Fields } from "../http/head.ts";
import type { Request } from "../http/message.ts";
import { isTaken } from "../routes/canary.ts";
import { type CustomHeaders, withHeaders } from "../routes/custom-headers.ts";
import { comparableHost } from "../routes/host.ts";
import { match } from "../routes/match.ts";
import type { Options, Protocol } from "../routes/options.ts";
import { comparablePath } from "../routes/path.ts";
import type { Route, Table, Target } from "../routes/table.ts";
import { Again } from "./again.ts";
import type { Backend, Backends, Member } from "./backends.ts";
import { forwardedFields } from "./forwarded.ts";
import { Guards } from "./guards.ts";
import { Ids } from "./ids.ts";
import { say } from "./own-words.ts";
import { type Outcome, Passage, repeatable, type Way } from "./passage.ts";
import { cookieOf, corsFields, type Knows, originOf, stickyFields, targetFor, verdictOf } from "./rules.ts";
import { Tunnels } from "./tunnels.ts";

/** What is told of a route; metrics are kept by the object itself. */
export type Led = Pick<Route, "ingress" | "host" | "path" | "target">;

/** One request and its answer, as the access log tells it. */
export interface Visit extends Outcome {
  exchange: Exchange;
  /** None took it. */
  route: Led | undefined;
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

export const backendKey = ({ namespace, service, port }: Extract<Target, { kind: "service" }>, protocol: Protocol): string =>
  `${namespace}/${service}:${port} ${protocol}`;

export const usersKey = ({ secret, kind }: Pick<BasicAuth, "secret" | "kind">): string => `${secret} ${kind}`;
export const secretOf = (users: string): string => users.slice(0, users.indexOf(" "));

const emptyTable: Table = {
  hosts: new Map(),
  wildcards: new Map(),
  anyHost: undefined,
  fallback: undefined,
  routes: [],
  complaints: [],
  shadowed: [],
};

export class Answerer {
  /** Replaced whole; requests under way keep what they found. */
  table: Table = emptyTable;
  /** By `namespace/name` and kind of their Secret; replaced whole, with the table. */
  users: ReadonlyMap<string, Users> = new Map();
  /** By `namespace/name` of their ConfigMap; replaced with the table. */
  headers: ReadonlyMap<string, CustomHeaders> = new Map();
  readonly #options: AnswererOptions;
  readonly #random: Random;
  readonly #passwords = new Passwords();
  readonly #tunnels: Tunnels;
  readonly #ids: Ids;
  readonly #guards: Guards;

  constructor(options: AnswererOptions) {
    this.#options = options;
    this.#tunnels = new Tunnels(options.clock);
    this.#random = options.random ?? systemRandom;
    this.#ids = new Ids(this.#random);
    this.#guards = new Guards(options.clock);
  }
  /** From now on this, all at once. */
  obey({ table, users, headers }: Pick<Answerer, "table" | "users" | "headers">): void {
    this.table = table;
    this.users = users;
    this.headers = headers;
  }
  get tunnels(): number {
    return this.#tunnels.count;
  }
  answer(exchange: Exchange): void {
    const { request, client } = exchange;
    const startMs = this.#options.clock.monotonic();
    const host = comparableHost(request.authority) ?? (request.authority === "" ? "" : undefined);
    const query = request.target.indexOf("?");
    const path = comparablePath(query < 0 ? request.target : request.target.slice(0, query));
    const route = host === undefined || path === undefined ? undefined : match(this.table, host, path);
    const { fields, id } = forwardedFields(request.fields, client, request.authority, () => this.#ids.next());
    const visit: Begun = { exchange, route, id, startMs };
    if (host === undefined) return this.#refuse(visit, 400, "the host is none");
    if (path === undefined) return this.#refuse(visit, 400, "the path is none");
    if (!route) return this.#refuse(visit, 404, "no Ingress has this host and path");
    const verdict = verdictOf(route, { request, client, path, knows: this.#knows });
    if (verdict) return this.#refuse(visit, verdict.status, verdict.why, verdict.fields);
    const own = route.options.headers === undefined ? undefined : this.headers.get(route.options.headers);
    if (route.options.headers !== undefined && own?.problem !== undefined)
      return this.#refuse(visit, 503, "the fields of its answers are not known");
    const taken = this.#side(route, request.fields);
    const led = { ...visit, route: taken };
    if (taken.target.kind === "resource") return this.#refuse(led, 404, `nobody here answers for ${taken.target.what}`);
    const backend = this.#backendOf(taken);
    if (!backend) return this.#refuse(led, 503, "the backend is not known yet");
    this.#send({ visit: led, route: taken, backend, path, fields, own });
  }
  /** Ends the connections that went over to another protocol. */
  close(): void {
    this.#tunnels.close();
  }

  readonly #knows: Knows = (auth, authorization) => {
    const users = this.users.get(usersKey(auth));
    return users && users.kept.size > 0 ? this.#passwords.lets(users, authorization) : "nobody";
  };
  #backendOf({ target, options }: Route): Backend | undefined {
    return target.kind === "service" ? this.#options.backends.get(backendKey(target, options.protocol)) : undefined;
  }
  /** The route, or the one that takes some of its requests. */
  #side(route: Route, fields: Fields): Route {
    const { branch, options } = route;
    if (!branch) return route;
    const token = options.sticky && options.stickyCanary ? cookieOf(fields, options.sticky.cookie) : undefined;
    const side = token && [route, branch.route].find((each) => this.#backendOf(each)?.members.some((member) => member.token === token));
    if (side) return side;
    const chosen = isTaken(branch.canary, fields, { chance: this.#random.next(), cookieOf: (name) => cookieOf(fields, name) });
    return chosen ? branch.route : route;
  }
  #send({ visit, route, backend, path, fields, own }: Ready): void {
    const { exchange } = visit;
    const { request, client } = exchange;
    const { options, ingress } = route;
    const leave = options.limits ? this.#guards.enter(ingress, client.address, options.limits) : () => {};
    if (!leave) return this.#refuse(visit, 429, "this address asks too much at once", ["Retry-After", "1"]);
    if (options.forwardedPrefix !== undefined) fields.push("X-Forwarded-Prefix", options.forwardedPrefix);
    const { first, more } = answeredBy(exchange, route, backend);
    new Passage({
      exchange,
      backend,
      options,
      first,
      again: this.#again(options, request),
      more,
      ...(own ? { shape: (answered: Fields) => withHeaders(answered, own) } : {}),
      sent: {
        method: request.method,
        target: targetFor(route, request.target, path),
        authority: options.backendHost ?? request.authority,
        fields,
        length: request.length,
        upgrade: request.upgrade,
      },
      over: (outcome) => {
        leave();
        this.#over(visit, outcome);
      },
      refuse: (status, why) => say(exchange, status, why),
      join: (one, other) => this.#tunnels.join(one, other, options.patience.readMs),
    }).begin();
  }
  #again({ again }: Options, { method, upgrade }: Request): Again | undefined {
    return again && upgrade === undefined && (again.anyMethod || repeatable.has(method))
      ? new Again(again, this.#options.clock)
      : undefined;
  }
  #refuse(visit: Begun, status: number, why: string, more?: Fields): void {
    this.#over(visit, { status, bytesIn: 0, bytesOut: 0, asked: [] });
    say(visit.exchange, status, why, more);
  }
  #over({ exchange, route, id, startMs }: Begun, outcome: Outcome): void {
    this.#options.visited?.({ ...outcome, exchange, route, id, tookMs: this.#options.clock.monotonic() - startMs });
  }
}

interface Begun {
  exchange: Exchange;
  route: Route | undefined;
  id: string;
  startMs: number;
}

interface Ready {
  visit: Begun;
  route: Route;
  backend: Backend;
  path: string;
  fields: Fields;
  /** Fields that the answer is to have. */
  own: CustomHeaders | undefined;
}

const nothingMore = (): Fields => [];

/** Who is asked first, and what the answer gets: a cookie that keeps the client there, and who may read it from another origin. */
function answeredBy({ request, client }: Exchange, { options }: Route, backend: Backend): Pick<Way, "first" | "more"> {
  const { sticky, cors } = options;
  if (!sticky && !cors) return { first: undefined, more: nothingMore };
  const token = sticky ? cookieOf(request.fields, sticky.cookie) : undefined;
  const known = token === undefined ? undefined : backend.members.find((member) => member.token === token);
  const corsMore = cors ? (corsFields(cors, originOf(request.fields), false) ?? []) : [];
  const more = (member: Member): Fields => {
    const stays = known !== undefined && (known === member || !sticky?.changesOnFailure);
    return sticky && !stays ? [...stickyFields(sticky, member.token, client), ...corsMore] : corsMore;
  };
  return { first: known && !known.upstream.isAside ? known : undefined, more };
}
