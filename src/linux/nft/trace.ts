/**
 * What the kernel would do with a packet: walks it through rulesets as they are written, so that tests judge rules by what
 * becomes of packets and not by how they read. It knows the words that our rules use; any other is an error, never passed over.
 */
import { Expression, Words } from "./expression.ts";
import type { Packet, Situation } from "./packet.ts";
import type { Ruleset } from "./ruleset.ts";

export interface Traced {
  verdict: "accept" | "drop" | "reject";
  /** Where it goes in the end. */
  daddr: string;
  dport: number | undefined;
  /** Its source becomes this machine's address. */
  masqueraded: boolean;
  /** Every chain that it went through, in order. */
  chains: string[];
}

type Verdict = "accept" | "drop" | "reject" | "return" | "continue";
interface Hook {
  kind: string;
  at: string;
  priority: number;
  name: string;
  rules: Ruleset;
}

const priorities: Record<string, number> = { raw: -300, mangle: -150, dstnat: -100, filter: 0, security: 50, srcnat: 100 };
const mostJumps = 16;

export function trace(rulesets: Ruleset | readonly Ruleset[], packet: Packet, situation: Situation): Traced {
  const hooks = [rulesets].flat().flatMap((rules) => hooksOf(rules as Ruleset));
  const walk = new Walk({ ...packet, state: packet.state ?? "new" }, situation);
  const here = () => situation.local.includes(walk.packet.daddr);
  const ways = packet.from === "wire" ? ["prerouting", () => (here() ? "input" : "forward")] : ["output"];
  for (const way of ways) {
    const at = typeof way === "string" ? way : way();
    if (!walk.through(hooks, at)) return walk.result();
    if (at !== "prerouting" && at !== "input") walk.through(hooks, "postrouting");
  }
  return walk.result();
}

function hooksOf(rules: Ruleset): Hook[] {
  const hooks: Hook[] = [];
  for (const [name, { hook }] of rules.chains) {
    if (!hook) continue;
    const [, kind = "", at = "", word = "", plus] =
      /^type (\w+) hook (\w+) priority (-?\w+)(?: \+ (\d+))?$/.exec(hook) ?? fail(`the hook ${JSON.stringify(hook)}`);
    hooks.push({ kind, at, priority: (priorities[word] ?? Number(word)) + Number(plus ?? 0), name, rules });
  }
  return hooks;
}

function fail(what: string): never {
  throw new Error(`trace does not know ${what}`);
}

class Walk {
  readonly packet: Packet;
  readonly #situation: Situation;
  readonly #chains: string[] = [];
  #verdict: Traced["verdict"] = "accept";
  #masqueraded = false;
  #rules!: Ruleset;

  constructor(packet: Packet, situation: Situation) {
    this.packet = packet;
    this.#situation = situation;
  }

  result(): Traced {
    const { daddr, dport } = this.packet;
    return { verdict: this.#verdict, daddr, dport, masqueraded: this.#masqueraded, chains: this.#chains };
  }

  /** All base chains of one hook, by priority. False: the packet has come to its end. */
  through(hooks: readonly Hook[], at: string): boolean {
    const due = hooks.filter((hook) => hook.at === at).toSorted((a, b) => a.priority - b.priority);
    let translated = false;
    for (const { kind, name, rules } of due) {
      // Translation is decided once, by the first packet of a connection, and by one chain of a hook.
      if (kind === "nat" && (translated || this.packet.state !== "new")) continue;
      this.#rules = rules;
      const verdict = this.#chain(name, 0);
      if (verdict === "accept" && kind === "nat") translated = true;
      if (verdict !== "drop" && verdict !== "reject") continue;
      this.#verdict = verdict;
      return false;
    }
    return true;
  }

  #chain(name: string, depth: number): Verdict {
    if (depth > mostJumps) throw new Error(`chain ${name}: more than ${mostJumps} jumps`);
    const chain = this.#rules.chains.get(name);
    if (!chain) throw new Error(`no chain ${name}`);
    this.#chains.push(name);
    for (const rule of chain.rules) {
      const verdict = this.#rule(new Words(rule), depth);
      if (verdict === "return") return "continue";
      if (verdict !== "continue") return verdict;
    }
    return "continue";
  }

  #rule(words: Words, depth: number): Verdict {
    while (!words.done) {
      const verdict = this.#statement(words, depth);
      if (verdict === "mismatch") return "continue";
      if (verdict) return verdict;
    }
    return "continue";
  }

  #follow(verdict: string, depth: number): Verdict {
    const [word, chain] = verdict.split(" ");
    if (word === "accept" || word === "drop" || word === "return" || word === "continue") return word;
    // After goto nothing of this chain is looked at any more.
    if (word === "goto") return settle(this.#chain(chain!, depth + 1));
    if (word === "jump") return this.#chain(chain!, depth + 1);
    return fail(`the verdict ${JSON.stringify(verdict)}`);
  }

  /** Undefined: the next statement of the rule. */
  #statement(words: Words, depth: number): Verdict | "mismatch" | undefined {
    const { packet } = this;
    const expression = new Expression(packet, this.#situation, this.#rules);
    if (words.take("accept")) return "accept";
    if (words.take("drop")) return "drop";
    if (words.take("return")) return "return";
    if (words.take("reject")) return "reject";
    if (words.take("jump")) return orNext(this.#follow(`jump ${words.next()}`, depth));
    if (words.take("goto")) return this.#follow(`goto ${words.next()}`, depth);
    if (words.take("dnat")) {
      if (!words.take("ip")) words.take("ip6");
      if (words.take("addr")) words.expect(".", "port");
      words.expect("to");
      const [address = "", port] = destination(expression.value(words));
      packet.daddr = address;
      if (port !== undefined) packet.dport = Number(port);
      packet.translated = true;
      return "accept";
    }
    if (words.take("masquerade")) {
      words.take("fully-random");
      this.#masqueraded = true;
      return "accept";
    }
    if (words.take("meta", "mark", "set")) {
      const value = Number(expression.value(words));
      if (words.take("|")) packet.mark = value | Number(words.next());
      else if (words.take("^")) packet.mark = value ^ Number(words.next());
      else packet.mark = value;
      return undefined;
    }
    if (words.take("ct", "mark", "set")) {
      words.expect("ct", "mark", "|");
      packet.ctMark = (packet.ctMark ?? 0) | Number(words.next());
      return undefined;
    }
    if (words.take("update")) {
      const set = words.next().slice(1);
      words.expect("{");
      expression.remember(set, words);
      words.expect("}");
      return undefined;
    }
    const found = expression.match(words);
    if (found === undefined) return "mismatch";
    return found === "" ? undefined : orNext(this.#follow(found, depth));
  }
}

/** `10.0.0.1:80`, `[fd00::1]:80`, or as maps have it: `fd00::1 . 80`. */
function destination(text: string): string[] {
  if (text.includes(" . ")) return text.split(" . ");
  const [, bracketed, port] = /^\[(.*)\]:(\d+)$/.exec(text) ?? [];
  return bracketed && port ? [bracketed, port] : text.split(":");
}

/** A chain that was gone to ends without a verdict: so does the one that it was gone to from. */
const settle = (verdict: Verdict): Verdict => (verdict === "continue" ? "return" : verdict);
const orNext = (verdict: Verdict): Verdict | undefined => (verdict === "continue" ? undefined : verdict);
