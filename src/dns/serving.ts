/** The configuration in force: finds the server of a query, sends it through the server's plugins, and finishes what comes out. */
import { type Clock, familyOf, type Log, type Random } from "#base/mod.ts";
import { cut, failure } from "./answer.ts";
import type { Configuration, ServerConfiguration } from "./configuration.ts";
import { dotted, nameAt, plainName, rcodes, types, zoneOf } from "./message.ts";
import { type Asked, type Metrics, observe } from "./metrics.ts";
import type { NameSource } from "./names.ts";
import { ErrorLog } from "./plugins/errors.ts";
import { lineOf } from "./plugins/log.ts";
import type { Handler, Query, Reply, Running } from "./plugins/plugin.ts";
import { addressesIn, type Prepared, PreparedAnswers, rotated, stamped } from "./prepared.ts";

export interface ServingGiven {
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  names: NameSource;
  tell(reason: string, message: string): void;
}

export interface Peer {
  address: string;
  port: number;
  stream: boolean;
  /** Where it was asked. */
  local: string;
}

interface Server {
  configuration: ServerConfiguration;
  chain: Handler;
  errors: ErrorLog | undefined;
  /** `dns://:53`. */
  name: string;
}

interface AtPort {
  servers: readonly Server[];
  zones: readonly string[];
  prepared: PreparedAnswers;
}

const plainUdpBytes = 512;
const mostUdpBytes = 4096;

export class Serving {
  readonly #given: ServingGiven;
  readonly #ports: ReadonlyMap<number, AtPort>;
  readonly #end = new AbortController();
  readonly configuration: Configuration;

  constructor(configuration: Configuration, given: ServingGiven) {
    this.configuration = configuration;
    this.#given = given;
    const ports = new Map<number, Server[]>();
    for (const server of configuration.servers) ports.set(server.port, [...(ports.get(server.port) ?? []), this.#serverOf(server)]);
    this.#ports = new Map(
      [...ports].map(([port, servers]) => [
        port,
        { servers, zones: servers.flatMap(({ configuration: { zones } }) => zones), prepared: new PreparedAnswers() },
      ]),
    );
    this.#countPlugins();
  }
  get ports(): number[] {
    return [...this.#ports.keys()];
  }
  /** What it asks for in the background ends; queries under way are answered. */
  close(): void {
    this.#end.abort();
  }
  /** Undefined: it is no query. */
  respond(port: number, bytes: Buffer, peer: Peer): Buffer | Promise<Buffer> | undefined {
    if (bytes.length < 12 || (bytes[2]! & 0x80) !== 0) return undefined;
    const at = this.#ports.get(port);
    if (!at) return undefined;
    const { clock, names } = this.#given;
    const startMs = clock.monotonic();
    // Everything after the ID and flags is the question (and OPT): equal bytes have equal answers.
    const isPlain = (bytes[2]! & 0x78) === 0;
    const key = isPlain ? `${peer.stream ? "s" : "d"}${bytes.toString("latin1", 4)}` : "";
    const known = isPlain ? at.prepared.get(key, names.version) : undefined;
    if (known) return this.#known(known, at, { bytes, peer, startMs });
    const refused = problemOf(bytes);
    if (refused !== undefined) return failure(bytes, refused);
    const query = queryOf(bytes, peer);
    const server = query && serverOf(at, query.name);
    if (!query) return failure(bytes, rcodes.FORMERR!);
    if (!server) return failure(bytes, rcodes.REFUSED!);
    const { version } = names;
    const finish = (reply: Reply) => {
      const fits = this.#fitting(reply, query);
      const counted = server.configuration.settings.metrics ? this.#askedOf(server, query, peer) : undefined;
      const rotates = server.configuration.settings.rotates;
      if (reply.lasting && isPlain && version === names.version) {
        const prepared: Prepared = {
          bytes: fits,
          turns: rotates ? addressesIn(fits) : [],
          turn: 0,
          by: reply.by,
          counted: [undefined, undefined],
        };
        // A server that logs each query looks at each.
        if (!server.configuration.settings.log) at.prepared.set(key, prepared);
        prepared.counted[familyOf(peer.address) === "IPv4" ? 0 : 1] = counted;
        return this.#finished(server, { query, reply, out: stamped(prepared, bytes), counted, peer, startMs });
      }
      const out = rotates && !reply.lasting ? rotated(Buffer.from(fits), this.#given.random.int(64)) : Buffer.from(fits);
      out[0] = bytes[0]!;
      out[1] = bytes[1]!;
      return this.#finished(server, { query, reply, out, counted, peer, startMs });
    };
    const reply = this.#through(server, query);
    return reply instanceof Promise ? reply.then(finish) : finish(reply);
  }
  #known(known: Prepared, at: AtPort, { bytes, peer, startMs }: { bytes: Buffer; peer: Peer; startMs: number }): Buffer {
    const out = stamped(known, bytes);
    const family = peer.address.includes(":") ? 1 : 0;
    const [one, other] = known.counted;
    if (!one && !other) return out;
    let counted = known.counted[family];
    if (!counted) {
      const query = queryOf(bytes, peer)!;
      counted = this.#askedOf(serverOf(at, query.name)!, query, peer);
      known.counted[family] = counted;
    }
    this.#count(counted, { by: known.by, asked: bytes.length, out, startMs });
    return out;
  }
  #count(counted: Asked, { by, asked, out, startMs }: { by: string; asked: number; out: Buffer; startMs: number }): void {
    counted.requests.value++;
    observe(counted.requestBytes, asked);
    observe(counted.responseBytes, out.length);
    observe(counted.seconds, (this.#given.clock.monotonic() - startMs) / 1000);
    counted.responses(out[3]! & 0x0f, by).value++;
  }
  #askedOf(server: Server, query: Query, peer: Peer): Asked {
    const zone = zoneOf(query.name, server.configuration.zones) ?? "";
    const family = familyOf(peer.address) === "IPv4" ? 4 : 6;
    return this.#given.metrics.asked({ server: server.name, zone, type: query.type, stream: query.stream, family });
  }
  #finished(server: Server, { query, reply, out, counted, peer, startMs }: Finished): Buffer {
    if (counted) this.#count(counted, { by: reply.by, asked: query.bytes.length, out, startMs });
    server.errors?.failed(query, reply);
    const { log: rules } = server.configuration.settings;
    if (rules) {
      const seconds = (this.#given.clock.monotonic() - startMs) / 1000;
      const line = lineOf(rules, { query, answer: out, seconds, local: peer.local });
      if (line) this.#given.log.info(line);
    }
    return out;
  }
  #through(server: Server, query: Query): Reply | Promise<Reply> {
    const failed = (error: unknown): Reply => {
      this.#given.log.error("dns: a query failed", { name: query.name, error: error instanceof Error ? error.stack : String(error) });
      return { bytes: failure(query.bytes, rcodes.SERVFAIL!), by: "", lasting: false };
    };
    try {
      const reply = server.chain(query);
      return reply instanceof Promise ? reply.catch(failed) : reply;
    } catch (error) {
      return failed(error);
    }
  }
  #fitting({ bytes }: Reply, query: Query): Buffer {
    if (query.stream || bytes.length <= plainUdpBytes) return bytes;
    const most = Math.max(plainUdpBytes, Math.min(mostUdpBytes, optBytes(query.bytes)));
    return bytes.length <= most ? bytes : cut(bytes);
  }
  #serverOf(configuration: ServerConfiguration): Server {
    const { clock, random, log, metrics, names, tell } = this.#given;
    const name = `dns://:${configuration.port}`;
    const { settings } = configuration;
    const running: Running = {
      clock,
      random,
      log,
      metrics,
      names,
      tell,
      server: name,
      zone: configuration.zones[0]!,
      signal: this.#end.signal,
      ask: async (query) => {
        const at = this.#ports.get(configuration.port);
        const server = at && serverOf(at, query.name);
        return server ? this.#through(server, query) : { bytes: failure(query.bytes, rcodes.REFUSED!), by: "", lasting: false };
      },
    };
    const chain = configuration.links.reduceRight((next: Handler, { link }) => link(next, running), nobody);
    return { configuration, chain, name, errors: settings.errors ? new ErrorLog(settings.errors, { clock, log }) : undefined };
  }
  #countPlugins(): void {
    const { metrics } = this.#given;
    metrics.forget("coredns_plugin_enabled");
    for (const { zones, port, plugins, settings } of this.configuration.servers)
      if (settings.metrics)
        for (const zone of zones)
          for (const name of plugins) {
            const labels = { server: `dns://:${port}`, zone: dotted(zone), view: "", name };
            metrics.gauge("coredns_plugin_enabled", "Plugins of each server and zone.", labels).value = 1;
          }
  }
}

interface Finished {
  query: Query;
  reply: Reply;
  out: Buffer;
  counted: Asked | undefined;
  peer: Peer;
  startMs: number;
}

/** Behind the last plugin there is nobody who could answer. */
const nobody: Handler = (query) => ({
  bytes: failure(query.bytes, rcodes.SERVFAIL!),
  by: "",
  lasting: false,
  problem: "no next plugin found",
});

/** Counts are the sender's word: more than one question or a few extras is refused before anything is walked. */
function problemOf(query: Buffer): number | undefined {
  if (query.readUInt16BE(4) !== 1 || query.readUInt16BE(6) + query.readUInt16BE(8) > 0 || query.readUInt16BE(10) > 2) return rcodes.FORMERR;
  return ((query[2]! >> 3) & 0xf) === 0 ? undefined : rcodes.NOTIMP;
}

function queryOf(bytes: Buffer, { address, port, stream }: Peer): Query | undefined {
  try {
    const { name, end } = nameAt(bytes, 12);
    const [type, kind] = [bytes.readUInt16BE(end), bytes.readUInt16BE(end + 2)];
    return { bytes, name: plainName(name), type, class: kind, stream, client: address, clientPort: port };
  } catch {
    return undefined;
  }
}

function serverOf({ servers, zones }: AtPort, name: string): Server | undefined {
  if (servers.length === 1 && zones.length === 1 && zones[0] === "") return servers[0];
  const zone = zoneOf(name, zones);
  return zone === undefined ? undefined : servers.find(({ configuration }) => configuration.zones.includes(zone));
}

/** What who asks can take, as its OPT says; it stands last where anybody sends one. */
function optBytes(query: Buffer): number {
  try {
    const { end } = nameAt(query, 12);
    const at = end + 4;
    return query[at] === 0 && query.readUInt16BE(at + 1) === types.OPT ? query.readUInt16BE(at + 3) : 0;
  } catch {
    return 0;
  }
}
