/** The values of number, string and bytes literals. */
import { type Double, double, intOf, maxInt, maxUint, minInt, Uint } from "../value.ts";

/** Undefined when it does not fit into 64 bits. */
export function readInt(text: string): number | bigint | undefined {
  const negative = text.startsWith("-");
  const size = BigInt(negative ? text.slice(1) : text);
  const value = negative ? -size : size;
  return value < minInt || value > maxInt ? undefined : intOf(value);
}

export function readUint(text: string): Uint | undefined {
  const value = BigInt(text.slice(0, -1));
  return value > maxUint ? undefined : new Uint(value);
}

/** Undefined when it is beyond what a double holds. */
export function readDouble(text: string): number | Double | undefined {
  const value = Number(text);
  return Number.isFinite(value) ? double(value) : undefined;
}

const simple: Record<string, string> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "?": "?",
};
const escapes = /\\(?:([abfnrtv"'\\?`])|([0-3][0-7][0-7])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g;

/** Undefined for a code point that is none. The lexer has seen that the rest is well formed. */
export function readString(text: string): string | undefined {
  const { body, raw } = inner(text);
  if (raw) return body;
  let valid = true;
  const value = body.replace(escapes, (_, letter?: string, octal?: string, hex?: string, four?: string, eight?: string) => {
    if (letter !== undefined) return simple[letter]!;
    const code = octal === undefined ? Number.parseInt((hex ?? four ?? eight)!, 16) : Number.parseInt(octal, 8);
    if (code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) return String.fromCodePoint(code);
    valid = false;
    return "";
  });
  return valid ? value : undefined;
}

const encoder = new TextEncoder();

/** Hexadecimal and octal escapes are bytes; undefined for `\u`, which bytes have not. */
export function readBytes(text: string): Uint8Array | undefined {
  const { body, raw } = inner(text.slice(1));
  if (raw) return encoder.encode(body);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const found of body.matchAll(escapes)) {
    const [whole, letter, octal, hex, four, eight] = found;
    if (four !== undefined || eight !== undefined) return undefined;
    parts.push(encoder.encode(body.slice(from, found.index)));
    if (letter !== undefined) parts.push(encoder.encode(simple[letter]));
    else parts.push(Uint8Array.of(octal === undefined ? Number.parseInt(hex!, 16) : Number.parseInt(octal, 8)));
    from = found.index + whole.length;
  }
  parts.push(encoder.encode(body.slice(from)));
  return new Uint8Array(Buffer.concat(parts));
}

function inner(text: string): { body: string; raw: boolean } {
  const raw = /^[rR]/.test(text);
  const quoted = (raw ? text.slice(1) : text).replace(/\r\n?/g, "\n");
  const width = quoted.length >= 6 && quoted.startsWith(quoted[0]!.repeat(3)) ? 3 : 1;
  return { body: quoted.slice(width, -width), raw };
}
