/** Follows the cluster and the ConfigMap `coredns`, and answers as it says on this node's cluster DNS address. */
import { configmaps } from "#api/core/config-map.ts";
import type { ConfigMap } from "#api/mod.ts";
import { type Clock, Lifetime, type Log, type Random, systemRandom } from "#base/mod.ts";
import type { Client } from "#client/contract.ts";
import { type EventRecorder, eventRecorder } from "#client/event-recorder.ts";
import { informer } from "#client/informer.ts";
import { readConfiguration } from "./configuration.ts";
import { defaultCorefile } from "./corefile/default.ts";
import { CorefileError } from "./corefile/tokens.ts";
import { HttpPorts, type Teller } from "./http-ports.ts";
import { Metrics } from "./metrics.ts";
import { Names } from "./names.ts";
import { configMapPlace } from "./objects.ts";
import { answerFirst, type Closable, standIn } from "./pair.ts";
import { DnsListeners } from "./server.ts";
import { Serving } from "./serving.ts";

export interface DnsOptions {
  client: Client;
  clock: Clock;
  random?: Random;
  log: Log;
  /** `cluster.local`. */
  domain: string;
  /** Addresses to listen on; they must be on an interface of this node already. */
  addresses: string[];
  /** What stands for port 53. */
  port?: number;
  /** What `/etc/resolv.conf` of a Corefile names: who is asked about names outside the cluster. */
  resolvers: string[];
  /** Of two that answer on one address: which one this is, and the socket file by which they know of each other. */
  pair?: { role: "first" | "stand-in"; file: string };
  /** Whose Events those are that tell of a wrong configuration; absent: it tells of none. */
  nodeName?: string;
}

export interface Dns {
  /** Resolves when it knows what there is, and answers unless it stands in for one that does. */
  ready: Promise<void>;
  close(): Promise<void>;
}

/** A cluster from before there was a ConfigMap may not let it be read: then what is built in has to do. */
const configMapMs = 5000;

export function startDns(options: DnsOptions): Dns {
  const dns = new RunningDns(options);
  return { ready: dns.start(), close: () => dns.close() };
}

class RunningDns {
  readonly #options: DnsOptions;
  readonly #names: Names;
  readonly #metrics: Metrics;
  readonly #config;
  readonly #listeners: DnsListeners;
  readonly #http: HttpPorts;
  readonly #events: EventRecorder | undefined;
  #serving: Serving | undefined;
  /** What the ConfigMap said last, right or wrong. */
  #said = "";
  #answering = false;
  #leaving = false;
  #closed = false;
  #server: Closable | undefined;
  #ready: Promise<void> = Promise.resolve();
  /** One change after another. */
  #changes: Promise<void> = Promise.resolve();

  constructor(options: DnsOptions) {
    this.#options = options;
    const { client, clock, random, log, addresses, port, nodeName } = options;
    this.#names = new Names({ client, clock, random, log, addresses });
    this.#metrics = new Metrics(clock.now());
    this.#events = nodeName === undefined ? undefined : eventRecorder(client, { component: "coredns", host: nodeName, clock, log });
    const { namespace, name } = configMapPlace;
    const watch = { namespace, fieldSelector: `metadata.name=${name}`, clock, log, ...(random ? { random } : {}) };
    this.#config = informer(client, configmaps, watch);
    const respond: Serving["respond"] = (at, query, peer) => this.#serving?.respond(at, query, peer);
    this.#listeners = new DnsListeners({ respond, addresses, port, log });
    this.#http = new HttpPorts({ addresses, tell: this.#tell, log });
  }
  start(): Promise<void> {
    this.#ready = this.#start();
    return this.#ready;
  }
  async #start(): Promise<void> {
    const { clock, log, pair } = this.#options;
    await this.#names.synced;
    await this.#config.until(() => this.#config.hasSynced(), configMapMs);
    if (this.#closed) return;
    this.#take(this.#config.get(`${configMapPlace.namespace}/${configMapPlace.name}`));
    await this.#changes;
    if (!this.#serving) this.#use(defaultCorefile(this.#options.domain), new Map());
    this.#config.onChange(({ type, object }) => {
      // Without one the last stays in force.
      if (type === "deleted") log.warn("dns: the ConfigMap coredns is gone; what it said last stays in force");
      else this.#take(object);
    });
    await this.#changes;
    if (!pair) this.#server = await this.#listen();
    else {
      const listen = () => this.#listen();
      this.#server = await (pair.role === "first" ? answerFirst(listen, pair.file, log) : standIn(listen, { file: pair.file, clock, log }));
    }
  }
  async close(): Promise<void> {
    this.#closed = true;
    this.#config.close();
    await this.#ready.catch(() => {});
    await this.#lameduck();
    await this.#server?.close();
    await this.#changes;
    this.#names.close();
    this.#serving?.close();
  }
  /** Still answers for a while, but is not ready any more. */
  async #lameduck(): Promise<void> {
    this.#leaving = true;
    const ms = Math.max(0, ...(this.#serving?.configuration.servers ?? []).map(({ settings }) => settings.health?.lameduckMs ?? 0));
    if (this.#answering && ms > 0) await this.#options.clock.sleep(ms);
  }
  #take(config: ConfigMap | undefined): void {
    const { log } = this.#options;
    if (!config) return;
    const said = JSON.stringify(config.data ?? {});
    if (said === this.#said) return;
    this.#said = said;
    const { Corefile: text, ...others } = config.data ?? {};
    try {
      if (text === undefined) throw new CorefileError({ file: "Corefile", line: 1 }, "the ConfigMap has no key Corefile");
      this.#use(text, new Map(Object.entries(others)));
    } catch (error) {
      if (!(error instanceof CorefileError)) throw error;
      this.#metrics.counter("coredns_reload_failed_total", "Configurations that were not taken.").value++;
      const inForce = this.#serving ? "what was in force before stays" : "what is built in is in force";
      log.error(`dns: the configuration is not taken: ${error.message}`, { inForce });
      this.#event("InvalidCorefile", `${error.message}; ${inForce}`);
    }
  }
  /** Throws CorefileError. */
  #use(text: string, files: ReadonlyMap<string, string>): void {
    const { clock, random = systemRandom, log, resolvers } = this.#options;
    const configuration = readConfiguration(text, { files, resolvers });
    this.#changes = this.#changes.then(async () => {
      if (this.#closed) return;
      const tell = (reason: string, message: string) => this.#event(reason, message);
      const next = new Serving(configuration, { clock, random, log, metrics: this.#metrics, names: this.#names, tell });
      try {
        if (this.#answering) await this.#listeners.open(next.ports);
      } catch (error) {
        next.close();
        const message = error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error);
        log.error(`dns: the configuration is not taken: ${message}`);
        return this.#event("InvalidCorefile", message);
      }
      const before = this.#serving;
      this.#serving = next;
      before?.close();
      this.#names.keepOnly(configuration.names);
      if (this.#answering) await this.#settle(next);
      if (before) log.info("dns: another configuration is in force");
    });
  }
  /** Of ports, those that the configuration has. */
  async #settle(serving: Serving): Promise<void> {
    await this.#listeners.keepOnly(serving.ports);
    for (const problem of await this.#http.set(httpPortsOf(serving))) {
      this.#options.log.warn(`dns: ${problem}`);
      this.#event("PortTaken", problem);
    }
  }
  async #listen(): Promise<Lifetime> {
    const lifetime = new Lifetime({ log: this.#options.log });
    const open = async () => {
      const serving = this.#serving!;
      await this.#listeners.open(serving.ports);
      this.#answering = true;
      await this.#settle(serving);
    };
    const opened = this.#changes.then(open);
    this.#changes = opened.catch(() => {});
    await opened;
    lifetime.add(async () => {
      this.#answering = false;
      this.#changes = this.#changes.then(async () => {
        await this.#http.close();
        await this.#listeners.keepOnly([]);
      });
      await this.#changes;
    });
    return lifetime;
  }
  #event(reason: string, message: string): void {
    const about = { apiVersion: "v1", kind: "ConfigMap", ...configMapPlace };
    this.#events?.event(this.#config.get(`${about.namespace}/${about.name}`) ?? about, "Warning", reason, message);
  }
  readonly #tell: Teller = (path, port) => {
    const servers = this.#serving?.configuration.servers ?? [];
    const has = (what: "metrics" | "health" | "ready") => servers.some(({ settings }) => settings[what]?.port === port);
    const text = (status: number, body: string) => ({ status, type: "text/plain; charset=utf-8", text: body });
    if (path === "/metrics" && has("metrics"))
      return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", text: this.#metrics.text() };
    if (path === "/health" && has("health")) return text(200, "OK");
    if (path !== "/ready" || !has("ready")) return undefined;
    if (this.#leaving) return text(503, "Shutting down");
    const waiting = (this.#serving?.configuration.names ?? []).some((names) => !this.#names.zones(names).synced);
    return waiting ? text(503, "kubernetes") : text(200, "OK");
  };
}

function httpPortsOf({ configuration: { servers } }: Serving): number[] {
  return servers.flatMap(({ settings: { metrics, health, ready } }) => [metrics, health, ready].flatMap((each) => each?.port ?? []));
}
