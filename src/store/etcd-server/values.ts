/** Keys and values of etcd in one of our stores: a key's bytes are its characters, a value has in front what etcd tells of a key besides. */
import type { Entry, Range, StoreEvent } from "../contract.ts";
import { lastKey } from "../range.ts";
import type { Kv } from "./messages.ts";

/** In front of each value: version, lease, and the revision of its creation (0: its own). */
const headBytes = 4 + 6 + 6;

export interface Head {
  version: number;
  lease: number;
  created: number;
}

export const keyOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
export const bytesOf = (key: string): Buffer => Buffer.from(key, "latin1");

/** etcd's: no end is one key, a zero byte is all that follow. */
export function rangeOf(key: Uint8Array, end: Uint8Array): Range {
  const from = keyOf(key);
  if (end.length === 0) return { from, to: `${from}\0` };
  return { from: from === "\0" ? "" : from, to: end.length === 1 && end[0] === 0 ? lastKey : keyOf(end) };
}

export function packed(value: Uint8Array, { version, lease, created }: Head): Buffer {
  const out = Buffer.allocUnsafeSlow(headBytes + value.length);
  out.writeUInt32BE(version, 0);
  out.writeUIntBE(lease, 4, 6);
  out.writeUIntBE(created, 10, 6);
  out.set(value, headBytes);
  return out;
}

export const headOf = (value: Buffer): Head => ({
  version: value.readUInt32BE(0),
  lease: value.readUIntBE(4, 6),
  created: value.readUIntBE(10, 6),
});

export function kvOf(key: string, value: Buffer, modRevision: number): Kv {
  const { version, lease, created } = headOf(value);
  return { key: bytesOf(key), value: value.subarray(headBytes), modRevision, createRevision: created || modRevision, version, lease };
}

export const kvOfEntry = ({ key, value, modRevision }: Entry): Kv => kvOf(key, value, modRevision);

/** `type` 1 is a deletion, which shows the key alone. */
export function eventOf({ type, key, value, revision, previous, previousRevision }: StoreEvent, withPrevious: boolean) {
  const kv = type === "put" ? kvOf(key, value, revision) : { key: bytesOf(key), modRevision: revision };
  const before = type === "delete" ? (previous ?? value) : previous;
  const prevKv = withPrevious && before && previousRevision ? { prevKv: kvOf(key, before, previousRevision) } : {};
  return { type: type === "put" ? 0 : 1, kv, ...prevKv };
}
