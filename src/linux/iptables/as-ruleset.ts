/** Tables of iptables in the words of nftables, for tests: the judge of packets (`trace`) then knows both. An unknown word is an error. */
import { emptyRuleset, type Ruleset, type TableFamily } from "../nft/ruleset.ts";
import type { TableName, Tables } from "./tables.ts";

const hooks: Record<TableName, Record<string, string>> = {
  filter: {
    INPUT: "type filter hook input priority filter",
    FORWARD: "type filter hook forward priority filter",
    OUTPUT: "type filter hook output priority filter",
  },
  nat: {
    PREROUTING: "type nat hook prerouting priority dstnat",
    OUTPUT: "type nat hook output priority -100",
    POSTROUTING: "type nat hook postrouting priority srcnat",
  },
};

export function asRuleset(tables: Tables, family: TableFamily = "ip"): Ruleset {
  const rules = emptyRuleset(family);
  for (const table of ["filter", "nat"] as const) {
    const translate = (written: readonly string[]) => written.map((rule) => new Translation(rule, table, rules).text());
    for (const [chain, written] of Object.entries(tables[table].jumps))
      rules.chains.set(`${table}/${chain}`, { hook: hooks[table][chain], rules: translate(written) });
    for (const [chain, written] of tables[table].chains) rules.chains.set(`${table}/${chain}`, { rules: translate(written) });
  }
  return rules;
}

class Translation {
  readonly #words: string[];
  readonly #rule: string;
  readonly #table: TableName;
  readonly #rules: Ruleset;

  constructor(rule: string, table: TableName, rules: Ruleset) {
    this.#rule = rule;
    this.#words = rule.match(/"[^"]*"|\S+/g) ?? [];
    this.#table = table;
    this.#rules = rules;
  }

  get #ip(): string {
    return this.#rules.family;
  }
  text(): string {
    const out: string[] = [];
    let recent = "";
    while (this.#words.length > 0) {
      const not = this.#words[0] === "!";
      if (not) this.#words.shift();
      const word = this.#next();
      if (word === "--name") recent = this.#memory();
      else if (word === "--rcheck") out.push(`${this.#ip} saddr @${recent}`);
      else if (word === "--set") out.push(`update @${recent} { ${this.#ip} saddr }`);
      else out.push(this.#match(word, not ? "!= " : ""));
    }
    return out.filter(Boolean).join(" ");
  }

  #next(): string {
    const word = this.#words.shift();
    if (word === undefined) throw new Error(`${JSON.stringify(this.#rule)} ends too early`);
    return word;
  }

  #memory(): string {
    const name = this.#next();
    this.#rules.sets.set(name, {
      kind: "set",
      type: this.#rules.family === "ip" ? "ipv4_addr" : "ipv6_addr",
      flags: "flags dynamic;",
      elements: new Map(),
    });
    return name;
  }

  #match(word: string, not: string): string {
    switch (word) {
      case "-m":
      case "--comment":
      case "--mode":
      case "--seconds":
        this.#next();
        return "";
      case "--reap":
        return "";
      case "-p":
        return `meta l4proto ${not}${this.#next()}`;
      case "-s":
        return `${this.#ip} saddr ${not}${this.#next()}`;
      case "-d":
        return `${this.#ip} daddr ${not}${this.#next()}`;
      case "--dport":
        return `th dport ${not}${this.#next()}`;
      case "--ctstate":
        return `ct state ${not}${this.#next().toLowerCase()}`;
      case "--dst-type":
        return `fib daddr type ${not}${this.#next().toLowerCase()}`;
      case "--src-type":
        return `fib saddr type ${not}${this.#next().toLowerCase()}`;
      case "--mark": {
        const [value, mask] = this.#next().split("/");
        return `meta mark & ${mask} ${not || "== "}${value}`;
      }
      case "--probability":
        return `numgen random mod ${Math.round(1 / Number(this.#next()))} 0`;
      case "-j":
        return this.#target(this.#next());
      default:
        throw new Error(`${JSON.stringify(word)} of ${JSON.stringify(this.#rule)} is not known`);
    }
  }

  #target(target: string): string {
    if (["ACCEPT", "DROP", "REJECT", "RETURN"].includes(target)) return target.toLowerCase();
    if (target === "MASQUERADE") return this.#next() === "--random-fully" ? "masquerade fully-random" : "";
    if (target === "DNAT") return this.#next() === "--to-destination" ? `dnat ${this.#ip} to ${this.#next()}` : "";
    if (target === "MARK") {
      const operator = this.#next() === "--or-mark" ? "|" : "^";
      return `meta mark set meta mark ${operator} ${this.#next()}`;
    }
    return `jump ${this.#table}/${target}`;
  }
}
