/** What is known of a name, and what is asked, as an answer: pure. */
import { parseAddress } from "#base/mod.ts";
import { classes, type Datum, flag, type Message, optOf, type Resource, readMessage, types, writeMessage } from "./message.ts";
import type { RecordData } from "./records.ts";

/** An answer to a query, without a record yet; undefined: it is no query. */
export function replyTo(query: Buffer): Message | undefined {
  const asked = readMessage(query);
  if (!asked) return undefined;
  const opt = optOf(asked);
  return {
    id: asked.id,
    flags: flag.response | (asked.flags & (0x7800 | flag.recursionDesired | checkingDisabled)),
    rcode: 0,
    question: asked.question,
    answers: [],
    authorities: [],
    // What we understand: no options, and so many bytes.
    additionals: opt ? [{ name: "", type: types.OPT!, class: ownBytes, ttl: opt.ttl & dnssecOk, data: [] }] : [],
  };
}

const checkingDisabled = 0x0010;
const dnssecOk = 0x8000;
const ownBytes = 1232;

export interface ClusterFacts {
  /** In the letters of who asks. */
  name: string;
  records: readonly RecordData[];
  /** Of the zone. */
  lookup(name: string): readonly RecordData[] | undefined;
  ttl: number;
  soa: Resource;
}

/** Fills the reply; the name of an alias that leads elsewhere is given back. */
export function fill(reply: Message, { name, records, lookup, ttl, soa }: ClusterFacts): string | undefined {
  const asked = reply.question.type;
  const targets = new Set<string>();
  let leadsTo: string | undefined;
  const addTarget = (target: string) => {
    if (targets.has(target)) return;
    targets.add(target);
    for (const record of lookup(target) ?? []) if (isAddress(record)) reply.additionals.push(resourceOf(target, record, ttl));
  };
  /** An alias that leads back into the zone is answered to its end. */
  const follow = (target: string, depth: number) => {
    const next = depth > mostAliases ? [] : lookup(target);
    if (!next) leadsTo = target;
    for (const record of next ?? []) {
      if (types[record.type] === asked || record.type === "CNAME") reply.answers.push(resourceOf(target, record, ttl));
      if (record.type === "CNAME") follow(record.target, depth + 1);
    }
  };
  for (const record of records) {
    const alias = record.type === "CNAME" && (asked === types.A || asked === types.AAAA);
    if (types[record.type] !== asked && !alias) continue;
    reply.answers.push(resourceOf(name, record, ttl));
    if (record.type === "SRV" || record.type === "NS") addTarget(record.target);
    if (alias && record.type === "CNAME") follow(record.target, 0);
  }
  // An alias to what has no such address within the zone is as if there were none, as upstream has it.
  const onlyAliases = asked !== types.CNAME && reply.answers.every(({ type }) => type === types.CNAME);
  if (onlyAliases && leadsTo === undefined) reply.answers.length = 0;
  if (asked === types.SOA && soa.name.toLowerCase() === name.toLowerCase()) reply.answers.push(soa);
  // What the other side understands is told last.
  reply.additionals.sort((a, b) => Number(a.type === types.OPT) - Number(b.type === types.OPT));
  if (reply.answers.length === 0) reply.authorities.push(soa);
  return leadsTo;
}

const mostAliases = 8;

export function soaOf({ zone, server, serial, ttl }: { zone: string; server: string; serial: number; ttl: number }): Resource {
  const admin = zone === "" ? "hostmaster" : `hostmaster.${zone}`;
  return { name: zone, type: types.SOA!, class: classes.IN!, ttl, data: [server, admin, numbers32(serial, 7200, 1800, 86_400, ttl)] };
}

function numbers32(...values: number[]): Buffer {
  const out = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) out.writeUInt32BE(value >>> 0, i * 4);
  return out;
}

export function resourceOf(name: string, record: RecordData, ttl: number): Resource {
  return { name, type: types[record.type]!, class: classes.IN!, ttl, data: dataOf(record) };
}

function dataOf(record: RecordData): Datum[] {
  switch (record.type) {
    case "A":
    case "AAAA":
      return [addressBytes(record.address)];
    case "NS":
    case "CNAME":
    case "PTR":
      return [record.target];
    case "SRV": {
      const head = Buffer.alloc(6);
      head.writeUInt16BE(record.priority, 0);
      head.writeUInt16BE(record.weight, 2);
      head.writeUInt16BE(record.port, 4);
      return [head, record.target];
    }
    case "TXT":
      return [textBytes(record.text)];
  }
}

/** Four or sixteen; throws when it is no address. */
export function addressBytes(text: string): Buffer {
  const address = parseAddress(text);
  if (!address) throw new Error(`${JSON.stringify(text)} is no address`);
  return Buffer.from(address.value.toString(16).padStart(address.family === "IPv4" ? 8 : 32, "0"), "hex");
}

/** Strings of at most 255 bytes, each behind its length. */
export function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat(parts);
}

const isAddress = (record: RecordData): boolean => record.type === "A" || record.type === "AAAA";

/** An answer without a body that says what went wrong. */
export function failure(query: Buffer, rcode: number): Buffer {
  const reply = replyTo(query);
  if (reply) return writeMessage({ ...reply, rcode });
  const out = Buffer.alloc(12);
  query.copy(out, 0, 0, Math.min(12, query.length));
  out[2] = 0x80 | (out[2]! & 0x79);
  out[3] = rcode;
  out.fill(0, 4, 12);
  return out;
}

/** Without its records: who asks asks again over a stream. */
export function cut(answer: Buffer): Buffer {
  const message = readMessage(answer);
  if (!message) return answer;
  const opt = optOf(message);
  return writeMessage({ ...message, flags: message.flags | flag.truncated, answers: [], authorities: [], additionals: opt ? [opt] : [] });
}
