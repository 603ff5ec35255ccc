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
import { type Entry, type Store, StoreError, type StoreEvent, type Watcher } from "./contract.ts";

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
  /** A watch or list of this prefix may show sealed values. */
  const mayHold = (asked: string) => prefixes.some((prefix) => prefix.startsWith(asked) || asked.startsWith(prefix));
  const openEntry = (entry: Entry): Entry => (isSealed(entry.key) ? { ...entry, value: open(keys, entry.key, entry.value) } : entry);
  const openEvent = (event: StoreEvent): StoreEvent => {
    if (!isSealed(event.key)) return event;
    const previous = event.previous ? { previous: open(keys, event.key, event.previous) } : {};
    return { ...event, value: open(keys, event.key, event.value), ...previous };
  };
  return {
    revision: () => inner.revision(),
    async get(key) {
      const entry = await inner.get(key);
      return entry && openEntry(entry);
    },
    async list(prefix, options) {
      const result = await inner.list(prefix, options);
      return mayHold(prefix) ? { ...result, entries: result.entries.map(openEntry) } : result;
    },
    async put(key, value, options) {
      const result = await inner.put(key, isSealed(key) ? seal(keys[0], key, value) : value, options);
      return result.ok || !result.current ? result : { ok: false, current: openEntry(result.current) };
    },
    async delete(key, options) {
      const result = await inner.delete(key, options);
      return result.ok || !result.current ? result : { ok: false, current: openEntry(result.current) };
    },
    watch(prefix, after, watcher) {
      if (!mayHold(prefix)) return inner.watch(prefix, after, watcher);
      const opening: Watcher = {
        events(events, upTo) {
          let opened: StoreEvent[];
          try {
            opened = events.map(openEvent);
          } catch (error) {
            return watcher.failed(error as Error);
          }
          watcher.events(opened, upTo);
        },
        failed: (error) => watcher.failed(error),
      };
      return inner.watch(prefix, after, opening);
    },
    compact: (revision) => inner.compact(revision),
    compacted: () => inner.compacted(),
    close: () => inner.close(),
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
