/**
 * NaCl's secretbox: XSalsa20 and Poly1305. Node's OpenSSL has neither, and for a way of sealing that exists to read and write what
 * other servers wrote, a hundred lines by the papers are less than a dependency. Vectors of NaCl and values sealed by Go pin it.
 */
import { timingSafeEqual } from "node:crypto";
import { secretBytes } from "#base/mod.ts";
import { StoreError } from "../contract.ts";
import type { Transformer } from "./transformer.ts";

const nonceBytes = 24;
const tagBytes = 16;
const blockBytes = 64;
/** The first bytes of the stream are the key of the tag. */
const tagKeyBytes = 32;

/** nonce, tag, sealed value. The key has 32 bytes. */
export function secretbox(key: Buffer): Transformer {
  return {
    seal: (_name, value) => sealWith(key, secretBytes(nonceBytes), value),
    open(_name, sealed) {
      if (sealed.length < nonceBytes + tagBytes) throw new StoreError("the stored data was shorter than the required size");
      const tag = sealed.subarray(nonceBytes, nonceBytes + tagBytes);
      const box = sealed.subarray(nonceBytes + tagBytes);
      const { tagKey, xor } = stream(key, sealed.subarray(0, nonceBytes));
      // Upstream's words for a tag that is not right.
      if (!timingSafeEqual(poly1305(tagKey, box), tag)) throw new StoreError("output array was not large enough for encryption");
      return { value: xor(box), isStale: false };
    },
  };
}

export function sealWith(key: Buffer, nonce: Buffer, value: Buffer): Buffer {
  const { tagKey, xor } = stream(key, nonce);
  const box = xor(value);
  return Buffer.concat([nonce, poly1305(tagKey, box), box]);
}

const sigma = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

function words(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4));
}

/** Salsa20's matrix: constants on the diagonal, the key around them, sixteen bytes of input in the middle. */
function matrix(key: readonly number[], input: readonly number[]): Uint32Array {
  const [a, b, c, d] = sigma;
  return Uint32Array.from([a, ...key.slice(0, 4), b, ...input, c, ...key.slice(4), d]);
}

/** Each quarter mixes four words of a column or row. */
const quarters = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

function rounds(from: Uint32Array): Uint32Array {
  const x = Uint32Array.from(from);
  const turn = (to: number, sum: number, by: number) => {
    x[to]! ^= (sum << by) | (sum >>> (32 - by));
  };
  for (let round = 0; round < 10; round++)
    for (const [a, b, c, d] of quarters) {
      turn(b, x[a]! + x[d]!, 7);
      turn(c, x[b]! + x[a]!, 9);
      turn(d, x[c]! + x[b]!, 13);
      turn(a, x[d]! + x[c]!, 18);
    }
  return x;
}

function block(key: readonly number[], nonce: readonly number[], count: number): Buffer {
  const from = matrix(key, [...nonce, count >>> 0, Math.floor(count / 2 ** 32)]);
  const mixed = rounds(from);
  const out = Buffer.alloc(blockBytes);
  for (let i = 0; i < 16; i++) out.writeUInt32LE((mixed[i]! + from[i]!) >>> 0, i * 4);
  return out;
}

function stream(key: Buffer, nonce: Buffer): { tagKey: Buffer; xor(bytes: Buffer): Buffer } {
  // HSalsa20 makes a key of key and the nonce's first part.
  const mixed = rounds(matrix(words(key), words(nonce.subarray(0, 16))));
  const subkey = [0, 5, 10, 15, 6, 7, 8, 9].map((i) => mixed[i]!);
  const rest = words(nonce.subarray(16));
  const first = block(subkey, rest, 0);
  return {
    tagKey: first.subarray(0, tagKeyBytes),
    xor(bytes) {
      const out = Buffer.alloc(bytes.length);
      let at = tagKeyBytes;
      let stretch = first;
      for (let i = 0, count = 0; i < bytes.length; i++, at++) {
        if (at === blockBytes) {
          stretch = block(subkey, rest, ++count);
          at = 0;
        }
        out[i] = bytes[i]! ^ stretch[at]!;
      }
      return out;
    },
  };
}

const prime = 2n ** 130n - 5n;
const clamp = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

function poly1305(key: Buffer, bytes: Buffer): Buffer {
  const number = (part: Buffer) => BigInt(`0x${Buffer.from(part).reverse().toString("hex") || "0"}`);
  const r = number(key.subarray(0, 16)) & clamp;
  let sum = 0n;
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    sum = ((sum + number(part) + (1n << BigInt(part.length * 8))) * r) % prime;
  }
  const tag = (sum + number(key.subarray(16))) & (2n ** 128n - 1n);
  return Buffer.from(tag.toString(16).padStart(32, "0"), "hex").reverse();
}
