/** Writes YAML byte for byte as upstream's tools print it: sorted keys, lists level with their key, folding past column 80. */
import { needsQuotes } from "./yaml-scalar.ts";

/** `value` as one YAML document ending in a newline. Values that JSON leaves out (undefined) are left out. */
export function writeYaml(value: unknown): string {
  const out = new Writer();
  node(out, value, { indent: -2, inMapping: false, afterDash: false });
  return `${out.text}\n`;
}

const bestWidth = 80;

interface Place {
  /** Column at which the enclosing collection's items start. */
  indent: number;
  /** The node is the value of a mapping entry. */
  inMapping: boolean;
  /** The node directly follows `- ` on its line. */
  afterDash: boolean;
}

class Writer {
  #done = "";
  #line = "";

  get text(): string {
    return this.#done + this.#line;
  }
  get column(): number {
    return codePoints(this.#line);
  }
  get empty(): boolean {
    return this.#done === "" && this.#line === "";
  }
  put(text: string): void {
    this.#line += text;
  }
  newline(indent: number): void {
    this.#done += `${this.#line}\n`;
    this.#line = " ".repeat(Math.max(0, indent));
  }
}

function node(out: Writer, value: unknown, place: Place): void {
  if (Array.isArray(value)) return sequence(out, value, place);
  if (typeof value === "object" && value !== null) return mapping(out, value as Record<string, unknown>, place);
  const space = place.inMapping ? " " : "";
  if (typeof value === "string") {
    if (value === "") return out.put(`${space}""`);
    out.put(space);
    return string(out, value, {
      indent: Math.max(0, place.indent) + 2,
      key: false,
    });
  }
  out.put(space + scalarText(value));
}

function scalarText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return BigInt(value).toString();
  return floatText(value);
}

/** Go's shortest form: an exponent below 1e-4 and from 1e6 on, with two digits. */
function floatText(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e6)) {
    return value.toExponential().replace(/e([-+])(\d)$/, "e$10$2");
  }
  return String(value);
}

function sequence(out: Writer, items: unknown[], place: Place): void {
  if (items.length === 0) return out.put(place.inMapping ? " []" : "[]");
  const indent = place.inMapping ? place.indent : place.indent + 2;
  for (const [index, item] of items.entries()) {
    if (!(index === 0 && (place.afterDash || out.empty))) out.newline(indent);
    out.put("- ");
    node(out, item, { indent, inMapping: false, afterDash: true });
  }
}

function mapping(out: Writer, value: Record<string, unknown>, place: Place): void {
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort(compareKeys);
  if (keys.length === 0) return out.put(place.inMapping ? " {}" : "{}");
  const indent = place.indent + 2;
  for (const [index, key] of keys.entries()) {
    if (!(index === 0 && (place.afterDash || out.empty))) out.newline(indent);
    const long = Buffer.byteLength(key) > 128 || isMultiline(key);
    if (long) out.put("? ");
    if (key === "") out.put('""');
    else string(out, key, { indent: indent + 2, key: !long });
    if (long) out.newline(indent);
    out.put(":");
    node(out, value[key], { indent, inMapping: true, afterDash: false });
  }
}

const special = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const lineBreak = /[\r\n\x85\u2028\u2029]/;

function isMultiline(text: string): boolean {
  return lineBreak.test(text);
}

function string(out: Writer, text: string, place: { indent: number; key: boolean }): void {
  const breaks = lineBreak.test(text);
  const unprintable = special.test(text);
  const spaceBreak = / [\r\n\x85\u2028\u2029]/.test(text);
  const breakSpace = /[\r\n\x85\u2028\u2029] /.test(text);
  if (text.includes("\n")) {
    const block = !text.endsWith(" ") && !spaceBreak && !unprintable && !place.key;
    return block ? literal(out, text, place.indent) : doubleQuoted(out, text, place);
  }
  if (needsQuotes(text)) return doubleQuoted(out, text, place);
  const plain = !breaks && !unprintable && !/^ | $/.test(text) && !hasIndicator(text);
  if (plain) return folded(out, text, place, (character) => character);
  if (spaceBreak || breakSpace || unprintable || breaks) return doubleQuoted(out, text, place);
  out.put("'");
  folded(out, text, place, (character) => (character === "'" ? "''" : character), true);
  out.put("'");
}

function hasIndicator(text: string): boolean {
  if (/^(---|\.\.\.)/.test(text)) return true;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return true;
  return /^[?:-](?=[ \t]|$)/.test(text) || /:(?=[ \t]|$)/.test(text) || /[ \t]#/.test(text);
}

/** Writes text, breaking at a single space that stands past the best width. */
function folded(
  out: Writer,
  text: string,
  place: { indent: number; key: boolean },
  written: (character: string) => string,
  quoted = false,
): void {
  if (place.key || codePoints(text) + out.column <= bestWidth) {
    out.put(quoted ? text.replaceAll("'", "''") : text);
    return;
  }
  let wasSpace = false;
  let column = out.column;
  let run = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character !== " ") {
      const form = written(character);
      run += form;
      if (!isLowSurrogate(character)) column += form.length;
      wasSpace = false;
      continue;
    }
    const inside = !quoted || (i > 0 && i < text.length - 1);
    if (!wasSpace && column > bestWidth && inside && text[i + 1] !== " ") {
      out.put(run);
      run = "";
      out.newline(place.indent);
      column = place.indent;
    } else {
      run += " ";
      column++;
    }
    wasSpace = true;
  }
  out.put(run);
}

function isLowSurrogate(character: string): boolean {
  const code = character.charCodeAt(0);
  return code >= 0xdc00 && code <= 0xdfff;
}

const escapes: Record<string, string> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\x85": "\\N",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function doubleQuoted(out: Writer, text: string, place: { indent: number; key: boolean }): void {
  out.put('"');
  const characters = [...text];
  let wasSpace = false;
  let column = out.column;
  let run = "";
  for (const [index, character] of characters.entries()) {
    if (character !== " ") {
      const written = escapeCharacter(character);
      run += written;
      column += written === character ? 1 : written.length;
      wasSpace = false;
      continue;
    }
    if (!place.key && !wasSpace && column > bestWidth && index > 0 && index < characters.length - 1) {
      out.put(run);
      out.newline(place.indent);
      column = place.indent;
      run = characters[index + 1] === " " ? "\\" : "";
      column += run.length;
    } else {
      run += " ";
      column++;
    }
    wasSpace = true;
  }
  out.put(`${run}"`);
}

function escapeCharacter(character: string): string {
  const known = escapes[character];
  if (known) return known;
  const code = character.codePointAt(0) as number;
  if (code <= 0xffff && !special.test(character)) return character;
  const hex = (width: number) => code.toString(16).toUpperCase().padStart(width, "0");
  return code <= 0xff ? `\\x${hex(2)}` : code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}

function literal(out: Writer, text: string, indent: number): void {
  const hint = /^[ \n]/.test(text) ? "2" : "";
  const chomp = !text.endsWith("\n") ? "-" : text === "\n" || text.endsWith("\n\n") ? "+" : "";
  out.put(`|${hint}${chomp}`);
  const body = text.endsWith("\n") ? text.slice(0, -1) : text;
  for (const line of body.split("\n")) {
    out.newline(line === "" ? 0 : indent);
    out.put(line);
  }
}

/** Upstream's "natural" order: letters after everything else, runs of digits by their number. */
export function compareKeys(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] === right[i]) continue;
    const leftLetter = isLetter(left[i]);
    const rightLetter = isLetter(right[i]);
    if (leftLetter && rightLetter) return byCode(left[i], right[i]);
    if (leftLetter || rightLetter) return rightLetter ? -1 : 1;
    const inNumber = (left[i] === "0" || right[i] === "0") && followsDigits(left, i);
    const leftRun = digits(left, i, inNumber);
    const rightRun = digits(right, i, inNumber);
    if (leftRun.value !== rightRun.value) return leftRun.value < rightRun.value ? -1 : 1;
    if (leftRun.end !== rightRun.end) return leftRun.end - rightRun.end;
    return byCode(left[i], right[i]);
  }
  return left.length - right.length;
}

function byCode(a: string, b: string): number {
  return (a.codePointAt(0) as number) - (b.codePointAt(0) as number);
}
function isLetter(character: string): boolean {
  return /\p{L}/u.test(character);
}
function isDigit(character: string): boolean {
  return /^[0-9]$/.test(character ?? "");
}
/** A zero counts as a digit of a longer number when a digit other than zero stands before it. */
function followsDigits(text: string[], at: number): boolean {
  for (let j = at - 1; j >= 0 && isDigit(text[j]); j--) if (text[j] !== "0") return true;
  return false;
}
function digits(text: string[], start: number, inNumber: boolean): { value: number; end: number } {
  let value = inNumber ? 1 : 0;
  let end = start;
  for (; end < text.length && isDigit(text[end]); end++) value = value * 10 + Number(text[end]);
  return { value, end };
}

function codePoints(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (!isLowSurrogate(text[i])) count++;
  return count;
}
