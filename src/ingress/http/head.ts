/**
 * Reads the heads of HTTP/1 messages, strictly: what two readers could understand in two ways is refused, so that nothing is
 * smuggled past the one that decides. Pure.
 */

/** Name, value, name, value …; names as they were written. Bytes are one character each. */
export type Fields = string[];

export interface Head {
  /** The request line or status line. */
  line: string;
  fields: Fields;
  /** Where what follows the head begins. */
  end: number;
}

/** The message is none that can be understood in one way only; `status` is what a client is answered. */
export class BadMessage extends Error {
  override name = "BadMessage";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const mostHeadBytes = 32 * 1024;
const mostFields = 200;

const blank = Buffer.from("\r\n\r\n");
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters, and line ends that are only half of one, are looked for.
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r(?!\n)/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export const isToken = (text: string): boolean => token.test(text);
/** Undefined: it is not whole yet. */
export function readHead(bytes: Buffer, from = 0): Head | undefined {
  const end = bytes.indexOf(blank, from);
  if (end < 0 ? bytes.length - from > mostHeadBytes : end - from > mostHeadBytes) throw new BadMessage(431, "the head is too large");
  if (end < 0) return undefined;
  const text = bytes.toString("latin1", from, end);
  if (forbidden.test(text)) throw new BadMessage(400, "the head has control characters");
  const first = text.indexOf("\r\n");
  const fields: Fields = [];
  for (let at = first; at >= 0; ) {
    const start = at + 2;
    at = text.indexOf("\r\n", start);
    const stop = at < 0 ? text.length : at;
    const colon = text.indexOf(":", start);
    if (colon < 0 || colon > stop) throw new BadMessage(400, "a field has no colon");
    const name = text.slice(start, colon);
    // A space before the colon and a folded line are no tokens either.
    if (!token.test(name)) throw new BadMessage(400, "a field has a bad name");
    fields.push(name, trimmed(text, colon + 1, stop));
    if (fields.length > 2 * mostFields) throw new BadMessage(431, "the head has too many fields");
  }
  return { line: first < 0 ? text : text.slice(0, first), fields, end: end + 4 };
}

function trimmed(text: string, from: number, to: number): string {
  let [start, stop] = [from, to];
  while (start < stop && isBlank(text.charCodeAt(start))) start++;
  while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--;
  return text.slice(start, stop);
}

const isBlank = (code: number) => code === 0x20 || code === 0x09;

/** A length in digits and nothing else. */
export function lengthOf(value: string): number | undefined {
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
