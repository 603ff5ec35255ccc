/** Answers the exchanges that come to a Gateway's ports: finds the rule, obeys its filters and sends the request on its way. */
import { type Clock, type Random, systemRandom } from "#base/mod.ts";
import type { Sent } from "../http/call.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Fields } from "../http/head.ts";
import { Again } from "../proxy/again.ts";
import type { Led, Visit } from "../proxy/answerer.ts";
import type { Backends, Member } from "../proxy/backends.ts";
import { forwardedFields } from "../proxy/forwarded.ts";
import { Ids } from "../proxy/ids.ts";
import { say } from "../proxy/own-words.ts";
import { type Outcome, Passage } from "../proxy/passage.ts";
import { Tunnels } from "../proxy/tunnels.ts";
import { comparableHost } from "../routes/host.ts";
import { plainOptions } from "../routes/options.ts";
import { comparablePath } from "../routes/path.ts";
import { preflightOf, withCors } from "./cors.ts";
import { type Entry, find, laneOf } from "./match.ts";
import { Mirror, Mirrored } from "./mirror.ts";
import { pick } from "./pick.ts";
import type { PortPlan } from "./plan.ts";
import { type Choice, changed, modifiedPath, type Redirect, type Rule } from "./rules.ts";
import { beginning, sessionIn } from "./sessions.ts";

export interface GatewayAnswererOptions {
  clock: Clock;
  random?: Random;
  backends: Backends;
  visited?(visit: Visit): void;
}

interface Begun {
  exchange: Exchange;
  led: Led | undefined;
  id: string;
  startMs: number;
}

interface Found {
  begun: Begun;
  entry: Entry;
  fields: Fields;
  path: string;
}

/** A backend that is silent is given up by the route's own timeout; without one, as an Ingress's. */
const options = { ...plainOptions, toTls: "never" } as const;

export class GatewayAnswerer {
  readonly #options: GatewayAnswererOptions;
  readonly #random: Random;
  readonly #ids: Ids;
  readonly #tunnels: Tunnels;
  /** One for each rule and backend, as metrics are kept by it. */
  readonly #led = new WeakMap<object, Led>();

  constructor(options: GatewayAnswererOptions) {
    this.#options = options;
    this.#random = options.random ?? systemRandom;
    this.#ids = new Ids(this.#random);
    this.#tunnels = new Tunnels(options.clock);
  }
  get tunnels(): number {
    return this.#tunnels.count;
  }
  answer(exchange: Exchange, plan: PortPlan | undefined): void {
    const { request } = exchange;
    const client = { ...exchange.client, port: plan?.port ?? exchange.client.port };
    const startMs = this.#options.clock.monotonic();
    const host = comparableHost(request.authority);
    const mark = request.target.indexOf("?");
    const path = comparablePath(mark < 0 ? request.target : request.target.slice(0, mark));
    const { fields, id } = forwardedFields(request.fields, client, request.authority, () => this.#ids.next());
    const begun: Begun = { exchange, led: undefined, id, startMs };
    if (host === undefined && request.authority !== "") return this.#refuse(begun, 400, "the host is none");
    if (path === undefined) return this.#refuse(begun, 400, "the path is none");
    const query = mark < 0 ? "" : request.target.slice(mark + 1);
    if (plan && isMisdirected(plan, exchange.client.serverName, host ?? ""))
      return this.#refuse(begun, 421, "the connection is for another host");
    const asked = { host: host ?? "", path, query, method: request.method, fields: request.fields };
    const entry = plan && find(plan.lanes, asked);
    if (!entry) return this.#refuse(begun, 404, "no route has this host and path");
    const { redirect, cors } = entry.rule;
    begun.led = this.#ledBy(entry, entry.rule.choices[0]);
    const preflight = cors && preflightOf(cors, request);
    if (preflight) return this.#refuse(begun, 204, "", preflight);
    if (redirect) {
      const to = redirectTo(redirect, { exchange, entry, path, port: client.port });
      return this.#refuse(begun, redirect.status, to, changed(["Location", to], entry.rule.response));
    }
    this.#lead({ begun, entry, fields, path });
  }
  /** Ends the connections that went over to another protocol. */
  close(): void {
    this.#tunnels.close();
  }

  #lead({ begun, entry, fields, path }: Found): void {
    const { first, choice } = this.#chosen(entry.rule, begun.exchange.request.fields);
    begun.led = this.#ledBy(entry, choice);
    if (!choice?.target) return this.#refuse(begun, entry.rule.nowhere, "the rule leads to no backend that there is");
    const backend = this.#options.backends.get(choice.backend);
    if (!backend) return this.#refuse(begun, 503, "the backend is not known yet");
    const { request } = begun.exchange;
    const { rule } = entry;
    const sent: Sent = {
      method: request.method,
      target: targetOf(entry, request.target, path),
      authority: rule.rewrite?.hostname ?? request.authority,
      fields: changed(fields, rule.request),
      length: request.length,
      upgrade: request.upgrade,
    };
    const mirrors = this.#mirror(rule, sent);
    const exchange = mirrors.length > 0 ? new Mirrored(begun.exchange, mirrors) : begun.exchange;
    const late = rule.timeoutMs > 0 ? this.#options.clock.after(rule.timeoutMs, () => passage.late()) : undefined;
    const passage = new Passage({
      exchange,
      backend,
      options,
      first,
      // What goes over to another protocol is no request that could be made again.
      again: rule.retrying && request.upgrade === undefined ? new Again(rule.retrying, this.#options.clock) : undefined,
      more: (member) =>
        rule.sessions && member !== first
          ? beginning(rule.sessions, member.token, { nowMs: this.#options.clock.now(), secure: begun.exchange.client.secure })
          : [],
      shape: (answered) => {
        const own = changed(changed(answered, choice.response), rule.response);
        return rule.cors ? withCors(rule.cors, request.fields, own) : own;
      },
      sent: { ...sent, fields: changed(sent.fields, choice.request) },
      over: (outcome) => {
        late?.cancel();
        if (exchange instanceof Mirrored) exchange.leave();
        this.#over(begun, outcome);
      },
      refuse: (status, why) => say(exchange, status, why),
      join: (one, other) => this.#tunnels.join(one, other, options.patience.readMs),
    });
    passage.begin();
  }
  /** Where the client's session is, while its endpoint is there and answers; else by weight. */
  #chosen({ sessions, choices }: Rule, fields: Fields): { first: Member | undefined; choice: Choice | undefined } {
    const token = sessions && sessionIn(sessions, fields, this.#options.clock.now());
    for (const choice of token === undefined ? [] : choices) {
      const member = this.#options.backends.get(choice.backend)?.members.find((each) => each.token === token);
      if (member && choice.target && !member.upstream.isAside) return { first: member, choice };
    }
    return { first: undefined, choice: pick(choices, this.#random) };
  }
  /** Copies of the request are on their way. */
  #mirror({ mirrors }: Rule, sent: Sent): Mirror[] {
    return mirrors.flatMap(({ share, choice: { target, backend: key } }) => {
      const backend = target && this.#options.backends.get(key);
      if (!backend || (share < 1 && this.#random.next() >= share)) return [];
      const mirror = new Mirror();
      mirror.begin(backend, { ...sent, fields: [...sent.fields], upgrade: undefined }, options.patience);
      return [mirror];
    });
  }
  #refuse(begun: Begun, status: number, why: string, more?: Fields): void {
    this.#over(begun, { status, bytesIn: 0, bytesOut: 0, asked: [] });
    say(begun.exchange, status, why, more);
  }
  #over({ exchange, led, id, startMs }: Begun, outcome: Outcome): void {
    this.#options.visited?.({ ...outcome, exchange, route: led, id, tookMs: this.#options.clock.monotonic() - startMs });
  }
  #ledBy({ rule, host, test }: Entry, choice: Choice | undefined): Led {
    const known = this.#led.get(choice ?? rule);
    if (known) return known;
    const path = test.path.kind === "pattern" ? test.path.pattern.pattern() : test.path.value || "/";
    const target = choice?.target ?? { kind: "resource" as const, what: "nobody" };
    const made: Led = { ingress: rule.route, host, path, target };
    this.#led.set(choice ?? rule, made);
    return made;
  }
}

/** A connection that began with one listener's name is not used for another's hosts. */
function isMisdirected({ speaks, lanes }: PortPlan, serverName: string | undefined, host: string): boolean {
  return speaks === "https" && serverName !== undefined && laneOf(lanes, serverName) !== laneOf(lanes, host);
}

interface Moved {
  exchange: Exchange;
  entry: Entry;
  path: string;
  /** Of the listener. */
  port: number;
}

const usual: Record<string, number> = { http: 80, https: 443 };

/** The port is the one that is asked for; with a scheme its usual one; else the listener's. The usual one is not written. */
export function redirectTo({ scheme, hostname, port, path: modifier }: Redirect, { exchange, entry, path, port: own }: Moved): string {
  const { request, client } = exchange;
  const is = scheme ?? (client.secure ? "https" : "http");
  const host = hostname ?? request.authority.replace(/:\d*$/, "");
  const at = port ?? (scheme ? usual[scheme] : own);
  const mark = request.target.indexOf("?");
  const query = mark < 0 ? "" : request.target.slice(mark);
  const target = modifier ? `${written(modifiedPath(modifier, path, entry.test.path))}${query}` : request.target;
  return `${is}://${host}${at === undefined || at === usual[is] ? "" : `:${at}`}${target}`;
}

function targetOf({ rule, test }: Entry, target: string, path: string): string {
  const modifier = rule.rewrite?.path;
  if (!modifier) return target;
  const mark = target.indexOf("?");
  return `${written(modifiedPath(modifier, path, test.path))}${mark < 0 ? "" : target.slice(mark)}`;
}

/** What was decoded to be compared, as a path may have it. */
const written = (path: string): string => encodeURI(path).replace(/[?#]/g, encodeURIComponent);
