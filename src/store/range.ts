/** Ranges of keys. `/` and letters are single bytes below 0x7f, so the end of a prefix is its last character plus one. */
import type { Range } from "./contract.ts";

/** Beyond every key. */
export const lastKey = "\uffff";

/** The first key after every key with this prefix. */
export function prefixEnd(prefix: string): string {
  if (prefix === "") return lastKey;
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** All keys with a prefix; `after`: only those beyond this one. */
export function under(prefix: string, { after, limit }: { after?: string; limit?: number } = {}): Range {
  return { from: after === undefined ? prefix : `${after}\0`, to: prefixEnd(prefix), ...(limit === undefined ? {} : { limit }) };
}

/** One key. */
export function only(key: string): Range {
  return { from: key, to: `${key}\0` };
}

export function covers({ from, to }: Range, key: string): boolean {
  return key >= from && key < to;
}
