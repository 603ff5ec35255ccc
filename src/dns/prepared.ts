/** Answers whose bytes are the same until something changes: kept whole, with only what a query brings of its own put in. */
import { types } from "./message.ts";
import type { Asked } from "./metrics.ts";
import { layoutOf } from "./wire.ts";

export interface Prepared {
  readonly bytes: Buffer;
  /** Where its addresses stand, if they take turns. */
  readonly turns: readonly Place[];
  /** Which of them is first next time. */
  turn: number;
  readonly by: string;
  /** By family of who asks. */
  readonly counted: [Asked | undefined, Asked | undefined];
}

interface Place {
  at: number;
  size: number;
}

const mostPrepared = 4096;

export class PreparedAnswers {
  readonly #answers = new Map<string, Prepared>();
  #version = -1;

  /** `version`: of what the answers were made of. */
  get(key: string, version: number): Prepared | undefined {
    if (this.#version === version) return this.#answers.get(key);
    this.#answers.clear();
    this.#version = version;
    return undefined;
  }
  set(key: string, prepared: Prepared): void {
    if (this.#answers.size >= mostPrepared) this.#answers.clear();
    this.#answers.set(key, prepared);
  }
}

/** The answer with this query's ID, RD and CD; addresses take turns being first. */
export function stamped(prepared: Prepared, query: Buffer): Buffer {
  const { bytes, turns } = prepared;
  const out = Buffer.allocUnsafe(bytes.length);
  bytes.copy(out);
  if (turns.length > 1) turn(bytes, out, turns, prepared.turn++ % turns.length);
  out[0] = query[0]!;
  out[1] = query[1]!;
  out[2] = (out[2]! & 0xfe) | (query[2]! & 0x01);
  out[3] = (out[3]! & 0xef) | (query[3]! & 0x10);
  return out;
}

/** In place. */
export function rotated(bytes: Buffer, first: number): Buffer {
  const turns = addressesIn(bytes);
  if (turns.length > 1) turn(Buffer.from(bytes), bytes, turns, first % turns.length);
  return bytes;
}

function turn(from: Buffer, to: Buffer, turns: readonly Place[], first: number): void {
  if (first === 0) return;
  const { size } = turns[0]!;
  for (let i = 0; i < turns.length; i++) {
    const at = turns[(i + first) % turns.length]!.at;
    from.copy(to, turns[i]!.at, at, at + size);
  }
}

/** Where the addresses of an answer stand, if they are all of one name and family. */
export function addressesIn(bytes: Buffer): Place[] {
  const answers = (layoutOf(bytes)?.answers ?? []).filter(({ type }) => type === types.A || type === types.AAAA);
  const owner = (at: { nameAt: number; ttlAt: number }) => bytes.toString("latin1", at.nameAt, at.ttlAt);
  const first = answers[0];
  return first && answers.every((each) => each.size === first.size && owner(each) === owner(first))
    ? answers.map(({ dataAt: at, size }) => ({ at, size }))
    : [];
}
