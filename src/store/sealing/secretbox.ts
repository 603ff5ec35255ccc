/** NaCl's secretbox, XSalsa20 and Poly1305, for what upstream sealed with it: Node's OpenSSL has neither, a library does. */
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { secretBytes } from "#base/mod.ts";
import { StoreError } from "../contract.ts";
import type { Transformer } from "./transformer.ts";

const nonceBytes = 24;
const tagBytes = 16;

/** nonce, tag, sealed value. The key has 32 bytes. */
export function secretbox(key: Buffer): Transformer {
  return {
    seal: (_name, value) => sealWith(key, secretBytes(nonceBytes), value),
    open(_name, sealed) {
      if (sealed.length < nonceBytes + tagBytes) throw new StoreError("the stored data was shorter than the required size");
      try {
        const value = xsalsa20poly1305(key, sealed.subarray(0, nonceBytes)).decrypt(sealed.subarray(nonceBytes));
        return { value: Buffer.from(value.buffer, value.byteOffset, value.length), isStale: false };
      } catch {
        // Upstream's words for a tag that is not right.
        throw new StoreError("output array was not large enough for encryption");
      }
    },
  };
}

export function sealWith(key: Buffer, nonce: Buffer, value: Buffer): Buffer {
  return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(value)]);
}
