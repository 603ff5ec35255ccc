/** Sends requests to two servers, counts by kind how many are answered alike, and keeps what differs. */
import { writeFileSync } from "node:fs";
import { type Difference, differenceOf } from "./answers.ts";
import type { Ask, Request } from "./asking.ts";

export interface Asked {
  kind: string;
  what: string;
  ours: Request;
  /** Where it is not the same request. */
  theirs?: Request;
}

interface Found extends Difference {
  kind: string;
  what: string;
}

const patience = { workers: 4, again: 4 };

export class Comparison {
  readonly #tally = new Map<string, { equal: number; total: number }>();
  readonly #found: Found[] = [];
  readonly #ours: Ask;
  readonly #theirs: Ask;

  constructor(ours: Ask, theirs: Ask) {
    this.#ours = ours;
    this.#theirs = theirs;
  }

  async run(requests: Iterable<Asked>): Promise<void> {
    const all = requests[Symbol.iterator]();
    const worker = async () => {
      for (let next = all.next(); !next.done; next = all.next()) this.#count(next.value, await this.#compare(next.value));
    };
    await Promise.all(Array.from({ length: patience.workers }, worker));
  }

  #count({ kind, what }: Asked, difference: Difference | "nothing" | undefined): void {
    if (difference === "nothing") return;
    const count = this.#tally.get(kind) ?? { equal: 0, total: 0 };
    this.#tally.set(kind, count);
    count.total++;
    if (difference) this.#found.push({ kind, what, ...difference });
    else count.equal++;
  }

  /** "nothing": the peer fell over the request, and there is nothing to be equal to. Where upstream walks a map, its order is chance: what differs in nothing else is asked again, and then taken as a set. */
  async #compare({ ours, theirs = ours }: Asked): Promise<Difference | "nothing" | undefined> {
    const [their, own] = await Promise.all([this.#theirs(theirs), this.#ours(ours)]);
    if (their.code === 0) return "nothing";
    const strict = differenceOf(their, own);
    if (!strict || differenceOf(their, own, true)) return strict;
    for (let i = 0; i < patience.again; i++) if (differenceOf(their, await this.#theirs(theirs))) return undefined;
    return strict;
  }

  report({ show = "0", out }: { show?: string; out?: string }): void {
    const sum = { equal: 0, total: 0 };
    for (const [kind, { equal, total }] of [...this.#tally].sort()) {
      sum.equal += equal;
      sum.total += total;
      if (equal < total) console.log(`${kind}: ${equal} of ${total}`);
    }
    const short = (value: unknown) => (typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing")).slice(0, 600);
    for (const one of this.#found.slice(0, Number(show)))
      console.log(`\n${one.kind}: ${one.what}: ${one.of}\n  theirs ${short(one.theirs)}\n  ours   ${short(one.ours)}`);
    if (out) writeFileSync(out, `${JSON.stringify(this.#found, null, 1)}\n`);
    console.log(`${sum.equal} of ${sum.total} answers are equal`);
  }
}
