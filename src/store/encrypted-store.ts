/**
 * Secrets on disk are sealed: a store around a store that encrypts the values under some prefixes, so that a copy of the
 * database alone gives nothing away.
 *
 *     value = "spoke:enc:1:" + nonce (12) + AES-256-GCM(value, authenticated with its key) + tag (16)
 *
 * The key of an object is authenticated too: a sealed value that is moved to another name does not open. Values without
 * the mark are read as they are, and sealed when they are written next.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import {
  type Batch,
  type Committed,
  type Conflict,
  type Entry,
  type Follower,
  type Local,
  type Range,
  type Store,
  StoreError,
  type StoreEvent,
} from "./contract.ts";
import { prefixEnd } from "./range.ts";

const mark = Buffer.from("spoke:enc:1:");
const nonceBytes = 12;
const tagBytes = 16;

export interface EncryptionOptions {
  /** 32 bytes. The first seals; the others only open, while a key is being changed. */
  keys: readonly [Buffer, ...Buffer[]];
  prefixes?: readonly string[];
}

export function encryptedStore(inner: Store, { keys, prefixes = ["/registry/secrets/"] }: EncryptionOptions): Store {
  for (const key of keys) if (key.length !== 32) throw new StoreError(`an encryption key has ${key.length} bytes instead of 32`);
  const isSealed = (name: string) => prefixes.some((prefix) => name.startsWith(prefix));
  /** A watch or list of this range may show sealed values. */
  const mayHold = ({ from, to }: Range) => prefixes.some((prefix) => from < prefixEnd(prefix) && to > prefix);
  const openEntry = (entry: Entry): Entry => (isSealed(entry.key) ? { ...entry, value: open(keys, entry.key, entry.value) } : entry);
  const openEvent = (event: StoreEvent): StoreEvent => {
    if (!isSealed(event.key)) return event;
    const previous = event.previous ? { previous: open(keys, event.key, event.previous) } : {};
    return { ...event, value: open(keys, event.key, event.value), ...previous };
  };
  const answer = (result: Committed | Conflict): Committed | Conflict =>
    result.ok || !result.current ? result : { ok: false, current: openEntry(result.current) };
  return {
    local: inner.local && openingLocal(inner.local, mayHold, openEvent),
    current: () => inner.current(),
    async list(range, at) {
      const slice = await inner.list(range, at);
      return mayHold(range) ? { ...slice, entries: slice.entries.map(openEntry) } : slice;
    },
    async commit(key, expect, value, options) {
      if (!isSealed(key)) return inner.commit(key, expect, value, options);
      return answer(await inner.commit(key, expect, value === "delete" ? value : seal(keys[0], key, value), options));
    },
    watch: (range, after, signal) =>
      mayHold(range) ? openedBatches(inner.watch(range, after, signal), openEvent) : inner.watch(range, after, signal),
    compact: (through) => inner.compact(through),
    problem: () => inner.problem(),
    close: () => inner.close(),
  };
}

async function* openedBatches(sealed: AsyncIterable<Batch>, openEvent: (event: StoreEvent) => StoreEvent): AsyncGenerator<Batch> {
  for await (const { events, seen } of sealed) yield { events: events.map(openEvent), seen };
}

function openingLocal(inner: Local, mayHold: (range: Range) => boolean, openEvent: (event: StoreEvent) => StoreEvent): Local {
  return {
    revision: () => inner.revision(),
    compacted: () => inner.compacted(),
    follow(range, after, follower) {
      if (!mayHold(range)) return inner.follow(range, after, follower);
      const opening: Follower = {
        events(events, seen) {
          let opened: StoreEvent[];
          try {
            opened = events.map(openEvent);
          } catch (error) {
            return follower.failed(error as Error);
          }
          follower.events(opened, seen);
        },
        failed: (error) => follower.failed(error),
      };
      return inner.follow(range, after, opening);
    },
  };
}

export function seal(key: Buffer, name: string, value: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(name));
  return Buffer.concat([mark, nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
}

export function open(keys: readonly Buffer[], name: string, value: Buffer): Buffer {
  if (value.length < mark.length || value.compare(mark, 0, mark.length, 0, mark.length) !== 0) return value;
  const nonce = value.subarray(mark.length, mark.length + nonceBytes);
  const sealed = value.subarray(mark.length + nonceBytes, -tagBytes);
  for (const key of keys) {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce);
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(value.subarray(-tagBytes));
    try {
      return Buffer.concat([decipher.update(sealed), decipher.final()]);
    } catch {
      // Another key, perhaps.
    }
  }
  throw new StoreError(`${name} cannot be decrypted: it was sealed with a key that this server does not have, or was changed on disk`);
}
