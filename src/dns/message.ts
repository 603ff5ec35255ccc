/** Whole messages of DNS as data, for those who change or make them: read without loss, written with names compressed. */

/** Numbers of IANA, those that a Corefile may name. */
export const types: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
};
export const classes: Readonly<Record<string, number>> = { IN: 1, CH: 3, HS: 4, ANY: 255 };
export const rcodes: Readonly<Record<string, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
};

const namesOf = (numbers: Readonly<Record<string, number>>) => new Map(Object.entries(numbers).map(([name, number]) => [number, name]));
const [typeNames, classNames, rcodeNames] = [namesOf(types), namesOf(classes), namesOf(rcodes)];
export const typeName = (type: number): string => typeNames.get(type) ?? `TYPE${type}`;
export const className = (number: number): string => classNames.get(number) ?? `CLASS${number}`;
export const rcodeName = (rcode: number): string => rcodeNames.get(rcode) ?? String(rcode);

/** Bytes as they are, or a name: without the last dot, in the case in which it was written. */
export type Datum = Buffer | string;

export interface Resource {
  name: string;
  type: number;
  class: number;
  ttl: number;
  data: readonly Datum[];
}

export interface Question {
  name: string;
  type: number;
  class: number;
}

export interface Message {
  id: number;
  /** The two bytes behind the ID, without the last four bits. */
  flags: number;
  rcode: number;
  question: Question;
  answers: Resource[];
  authorities: Resource[];
  additionals: Resource[];
}

export const flag = { response: 0x8000, authoritative: 0x0400, truncated: 0x0200, recursionDesired: 0x0100, recursionAvailable: 0x0080 };

/** Where names stand in the data of a type: so many bytes before, so many names, and the rest bytes. */
const namesIn: Readonly<Record<number, { before: number; names: number }>> = {
  2: { before: 0, names: 1 },
  5: { before: 0, names: 1 },
  6: { before: 0, names: 2 },
  12: { before: 0, names: 1 },
  15: { before: 2, names: 1 },
  33: { before: 6, names: 1 },
  39: { before: 0, names: 1 },
};
/** In data of these names may point back, as the first standard said; of others readers do not expect it. */
const compressed: ReadonlySet<number> = new Set([2, 5, 6, 12, 15]);
const mostNameBytes = 255;

/** Undefined: it is no message with one question. */
export function readMessage(bytes: Buffer): Message | undefined {
  try {
    return new Reader(bytes).message();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 12;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  message(): Message | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 12 || bytes.readUInt16BE(4) !== 1) return undefined;
    const second = bytes.readUInt16BE(2);
    const question = { name: this.#name(), type: this.#number16(), class: this.#number16() };
    const [answers, authorities, additionals] = [6, 8, 10].map((at) => this.#resources(bytes.readUInt16BE(at)));
    const parts = { answers: answers!, authorities: authorities!, additionals: additionals! };
    return { id: bytes.readUInt16BE(0), flags: second & 0xfff0, rcode: second & 0x0f, question, ...parts };
  }
  #number16(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }
  #resources(count: number): Resource[] {
    const all: Resource[] = [];
    for (let i = 0; i < count; i++) {
      const name = this.#name();
      const [type, kind] = [this.#number16(), this.#number16()];
      const ttl = this.#bytes.readUInt32BE(this.#at);
      this.#at += 4;
      const size = this.#number16();
      all.push({ name, type, class: kind, ttl, data: this.#data(type, size) });
    }
    return all;
  }
  #data(type: number, size: number): Datum[] {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw new RangeError("data ends behind the message");
    const layout = namesIn[type];
    const data: Datum[] = [];
    if (layout) {
      if (layout.before > 0) data.push(this.#raw(this.#at + layout.before));
      for (let i = 0; i < layout.names; i++) data.push(this.#name());
    }
    if (this.#at > end) throw new RangeError("a name is longer than its data");
    if (this.#at < end) data.push(this.#raw(end));
    return data;
  }
  #raw(end: number): Buffer {
    const part = this.#bytes.subarray(this.#at, end);
    if (part.length < end - this.#at) throw new RangeError("data ends behind the message");
    this.#at = end;
    return part;
  }
  #name(): string {
    const { name, end } = nameAt(this.#bytes, this.#at);
    this.#at = end;
    return name;
  }
}

/** Throws RangeError: there is none. */
export function nameAt(bytes: Buffer, from: number): { name: string; end: number } {
  let name = "";
  let end: number | undefined;
  let at = from;
  let left = mostNameBytes;
  for (;;) {
    const length = bytes.readUInt8(at);
    if (length >= 0xc0) {
      const to = bytes.readUInt16BE(at) & 0x3fff;
      end ??= at + 2;
      // Only backwards: it ends.
      if (to >= at) throw new RangeError("a name points forwards");
      at = to;
      continue;
    }
    if (length >= 0x40) throw new RangeError("a label is too long");
    left -= length + 1;
    if (left < 0 || at + 1 + length > bytes.length) throw new RangeError("a name is too long");
    if (length === 0) return { name, end: end ?? at + 1 };
    name += `${name === "" ? "" : "."}${labelText(bytes, at + 1, at + 1 + length)}`;
    at += length + 1;
  }
}

function labelText(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString("latin1", from, to);
  return /[.\\]/.test(text) ? text.replace(/[.\\]/g, "\\$&") : text;
}

/** Labels of a text; undefined: it is no name. */
export function labelsOf(name: string): string[] | undefined {
  if (name === "" || name === ".") return [];
  const plain = name.endsWith(".") && !name.endsWith("\\.") ? name.slice(0, -1) : name;
  const labels = plain.includes("\\")
    ? [...plain.matchAll(/(?:^|\.)((?:[^.\\]|\\.)*)/g)].map((match) => match[1]!.replaceAll(/\\(.)/g, "$1"))
    : plain.split(".");
  const bytes = labels.reduce((sum, label) => sum + label.length + 1, 1);
  return bytes <= mostNameBytes && labels.every((label) => label.length > 0 && label.length < 64) ? labels : undefined;
}

/** Throws when a name in it is none. */
export function writeMessage(message: Message): Buffer {
  const writer = new Writer();
  const { question } = message;
  writer.number16(message.id);
  writer.number16(message.flags | (message.rcode & 0x0f));
  writer.number16(1);
  for (const part of [message.answers, message.authorities, message.additionals]) writer.number16(part.length);
  writer.name(question.name, true);
  writer.number16(question.type);
  writer.number16(question.class);
  for (const part of [message.answers, message.authorities, message.additionals]) for (const each of part) writer.resource(each);
  return writer.bytes();
}

class Writer {
  #bytes = Buffer.allocUnsafe(512);
  #at = 0;
  readonly #known = new Map<string, number>();

  bytes(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }
  number16(value: number): void {
    this.#room(2);
    this.#at = this.#bytes.writeUInt16BE(value & 0xffff, this.#at);
  }
  resource({ name, type, class: kind, ttl, data }: Resource): void {
    this.name(name, true);
    this.number16(type);
    this.number16(kind);
    this.#room(6);
    this.#at = this.#bytes.writeUInt32BE(ttl >>> 0, this.#at);
    const sizeAt = this.#at;
    this.#at += 2;
    for (const each of data) {
      if (typeof each === "string") this.name(each, compressed.has(type));
      else {
        this.#room(each.length);
        this.#at += each.copy(this.#bytes, this.#at);
      }
    }
    this.#bytes.writeUInt16BE(this.#at - sizeAt - 2, sizeAt);
  }
  name(text: string, mayPoint: boolean): void {
    const labels = labelsOf(text);
    if (!labels) throw new Error(`${JSON.stringify(text)} is no name of DNS`);
    for (let i = 0; i < labels.length; i++) {
      const rest = labels.slice(i).join("\0");
      const known = mayPoint ? this.#known.get(rest) : undefined;
      if (known !== undefined) return this.number16(0xc000 | known);
      if (this.#at < 0x3fff && !this.#known.has(rest)) this.#known.set(rest, this.#at);
      const label = labels[i]!;
      this.#room(label.length + 1);
      this.#bytes[this.#at++] = label.length;
      this.#at += this.#bytes.write(label, this.#at, "latin1");
    }
    this.#room(1);
    this.#bytes[this.#at++] = 0;
  }
  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + more));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** The OPT record that tells what the other side understands. */
export const optOf = ({ additionals }: Message): Resource | undefined => additionals.find(({ type }) => type === types.OPT);

/** In lower case and without the last dot, as names are compared here; the root is empty. */
export const plainName = (name: string): string => name.toLowerCase().replace(/(?<!\\)\.$/, "");
/** As people and metrics have it. */
export const dotted = (name: string): string => `${name}.`;
/** Whether the name is the zone or lies in it; both are plain. */
export const isWithin = (name: string, zone: string): boolean => zone === "" || name === zone || name.endsWith(`.${zone}`);
/** The longest of these zones that the name lies in. */
export function zoneOf(name: string, zones: readonly string[]): string | undefined {
  let best: string | undefined;
  for (const zone of zones) if (isWithin(name, zone) && (best === undefined || zone.length > best.length)) best = zone;
  return best;
}
