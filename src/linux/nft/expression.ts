/** What one rule says, read word by word: the fields of a packet that it looks at, and what it compares them with. For trace.ts. */
import { holds, parseAddress, parseRange } from "#base/mod.ts";
import type { Packet, Situation } from "./packet.ts";
import type { Ruleset } from "./ruleset.ts";

export class Words {
  readonly #rule: string;
  readonly #words: readonly string[];
  #at = 0;

  constructor(rule: string) {
    this.#rule = rule;
    this.#words = rule.replaceAll(/[{},]/g, " $& ").split(/\s+/).filter(Boolean);
  }

  get done(): boolean {
    return this.#at >= this.#words.length;
  }

  /** Goes past these words if they come next. */
  take(...words: string[]): boolean {
    if (words.some((word, index) => this.#words[this.#at + index] !== word)) return false;
    this.#at += words.length;
    return true;
  }

  next(): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new Error(`trace: ${JSON.stringify(this.#rule)} ends too early`);
    return word;
  }

  expect(...words: string[]): void {
    if (!this.take(...words)) throw this.unknown();
  }

  unknown(): Error {
    return new Error(`trace does not know ${JSON.stringify(this.#words[this.#at])} in ${JSON.stringify(this.#rule)}`);
  }
}

export class Expression {
  readonly #packet: Packet;
  readonly #situation: Situation;
  readonly #rules: Ruleset;

  constructor(packet: Packet, situation: Situation, rules: Ruleset) {
    this.#packet = packet;
    this.#situation = situation;
    this.#rules = rules;
  }

  /** Undefined: it does not hold; the verdict of a verdict map; or an empty string. */
  match(words: Words): string | undefined {
    const key = this.#fields(words);
    if (words.take("vmap")) return key && this.#lookup(words, key);
    if (words.take("&")) {
      const masked = Number(key?.[0] ?? 0) & Number(words.next());
      const unequal = words.take("!=");
      if (!unequal) words.expect("==");
      return (masked === Number(words.next())) !== unequal ? "" : undefined;
    }
    const unequal = words.take("!=");
    const holds = this.#isAmong(words, key);
    return key && holds !== unequal ? "" : undefined;
  }

  /** A value to write somewhere: a literal, a draw, or what a map has for some fields. */
  value(words: Words): string {
    const key = this.#fields(words, true)!;
    if (!words.take("map")) return key.join(" . ");
    const found = this.#lookup(words, key);
    if (found === undefined) throw new Error(`trace: a map has no element ${key.join(" . ")}`);
    return found;
  }

  remember(set: string, words: Words): void {
    const memory = this.#situation.memory ?? new Map<string, Set<string>>();
    const key = this.#fields(words)?.join(" . ") ?? "";
    memory.set(set, (memory.get(set) ?? new Set()).add(key));
  }

  /** The fields of a concatenation; undefined when the packet has no such field, as TCP has no UDP port. */
  #fields(words: Words, orLiteral = false): string[] | undefined {
    const values: (string | undefined)[] = [];
    do values.push(this.#field(words, orLiteral));
    while (words.take("."));
    return values.includes(undefined) ? undefined : (values as string[]);
  }

  #field(words: Words, orLiteral: boolean): string | undefined {
    const { saddr, daddr, protocol, sport, dport, state, iifname = "", mark = 0, ctMark = 0 } = this.#packet;
    const port = (side: string) => String((side === "dport" ? dport : sport) ?? "");
    for (const each of ["ip", "ip6"]) {
      if (words.take(each, "saddr")) return saddr;
      if (words.take(each, "daddr")) return daddr;
    }
    if (words.take("meta", "l4proto")) return protocol;
    if (words.take("meta", "mark")) return hex(mark);
    if (words.take("ct", "mark")) return hex(ctMark);
    if (words.take("ct", "state")) return this.#packet.translated ? `${state}|dnat` : state;
    if (words.take("iifname")) return `"${iifname}"`;
    if (words.take("th")) return port(words.next());
    if (words.take("fib")) {
      const address = words.next() === "daddr" ? daddr : saddr;
      if (words.take(".", "iif", "oif")) return this.#packet.stray ? "missing" : "found";
      words.expect("type");
      return this.#situation.local.includes(address) || address.startsWith("127.") || address === "::1" ? "local" : "unicast";
    }
    if (words.take("numgen", "random", "mod")) {
      const size = Number(words.next());
      return hex(this.#situation.draw?.(size) ?? 0);
    }
    for (const each of ["tcp", "udp", "sctp"]) if (words.take(each)) return each === protocol ? port(words.next()) : void words.next();
    if (orLiteral) return words.next();
    throw words.unknown();
  }

  #lookup(words: Words, key: readonly string[]): string | undefined {
    if (words.take("{")) {
      const pairs = inBraces(words).map((pair) => pair.split(" : ") as [string, string]);
      return pairs.find(([element]) => isIn(key, element))?.[1];
    }
    const name = words.next().slice(1);
    return this.#set(name).elements.get(key.join(" . "));
  }

  #isAmong(words: Words, key: readonly string[] | undefined): boolean {
    if (words.take("{")) {
      const elements = inBraces(words);
      return key !== undefined && elements.some((element) => isIn(key, element));
    }
    const literal = words.next();
    if (literal.startsWith("@")) {
      const name = literal.slice(1);
      const { elements } = this.#set(name);
      const text = key?.join(" . ") ?? "";
      return key !== undefined && (elements.has(text) || this.#situation.memory?.get(name)?.has(text) === true);
    }
    // `ct state established,related` has several values without braces.
    const values = [literal];
    while (words.take(",")) values.push(words.next());
    return key !== undefined && values.some((value) => isIn(key, value));
  }

  #set(name: string) {
    const set = this.#rules.sets.get(name);
    if (!set) throw new Error(`no set ${name}`);
    return set;
  }
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;

function inBraces(words: Words): string[] {
  const elements: string[][] = [[]];
  for (let word = words.next(); word !== "}"; word = words.next()) {
    if (word === ",") elements.push([]);
    else elements.at(-1)!.push(word);
  }
  return elements.map((each) => each.join(" "));
}

function isIn(key: readonly string[], element: string): boolean {
  const parts = element.split(" . ");
  return parts.length === key.length && parts.every((part, index) => fits(key[index]!, part));
}

/** One field against a value, a range, or a range of addresses. */
function fits(value: string, wanted: string): boolean {
  if (value === wanted || value.split("|").includes(wanted)) return true;
  if (wanted.endsWith('*"')) return value.startsWith(wanted.slice(0, -2));
  if (value.startsWith("0x")) return Number(value) === Number(wanted);
  const [from = "", to] = wanted.split("-");
  if (to !== undefined && /^\d+$/.test(from)) return /^\d+$/.test(value) && Number(value) >= Number(from) && Number(value) <= Number(to);
  const [range, address] = [parseRange(wanted), parseAddress(value)];
  return range !== undefined && address !== undefined && holds(range, address);
}
