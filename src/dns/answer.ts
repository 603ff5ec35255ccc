/** Query in, answer out: pure, over the zone; what is not ours is handed back to be asked elsewhere. */
import { Packet } from "dns2";
import type { RecordData } from "./records.ts";
import { layoutOf } from "./wire.ts";
import type { Zone } from "./zone.ts";

/** An answer, or "forward" for a name outside the zone, or "ignore" for what is not a query. */
export type Answer = Buffer | "forward" | "ignore";

const ttlSeconds = 30;
const types = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, ANY: 255 };
const inet = 1;
const nxdomain = 3;
const notImplemented = 4;
const formatError = 1;

interface Prepared {
  readonly bytes: Buffer;
  /** Where its addresses stand. */
  readonly turns: readonly Place[];
  /** Which of them is first next time. */
  turn: number;
}

interface Place {
  at: number;
  size: number;
}

interface Resource {
  name: string;
  type: number;
  class: number;
  ttl: number;
  [data: string]: unknown;
}

/** Answers are prepared once per question and zone version; only the ID, two flags and the order of addresses differ. */
export class Answerer {
  readonly #zone: Zone;
  #prepared = new Map<string, Prepared>();
  #version = -1;

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  /** `limit`: bytes that fit (UDP), or undefined for a stream. */
  answer(query: Buffer, limit: number | undefined): Answer {
    if (query.length < 12 || (query[2]! & 0x80) !== 0) return "ignore";
    if (this.#version !== this.#zone.version) {
      this.#prepared.clear();
      this.#version = this.#zone.version;
    }
    // Everything after the ID and flags is the question (and OPT): equal bytes have equal answers.
    const key = `${limit === undefined ? "s" : "d"}${query.toString("latin1", 4)}`;
    const known = this.#prepared.get(key);
    if (known) return stamped(known, query);
    const made = this.#make(query, limit);
    if (typeof made === "string") return made;
    if (this.#prepared.size >= 4096) this.#prepared.clear();
    const prepared = { bytes: made, turns: addressesIn(made), turn: 0 };
    this.#prepared.set(key, prepared);
    return stamped(prepared, query);
  }

  #make(query: Buffer, limit: number | undefined): Answer {
    // Counts are the sender's word: more than one question or a few extras is refused before anything is walked.
    if (query.readUInt16BE(4) !== 1 || query.readUInt16BE(6) + query.readUInt16BE(8) > 0 || query.readUInt16BE(10) > 2)
      return failure(query, formatError);
    let request: Packet;
    try {
      request = Packet.parse(query);
    } catch {
      return failure(query, formatError);
    }
    if (((query[2]! >> 3) & 0xf) !== 0) return failure(query, notImplemented);
    const question = request.questions[0];
    if (request.questions.length !== 1 || !question) return failure(query, formatError);
    const name = String(question.name).toLowerCase();
    if (!this.#zone.isOurs(name)) return "forward";
    const reply = new Packet();
    Object.assign(reply.header, { id: 0, qr: 1, opcode: 0, aa: 1, rd: 0, ra: 0, rcode: 0 });
    reply.questions.push(question);
    const lookup = this.#zone.lookup(name);
    const asked = Number(question.type);
    if (lookup.found) this.#fill(reply, String(question.name), asked, lookup.records);
    else Object.assign(reply.header, { rcode: nxdomain });
    if (reply.answers.length === 0) push(reply.authorities, this.#soa());
    const opt = request.additionals.find((extra: { type?: number }) => extra.type === types.OPT) as { class?: number } | undefined;
    if (opt) push(reply.additionals, { name: "", type: types.OPT, class: 1232, ttl: 0, rdata: [] });
    const bytes = Buffer.from(reply.toBuffer());
    const most = limit === undefined ? 65_535 : Math.max(limit, Math.min(4096, Number(opt?.class ?? 0)));
    return bytes.length <= most ? bytes : truncated(reply);
  }

  #fill(reply: Packet, name: string, asked: number, records: readonly RecordData[]): void {
    const targets = new Set<string>();
    for (const record of records) {
      const type = types[record.type];
      const alias = record.type === "CNAME" && (asked === types.A || asked === types.AAAA);
      if (type !== asked && asked !== types.ANY && !alias) continue;
      push(reply.answers, resource(name, record));
      if (record.type === "SRV" || record.type === "NS") this.#addTarget(reply, record.target, targets);
      if (alias && record.type === "CNAME") this.#follow(reply, record.target, asked);
    }
  }

  /** A CNAME that leads back into the zone is answered to its end. */
  #follow(reply: Packet, target: string, asked: number, depth = 0): void {
    if (depth > 8 || !this.#zone.isOurs(target.toLowerCase())) return;
    const next = this.#zone.lookup(target.toLowerCase());
    if (!next.found) return;
    for (const record of next.records) {
      if (types[record.type] === asked || record.type === "CNAME") push(reply.answers, resource(target, record));
      if (record.type === "CNAME") this.#follow(reply, record.target, asked, depth + 1);
    }
  }

  #addTarget(reply: Packet, target: string, known: Set<string>): void {
    if (known.has(target)) return;
    known.add(target);
    const next = this.#zone.lookup(target.toLowerCase());
    if (!next.found) return;
    for (const record of next.records) if (isAddress(record)) push(reply.additionals, resource(target, record));
  }

  #soa(): Resource {
    const { domain } = this.#zone;
    return {
      name: domain,
      type: types.SOA,
      class: inet,
      ttl: ttlSeconds,
      primary: `ns.dns.${domain}`,
      admin: `hostmaster.${domain}`,
      serial: this.#zone.version,
      refresh: 7200,
      retry: 1800,
      expiration: 86_400,
      minimum: ttlSeconds,
    };
  }
}

function resource(name: string, record: RecordData): Resource {
  const common = { name, type: types[record.type], class: inet, ttl: ttlSeconds };
  switch (record.type) {
    case "A":
    case "AAAA":
      return { ...common, address: record.address };
    case "NS":
      return { ...common, ns: record.target };
    case "CNAME":
    case "PTR":
      return { ...common, domain: record.target };
    case "SRV":
      return { ...common, priority: record.priority, weight: record.weight, port: record.port, target: record.target };
    case "TXT":
      return { ...common, data: record.text };
  }
}

// dns2's types describe one shape per list; its encoder chooses by `type`.
function push(list: unknown[], entry: Resource): void {
  list.push(entry);
}

/** The prepared answer with this query's ID, RD and CD; addresses take turns being first. */
function stamped(prepared: Prepared, query: Buffer): Buffer {
  const { bytes, turns } = prepared;
  const out = Buffer.from(bytes);
  if (turns.length > 1) {
    const { size } = turns[0]!;
    const first = prepared.turn++ % turns.length;
    if (first > 0)
      for (const [i, { at }] of turns.entries()) {
        const from = turns[(i + first) % turns.length]!.at;
        bytes.copy(out, at, from, from + size);
      }
  }
  out[0] = query[0]!;
  out[1] = query[1]!;
  out[2] = (out[2]! & 0xfe) | (query[2]! & 0x01);
  return out;
}

/** Where the addresses of an answer stand: those that may take turns. */
function addressesIn(bytes: Buffer): Place[] {
  const answers = layoutOf(bytes)?.answers ?? [];
  const places = answers.filter(({ type }) => type === types.A || type === types.AAAA).map(({ dataAt: at, size }) => ({ at, size }));
  return places.every(({ size }) => size === places[0]!.size) ? places : [];
}

const isAddress = (record: RecordData): boolean => record.type === "A" || record.type === "AAAA";

/** An answer without a body that says what went wrong. */
export function failure(query: Buffer, rcode: number): Buffer {
  const out = Buffer.from(query.subarray(0, 12));
  out[2] = 0x80 | (query[2]! & 0x79);
  out[3] = rcode;
  out.fill(0, 4, 12);
  return out;
}

function truncated(reply: Packet): Buffer {
  reply.answers.length = 0;
  reply.authorities.length = 0;
  reply.additionals.length = 0;
  Object.assign(reply.header, { tc: 1 });
  return Buffer.from(reply.toBuffer());
}
