/** A record as files of zones have it: `name 60 IN A 192.0.2.1`, as data of a message. Pure; throws an Error that says what is wrong. */
import { parseAddress } from "#base/mod.ts";
import { addressBytes } from "./answer.ts";
import { classes, type Datum, labelsOf, type Resource, types } from "./message.ts";

const defaultTtl = 3600;

export function resourceFrom(text: string): Resource {
  const [name, ...rest] = wordsOf(text);
  if (name === undefined) throw new Error(`no record: ${JSON.stringify(text)}`);
  let ttl = defaultTtl;
  let kind = classes.IN!;
  let at = 0;
  for (; at < 2; at++) {
    const word = (rest[at] ?? "").toUpperCase();
    if (/^\d+$/.test(word)) ttl = Number(word);
    else if (classes[word] !== undefined && word !== "ANY") kind = classes[word]!;
    else break;
  }
  const typeWord = (rest[at] ?? "").toUpperCase();
  const type = types[typeWord];
  const read = readers[typeWord];
  if (type === undefined || !read) throw new Error(`records of type ${JSON.stringify(typeWord)} are not there: ${JSON.stringify(text)}`);
  if (ttl > 0xffff_ffff) throw new Error(`no time to live: ${ttl}`);
  return { name: nameOf(name), type, class: kind, ttl, data: read(new Words(rest.slice(at + 1), text)) };
}

/** Parentheses only let a record go over lines. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [whole, quoted] of text.matchAll(/"((?:[^"\\]|\\.)*)"|;.*|[()]|[^\s()";]+/g)) {
    if (quoted !== undefined) words.push(quoted.replaceAll(/\\(.)/g, "$1"));
    else if (!/^[();]/.test(whole)) words.push(whole);
  }
  return words;
}

function nameOf(word: string): string {
  if (!labelsOf(word)) throw new Error(`${JSON.stringify(word)} is no name`);
  return word === "." ? "" : word.replace(/(?<!\\)\.$/, "");
}

class Words {
  readonly #words: string[];
  readonly #text: string;

  constructor(words: string[], text: string) {
    this.#words = words;
    this.#text = text;
  }
  next(): string {
    const word = this.#words.shift();
    if (word === undefined) throw new Error(`the record ends too early: ${JSON.stringify(this.#text)}`);
    return word;
  }
  name(): string {
    return nameOf(this.next());
  }
  number(bytes: 1 | 2 | 4): Buffer {
    const word = this.next();
    const value = /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (!(value < 2 ** (8 * bytes))) throw new Error(`${JSON.stringify(word)} is no number of ${bytes} bytes`);
    const out = Buffer.alloc(bytes);
    out.writeUIntBE(value, 0, bytes);
    return out;
  }
  numbers(...sizes: (1 | 2 | 4)[]): Buffer {
    return Buffer.concat(sizes.map((size) => this.number(size)));
  }
  text(): Buffer {
    const bytes = Buffer.from(this.next());
    if (bytes.length > 255) throw new Error("a text of more than 255 bytes");
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  }
  texts(): Buffer {
    const all = [this.text()];
    while (this.#words.length > 0) all.push(this.text());
    return Buffer.concat(all);
  }
  rest(): Buffer {
    return Buffer.from(this.next());
  }
  address(family: "IPv4" | "IPv6"): Buffer {
    const word = this.next();
    if (parseAddress(word)?.family !== family) throw new Error(`${JSON.stringify(word)} is no address of ${family}`);
    return addressBytes(word);
  }
}

const oneName = (words: Words): Datum[] => [words.name()];

const readers: Readonly<Record<string, (words: Words) => Datum[]>> = {
  A: (words) => [words.address("IPv4")],
  AAAA: (words) => [words.address("IPv6")],
  NS: oneName,
  CNAME: oneName,
  PTR: oneName,
  DNAME: oneName,
  MX: (words) => [words.number(2), words.name()],
  SRV: (words) => [words.numbers(2, 2, 2), words.name()],
  SOA: (words) => [words.name(), words.name(), words.numbers(4, 4, 4, 4, 4)],
  TXT: (words) => [words.texts()],
  SPF: (words) => [words.texts()],
  HINFO: (words) => [Buffer.concat([words.text(), words.text()])],
  CAA: (words) => [Buffer.concat([words.number(1), words.text(), words.rest()])],
};
