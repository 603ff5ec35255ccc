/** The ports of Gateways as they are open on this host: each has a number of its own here, to which its Service leads. */
import type { Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { type Log, messageOf } from "#base/mod.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Door, Listening } from "../proxy/door.ts";
import { covers } from "./hostnames.ts";
import type { Pem } from "./listeners.ts";
import type { PortPlan } from "./plan.ts";
import type { Opened } from "./service.ts";
import type { Streams } from "./streams/streams.ts";

export interface PortsOptions {
  door: Door;
  /** Of this host. */
  addresses: readonly string[];
  log: Log;
  answer(exchange: Exchange, plan: PortPlan | undefined): void;
  streams: Streams;
  /** For clients that name no host, where no listener is for all hosts. */
  certificate: Pem;
  /** What is open is not what it was. */
  changed(): void;
  /** A port could not be opened: it is worth another try after a while. */
  failed(): void;
}

interface Held {
  host: string;
  port: number;
  gateway: string;
  listening: Listening;
}

const idOf = ({ gateway, port, speaks, clients }: PortPlan) => `${gateway} ${port} ${speaks}${clients ? " clients" : ""}`;
/** A certificate with the authorities that clients' ones must be of. */
type Shown = Pem & { ca?: string | undefined };
const contextKey = ({ cert, key, ca = "" }: Shown) => `${cert}\0${key}\0${ca}`;

export class Ports {
  readonly #options: PortsOptions;
  readonly #held = new Map<string, Held>();
  #plans = new Map<string, PortPlan>();
  #contexts = new Map<string, SecureContext>();
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: PortsOptions) {
    this.#options = options;
  }
  /** From now on requests are answered by these; ports are opened and given back soon after. */
  set(plans: readonly PortPlan[]): void {
    this.#plans = new Map(plans.map((plan) => [idOf(plan), plan]));
    const contexts = new Map<string, SecureContext>();
    for (const { certificates, clients } of plans)
      for (const { pem } of certificates) {
        const shown = { ...pem, ca: clients?.ca };
        const id = contextKey(shown);
        contexts.set(id, this.#contexts.get(id) ?? createSecureContext(shown));
      }
    this.#contexts = contexts;
    this.#work = this.#work.then(() => this.#once());
  }
  /** Where a Gateway's ports are answered. */
  of(gateway: string): Opened[] {
    return [...this.#held.values()]
      .filter((held) => held.gateway === gateway)
      .map(({ host, port, listening }) => ({ host, port, hostPort: listening.port }));
  }
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
    for (const { listening } of this.#held.values()) void listening.close(); // the door ends what is under way
  }

  async #once(): Promise<void> {
    if (this.#isClosed) return;
    let differs = false;
    for (const [id, held] of this.#held) {
      if (this.#plans.has(id.slice(id.indexOf(" ") + 1))) continue;
      this.#held.delete(id);
      void held.listening.close(); // open connections end in their own time
      differs = true;
    }
    for (const [id, plan] of this.#plans)
      for (const host of this.#options.addresses) {
        const held = this.#held.get(`${host} ${id}`);
        if (held) this.#renew(held, plan);
        else differs = (await this.#open(host, plan)) || differs;
      }
    if (differs) this.#options.changed();
  }
  #renew({ listening }: Held, plan: PortPlan): void {
    if (plan.speaks === "https") listening.renew(this.#certificateOf(plan));
  }
  #certificateOf({ certificates, clients }: PortPlan): Shown {
    const pem = certificates.find(({ hostname }) => hostname === "")?.pem ?? this.#options.certificate;
    return { ...pem, ca: clients?.ca };
  }
  async #open(host: string, plan: PortPlan): Promise<boolean> {
    const { door, log, answer, streams } = this.#options;
    const id = idOf(plan);
    const raw = (socket: Socket) => streams.enter(socket, this.#plans.get(id), (pem) => this.#contextOf(pem));
    const own = {
      enter: (exchange: Exchange) => answer(exchange, this.#plans.get(id)),
      certificate: this.#certificateOf(plan),
      contextFor: (name: string) => this.#contextFor(id, name),
    };
    try {
      const { speaks } = plan;
      const how =
        speaks === "tls" || speaks === "tcp"
          ? { secure: false, raw }
          : { secure: speaks === "https", own, needsClients: plan.clients !== undefined };
      const listening = await door.listen({ host, port: 0, ...how });
      this.#held.set(`${host} ${id}`, { host, port: plan.port, gateway: plan.gateway, listening });
      return true;
    } catch (error) {
      log.warn("gateway: a port could not be opened", { gateway: plan.gateway, port: plan.port, error: messageOf(error) });
      this.#options.failed();
      return false;
    }
  }
  #contextFor(id: string, name: string): SecureContext {
    const host = name.toLowerCase();
    const plan = this.#plans.get(id);
    const found = plan?.certificates.find(({ hostname }) => covers(hostname, host));
    if (!found) throw new Error(`no listener has the host ${host}`);
    return this.#contextOf({ ...found.pem, ca: plan?.clients?.ca });
  }
  #contextOf(shown: Shown): SecureContext {
    return this.#contexts.get(contextKey(shown)) ?? createSecureContext(shown);
  }
}
