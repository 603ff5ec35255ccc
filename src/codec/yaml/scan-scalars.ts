/** The four written forms of a scalar: plain, quoted by `'` or `"`, and blocks after `|` or `>`. */
import { Breaks, type Cursor, codeAt, isBlank, isBreak, isDigit, isSpaceOrEnd } from "./cursor.ts";

/** A line break between two words is a blank; of several, all but the first are kept. */
function folded(first: string, more: Breaks): string {
  if (first !== "\n") return first + more.take();
  return more.empty ? " " : more.take();
}

/** Blanks and line breaks up to the next word, as they count inside a value. */
function readGap(cursor: Cursor, brokenAlready: boolean, onBlank?: () => void): { gap: string; broken: boolean } {
  let blanks = "";
  let first = "";
  let broken = brokenAlready;
  const more = new Breaks();
  for (;;) {
    const code = cursor.code();
    if (isBlank(code)) {
      if (broken) {
        onBlank?.();
        cursor.at++;
      } else {
        const start = cursor.at;
        cursor.skipBlanks();
        blanks = cursor.text.slice(start, cursor.at);
      }
    } else if (!isBreak(code)) break;
    else if (broken) more.add(cursor.readBreak());
    else {
      first = cursor.readBreak();
      broken = true;
    }
  }
  return { gap: broken ? folded(first, more) : blanks, broken };
}

/** `brokeLine`: a line ended behind the last word. */
export function scanPlain(cursor: Cursor, place: { indent: number; inFlow: boolean }): { value: string; brokeLine: boolean } {
  const { text } = cursor;
  const { indent, inFlow } = place;
  let value = "";
  let gap = "";
  let brokeLine = false;
  const refuseTab = () => {
    if (cursor.column < indent && cursor.code() === 9) throw cursor.fail("found a tab character that violates indentation");
  };
  while (!cursor.isDocumentMark() && cursor.code() !== 35) {
    const start = cursor.at;
    let end = start;
    for (; ; end++) {
      const code = codeAt(text, end);
      if (isSpaceOrEnd(code) || (code === 58 && isSpaceOrEnd(codeAt(text, end + 1))) || (inFlow && endsPlainInFlow(code))) break;
    }
    if (end > start) {
      value += gap + text.slice(start, end);
      brokeLine = false;
      cursor.at = end;
    }
    const code = cursor.code();
    if (!isBlank(code) && !isBreak(code)) break;
    const read = readGap(cursor, false, refuseTab);
    gap = read.gap;
    brokeLine = read.broken;
    if (!inFlow && cursor.column < indent) break;
  }
  return { value, brokeLine };
}

/** One of `,?[]{}`. */
function endsPlainInFlow(code: number): boolean {
  return code === 44 || code === 63 || code === 91 || code === 93 || code === 123 || code === 125;
}

const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "'": "'",
  "\\": "\\",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};
const hexLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

export function scanQuoted(cursor: Cursor): string {
  const { text } = cursor;
  const quote = cursor.code();
  const single = quote === 39;
  const parts: string[] = [];
  cursor.at++;
  for (;;) {
    if (cursor.isDocumentMark()) throw cursor.fail("found unexpected document indicator");
    if (cursor.code() === 0) throw cursor.fail("found unexpected end of stream");
    let broken = false;
    for (let code = cursor.code(); !isSpaceOrEnd(code); code = cursor.code()) {
      if (code === quote) {
        if (!single || cursor.code(1) !== quote) break;
        parts.push("'");
        cursor.at += 2;
      } else if (!single && code === 92) {
        if (isBreak(cursor.code(1))) {
          cursor.at++;
          cursor.readBreak();
          broken = true;
          break;
        }
        parts.push(readEscape(cursor));
      } else {
        const start = cursor.at++;
        while (isOrdinary(cursor.code(), quote, single)) cursor.at++;
        parts.push(text.slice(start, cursor.at));
      }
    }
    if (cursor.code() === quote) break;
    parts.push(readGap(cursor, broken).gap);
  }
  cursor.at++;
  return parts.length === 1 ? parts[0]! : parts.join("");
}

function isOrdinary(code: number, quote: number, single: boolean): boolean {
  return code !== quote && !isSpaceOrEnd(code) && (single || code !== 92);
}

function readEscape(cursor: Cursor): string {
  const letter = cursor.text[cursor.at + 1] ?? "";
  const known = escapes[letter];
  const length = hexLengths[letter];
  if (known === undefined && length === undefined) throw cursor.fail("found unknown escape character");
  cursor.at += 2;
  if (known !== undefined) return known;
  const digits = cursor.text.slice(cursor.at, cursor.at + length!);
  // Upstream's word, misspelt there too.
  if (digits.length < length! || !/^[0-9a-fA-F]+$/.test(digits)) throw cursor.fail("did not find expected hexdecimal number");
  const code = Number.parseInt(digits, 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) throw cursor.fail("found invalid Unicode character escape code");
  cursor.at += length!;
  return String.fromCodePoint(code);
}

/** At `|` or `>`. `parentIndent`: the column of the collection around it, -1 at the top. */
export function scanBlock(cursor: Cursor, parentIndent: number): string {
  const literal = cursor.code() === 124;
  cursor.at++;
  const { chomp, increment } = readBlockHeader(cursor);
  let indent = increment > 0 ? Math.max(parentIndent, 0) + increment : 0;
  const waiting = new Breaks();
  indent = readIndent(cursor, { indent, parentIndent }, waiting);
  const parts: string[] = [];
  let lastBreak = "";
  let blankBefore = false;
  while (cursor.column === indent && cursor.code() !== 0) {
    const blankHere = isBlank(cursor.code());
    if (!literal && !blankBefore && !blankHere && lastBreak === "\n") {
      if (waiting.empty) parts.push(" ");
    } else parts.push(lastBreak);
    parts.push(waiting.take());
    blankBefore = blankHere;
    const start = cursor.at;
    while (cursor.code() !== 0 && !isBreak(cursor.code())) cursor.at++;
    parts.push(cursor.text.slice(start, cursor.at));
    lastBreak = cursor.readBreak();
    readIndent(cursor, { indent, parentIndent }, waiting);
  }
  if (chomp !== "-") parts.push(lastBreak);
  if (chomp === "+") parts.push(waiting.take());
  return parts.join("");
}

function readBlockHeader(cursor: Cursor): { chomp: "" | "+" | "-"; increment: number } {
  let chomp: "" | "+" | "-" = "";
  let increment = 0;
  const readChomp = () => {
    const code = cursor.code();
    if (code !== 43 && code !== 45) return false;
    chomp = code === 43 ? "+" : "-";
    cursor.at++;
    return true;
  };
  const readDigit = () => {
    if (!isDigit(cursor.code())) return false;
    if (cursor.code() === 48) throw cursor.fail("found an indentation indicator equal to 0");
    increment = cursor.code() - 48;
    cursor.at++;
    return true;
  };
  if (readChomp()) readDigit();
  else if (readDigit()) readChomp();
  cursor.skipBlanks();
  cursor.skipComment();
  if (cursor.code() !== 0 && !isBreak(cursor.code())) throw cursor.fail("did not find expected comment or line break");
  cursor.readBreak();
  return { chomp, increment };
}

/** Skips indentation and empty lines, which go to `waiting`; an indent of 0 is found out here. */
function readIndent(cursor: Cursor, place: { indent: number; parentIndent: number }, waiting: Breaks): number {
  const { indent } = place;
  let widest = 0;
  for (;;) {
    while ((indent === 0 || cursor.column < indent) && cursor.code() === 32) cursor.at++;
    widest = Math.max(widest, cursor.column);
    if ((indent === 0 || cursor.column < indent) && cursor.code() === 9)
      throw cursor.fail("found a tab character where an indentation space is expected");
    if (!isBreak(cursor.code())) break;
    waiting.add(cursor.readBreak());
  }
  return indent === 0 ? Math.max(widest, place.parentIndent + 1, 1) : indent;
}
