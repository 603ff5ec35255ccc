/**
 * Passwords as they are kept in files of users: the ways of `htpasswd`, `openssl passwd` and crypt(3) that are made of hashes.
 * The algorithms are published: FreeBSD's MD5-crypt (`$1$`, and Apache's `$apr1$`), Drepper's SHA-crypt (`$5$`, `$6$`), RFC 2307's
 * `{SHA}` and `{SSHA}`.
 */
import { createHash, timingSafeEqual } from "node:crypto";

/** More rounds of SHA-crypt would hold up everybody else's requests. */
const mostRounds = 10_000;

/** Whether it is one of the ways that are known here. */
export function isKnownWay(kept: string): boolean {
  const [, rounds] = /^\$[56]\$rounds=(\d+)\$/.exec(kept) ?? [];
  return /^(\$(apr1|1|5|6)\$|\{(SHA|SSHA|PLAIN)\})/.test(kept) && Number(rounds ?? 0) <= mostRounds;
}

/** Takes up to some ten milliseconds. False for ways that are not known. */
export function isPassword(password: string, kept: string): boolean {
  const word = Buffer.from(password);
  const [, scheme, rest = ""] = /^\{(SHA|SSHA|PLAIN)\}(.*)$/.exec(kept) ?? [];
  switch (scheme) {
    case "PLAIN":
      return isSame(word, Buffer.from(rest));
    case "SHA":
      return isSame(hash("sha1", word), Buffer.from(rest, "base64"));
    case "SSHA": {
      const bytes = Buffer.from(rest, "base64");
      return isSame(hash("sha1", word, bytes.subarray(20)), bytes.subarray(0, 20));
    }
    default:
      return isKnownWay(kept) && isSame(Buffer.from(crypt(word, kept)), Buffer.from(kept));
  }
}

/** Whatever differs, and wherever, it takes as long. */
const isSame = (a: Buffer, b: Buffer): boolean => timingSafeEqual(hash("sha256", a), hash("sha256", b));

type Algorithm = "md5" | "sha1" | "sha256" | "sha512";

function hash(algorithm: Algorithm, ...parts: readonly Buffer[]): Buffer {
  const made = createHash(algorithm);
  for (const part of parts) made.update(part);
  return made.digest();
}

function crypt(word: Buffer, kept: string): string {
  const [, way = "", after = ""] = kept.split("$");
  if (way === "1" || way === "apr1") return md5Crypt(word, `$${way}$`, after.slice(0, 8));
  const said = /^rounds=(\d{1,10})$/.exec(after)?.[1];
  const salt = (said ? (kept.split("$")[3] ?? "") : after).slice(0, 16);
  const rounds = Math.max(1000, Number(said ?? 5000));
  const begin = `$${way}$${said ? `rounds=${rounds}$` : ""}${salt}$`;
  return begin + shaCrypt(word, Buffer.from(salt), { algorithm: way === "5" ? "sha256" : "sha512", rounds });
}

function md5Crypt(word: Buffer, magic: string, saltText: string): string {
  const salt = Buffer.from(saltText);
  const first = [word, Buffer.from(magic), salt, filled(hash("md5", word, salt, word), word.length)];
  for (let bits = word.length; bits > 0; bits >>= 1) first.push(bits & 1 ? Buffer.alloc(1) : word.subarray(0, 1));
  let sum = hash("md5", ...first);
  for (let round = 0; round < 1000; round++) {
    const isOdd = round % 2 === 1;
    sum = hash("md5", isOdd ? word : sum, round % 3 ? salt : none, round % 7 ? word : none, isOdd ? sum : word);
  }
  const order = [0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 5, 11];
  return `${magic}${saltText}$${letters(sum, order)}`;
}

const none = Buffer.alloc(0);

/** As many bytes of it, again and again. */
const filled = (bytes: Buffer, length: number): Buffer => Buffer.alloc(length, length > 0 ? bytes : 0);

interface ShaWay {
  algorithm: "sha256" | "sha512";
  rounds: number;
}

function shaCrypt(word: Buffer, salt: Buffer, { algorithm, rounds }: ShaWay): string {
  const second = hash(algorithm, word, salt, word);
  const first = [word, salt, filled(second, word.length)];
  for (let bits = word.length; bits > 0; bits >>= 1) first.push(bits & 1 ? second : word);
  let sum = hash(algorithm, ...first);
  const longWord = filled(hash(algorithm, ...Array.from({ length: word.length }, () => word)), word.length);
  const longSalt = filled(hash(algorithm, ...Array.from({ length: 16 + sum[0]! }, () => salt)), salt.length);
  for (let round = 0; round < rounds; round++) {
    const isOdd = round % 2 === 1;
    sum = hash(algorithm, isOdd ? longWord : sum, round % 3 ? longSalt : none, round % 7 ? longWord : none, isOdd ? sum : longWord);
  }
  return letters(sum, algorithm === "sha256" ? order256 : order512);
}

/** Three bytes are four letters; which three differs from one to the next by a turn of the columns. */
const order256 = turning(
  10,
  ([a, b, c], at) =>
    [
      [a, b, c],
      [c, a, b],
      [b, c, a],
    ][at % 3]!,
  [31, 30],
);
const order512 = turning(
  21,
  ([a, b, c], at) =>
    [
      [a, b, c],
      [b, c, a],
      [c, a, b],
    ][at % 3]!,
  [63],
);

type Three = [number, number, number];

function turning(columns: number, turned: (three: Three, at: number) => number[], rest: readonly number[]): number[] {
  return [...Array.from({ length: columns }, (_, at) => turned([at, at + columns, at + 2 * columns], at)).flat(), ...rest];
}

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Bytes in this order, three by three as four letters, the lowest six bits first. */
function letters(bytes: Buffer, order: readonly number[]): string {
  let text = "";
  for (let at = 0; at < order.length; at += 3) {
    const group = order.slice(at, at + 3);
    let value = group.reduce((sum, place) => (sum << 8) | bytes[place]!, 0);
    for (let left = group.length + 1; left > 0; left--, value >>>= 6) text += alphabet[value & 63];
  }
  return text;
}
