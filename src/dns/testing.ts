/** For tests: queries and answers, and what is in force without a cluster or a port. */
import { Packet } from "dns2";
import { type Clock, type Log, seededRandom, silentLog, VirtualClock } from "#base/mod.ts";
import { readConfiguration, type Sources } from "./configuration.ts";
import { types } from "./message.ts";
import { Metrics } from "./metrics.ts";
import type { NameSource } from "./names.ts";
import { type Peer, Serving } from "./serving.ts";
import { Zone } from "./zone.ts";

let ids = 0;

export function aQuery(name: string, type = types.A!, { edns }: { edns?: number } = {}): Buffer {
  const query = new Packet();
  Object.assign(query.header, { id: (++ids * 7) & 0xffff, rd: 1 });
  query.questions.push({ name, type, class: 1 } as never);
  if (edns) query.additionals.push({ name: "", type: types.OPT, class: edns, ttl: 0, rdata: [] } as never);
  return Buffer.from(query.toBuffer());
}

// dns2 parses into plain records whose fields depend on their type.
// biome-ignore lint/suspicious/noExplicitAny: tests assert the shape.
export const parsed = (answer: Buffer): any => Packet.parse(answer);

export const namesOf = (zone: Zone): NameSource => ({
  get version() {
    return zone.version;
  },
  zones: () => ({
    synced: true,
    get version() {
      return zone.version;
    },
    lookup: (_, name) => zone.lookup(name),
    reverse: (name) => zone.lookup(name),
    namespaceOfPod: (address) => (address === "10.244.1.9" ? "default" : undefined),
  }),
});

export interface Given extends Partial<Sources> {
  zone?: Zone;
  clock?: Clock;
  log?: Log;
  metrics?: Metrics;
}

export const aPeer = (more: Partial<Peer> = {}): Peer => ({
  address: "10.244.1.9",
  port: 40_000,
  stream: false,
  local: "10.96.0.10",
  ...more,
});

export function aServing(corefile: string, given: Given = {}) {
  const { zone = new Zone("cluster.local"), clock = new VirtualClock(), log = silentLog } = given;
  const metrics = given.metrics ?? new Metrics(0);
  const told: string[] = [];
  const configuration = readConfiguration(corefile, { files: given.files ?? new Map(), resolvers: given.resolvers ?? [] });
  const tell = (reason: string, message: string) => void told.push(`${reason} ${message}`);
  const serving = new Serving(configuration, { clock, random: seededRandom(1), log, metrics, names: namesOf(zone), tell });
  const ask = async (name: string, type = types.A!, peer: Partial<Peer> & { edns?: number } = {}) => {
    const query = aQuery(name, type, peer);
    const answer = await serving.respond(53, query, aPeer(peer));
    if (!answer) throw new Error("no answer");
    if (answer.readUInt16BE(0) !== query.readUInt16BE(0)) throw new Error("the answer has another ID");
    return parsed(answer);
  };
  return { serving, ask, metrics, told };
}
