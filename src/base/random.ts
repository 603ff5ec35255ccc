/** Chance enters as a Random, so that a failing seed replays exactly. */
import { randomBytes, randomUUID } from "node:crypto";

export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, below). */
  int(below: number): number;
  bytes(count: number): Uint8Array;
  /** A version 4 UUID. */
  uuid(): string;
}

/** Bytes that must not be guessed, whatever seed the rest runs from: nonces and keys. */
export const secretBytes = (count: number): Buffer => randomBytes(count);

export const systemRandom: Random = {
  next: () => Math.random(),
  int: (below) => Math.floor(Math.random() * below),
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
};

/** A reproducible generator (mulberry32): not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256));
  return {
    next,
    int: (below) => Math.floor(next() * below),
    bytes,
    uuid: () => {
      const b = bytes(16);
      b[6] = (b[6]! & 0x0f) | 0x40;
      b[8] = (b[8]! & 0x3f) | 0x80;
      const hex = Buffer.from(b).toString("hex");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
  };
}

/** The alphabet of generated name suffixes: no vowels, no look-alikes, so that no word appears by chance. */
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

export function nameSuffix(random: Random, length = 5): string {
  let out = "";
  for (let i = 0; i < length; i++) out += suffixAlphabet[random.int(suffixAlphabet.length)];
  return out;
}

/** Maps any string onto the suffix alphabet: the same input gives the same output. */
export function safeEncode(text: string): string {
  let out = "";
  for (const char of text) out += suffixAlphabet[char.codePointAt(0)! % suffixAlphabet.length];
  return out;
}
