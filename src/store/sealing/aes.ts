/** AES as upstream seals with it, byte for byte: GCM, CBC, and GCM by keys that are derived anew for each value. */
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { secretBytes } from "#base/mod.ts";
import { StoreError } from "../contract.ts";
import type { Transformer } from "./transformer.ts";

const nonceBytes = 12;
const tagBytes = 16;
const blockBytes = 16;
const infoBytes = 32;
const tooShort = () => new StoreError("the stored data was shorter than the required size");

/** nonce, sealed value, tag; the value's name is authenticated with it. The key has 16, 24 or 32 bytes. */
export function aesGcm(key: Buffer): Transformer {
  const algorithm = `aes-${key.length * 8}-gcm` as "aes-256-gcm";
  return {
    seal(name, value) {
      const nonce = secretBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce);
      cipher.setAAD(Buffer.from(name));
      return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
    },
    open(name, sealed) {
      if (sealed.length < nonceBytes + tagBytes) throw tooShort();
      const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes));
      decipher.setAAD(Buffer.from(name));
      decipher.setAuthTag(sealed.subarray(-tagBytes));
      try {
        const value = Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
        return { value, isStale: false };
      } catch (error) {
        throw new StoreError("cipher: message authentication failed", { cause: error });
      }
    },
  };
}

/** Vector, sealed value with PKCS#7 padding. Nothing is authenticated. */
export function aesCbc(key: Buffer): Transformer {
  const algorithm = `aes-${key.length * 8}-cbc`;
  return {
    seal(_name, value) {
      const vector = secretBytes(blockBytes);
      const cipher = createCipheriv(algorithm, key, vector);
      return Buffer.concat([vector, cipher.update(value), cipher.final()]);
    },
    open(_name, sealed) {
      if (sealed.length < blockBytes) throw tooShort();
      if (sealed.length % blockBytes !== 0) throw new StoreError("the stored data is not a multiple of the block size");
      const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, blockBytes));
      try {
        return { value: Buffer.concat([decipher.update(sealed.subarray(blockBytes)), decipher.final()]), isStale: false };
      } catch (error) {
        throw new StoreError("invalid padding on input", { cause: error });
      }
    },
  };
}

/** What the key is derived from (32 bytes), then as GCM. A seed may be used for ever. */
export function derivedGcm(seed: Buffer): Transformer {
  // HKDF's second half, for exactly as many bytes as one round makes.
  const derived = (info: Buffer) =>
    aesGcm(
      createHmac("sha256", seed)
        .update(info)
        .update(Buffer.from([1]))
        .digest(),
    );
  return {
    seal(name, value) {
      const info = secretBytes(infoBytes);
      return Buffer.concat([info, derived(info).seal(name, value) as Buffer]);
    },
    open(name, sealed) {
      if (sealed.length < infoBytes) throw tooShort();
      return derived(sealed.subarray(0, infoBytes)).open(name, sealed.subarray(infoBytes));
    },
  };
}
