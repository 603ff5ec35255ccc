/**
 * How this server seals Secrets by itself, so that a copy of the database alone gives nothing away:
 *
 *     value = "spoke:enc:1:" + nonce (12) + AES-256-GCM(value, authenticated with its key) + tag (16)
 *
 * The key of an object is authenticated too: a sealed value that is moved to another name does not open.
 */
import { StoreError } from "../contract.ts";
import { aesGcm } from "./aes.ts";
import { startsWith, type Transformer } from "./transformer.ts";

export const ownMark = Buffer.from("spoke:enc:1:");

/** 32 bytes each. The first seals; the others only open, while a key is being changed. */
export function ownKeys(keys: readonly [Buffer, ...Buffer[]]): Transformer {
  for (const key of keys) if (key.length !== 32) throw new StoreError(`an encryption key has ${key.length} bytes instead of 32`);
  const ciphers = keys.map(aesGcm);
  return {
    seal: (name, value) => ciphers[0]!.seal(name, value),
    open(name, sealed) {
      for (const [i, cipher] of ciphers.entries()) {
        try {
          const { value } = cipher.open(name, sealed) as { value: Buffer };
          return { value, isStale: i > 0 };
        } catch {
          // Another key, perhaps.
        }
      }
      throw new StoreError(`${name} cannot be decrypted: it was sealed with a key that this server does not have, or was changed on disk`);
    },
  };
}

/** Reads what is not sealed as it is, and seals it when it is written next. */
export function ownOrPlain(own: Transformer, plain: Transformer): Transformer {
  return {
    seal(name, value) {
      const sealed = own.seal(name, value) as Buffer;
      return Buffer.concat([ownMark, sealed]);
    },
    open(name, value) {
      if (startsWith(value, ownMark)) return own.open(name, value.subarray(ownMark.length));
      const { value: found } = plain.open(name, value) as { value: Buffer };
      return { value: found, isStale: true };
    },
  };
}
