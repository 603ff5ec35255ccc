/** Tags, anchors and directives: the words of YAML that name instead of hold. */
import { type Cursor, isDigit, isSpaceOrEnd, isWord } from "./cursor.ts";

function readWord(cursor: Cursor): string {
  const start = cursor.at;
  while (isWord(cursor.code())) cursor.at++;
  return cursor.text.slice(start, cursor.at);
}

/** At `&` or `*`: the name behind it. */
export function scanAnchor(cursor: Cursor): string {
  cursor.at++;
  const name = readWord(cursor);
  const next = cursor.code();
  if (name === "" || !(isSpaceOrEnd(next) || "?:,]}%@`".includes(String.fromCharCode(next))))
    throw cursor.fail("did not find expected alphabetic or numeric character");
  return name;
}

/** At `!`. `handle` is empty for a tag that is written out. */
export function scanTag(cursor: Cursor): { handle: string; suffix: string } {
  let handle = "";
  let suffix: string;
  if (cursor.code(1) === 60) {
    cursor.at += 2;
    suffix = readUri(cursor, "");
    if (cursor.code() !== 62) throw cursor.fail("did not find the expected '>'");
    cursor.at++;
  } else {
    handle = readHandle(cursor, false);
    if (handle.length > 1 && handle.endsWith("!")) suffix = readUri(cursor, "");
    else {
      suffix = readUri(cursor, handle);
      handle = "!";
      if (suffix === "") [handle, suffix] = ["", "!"];
    }
  }
  if (!isSpaceOrEnd(cursor.code())) throw cursor.fail("did not find expected whitespace or line break");
  return { handle, suffix };
}

function readHandle(cursor: Cursor, directive: boolean): string {
  if (cursor.code() !== 33) throw cursor.fail("did not find expected '!'");
  const start = cursor.at++;
  readWord(cursor);
  if (cursor.code() === 33) cursor.at++;
  else if (directive && cursor.at > start + 1) throw cursor.fail("did not find expected '!'");
  return cursor.text.slice(start, cursor.at);
}

const uriMarks = ";/?:@&=+$,.!~*'()[]%";

/** `head` is a handle that turned out to be the beginning of the tag itself. */
function readUri(cursor: Cursor, head: string): string {
  let uri = head.slice(1);
  let found = head !== "";
  for (;;) {
    const code = cursor.code();
    if (code === 37) uri += readOctets(cursor);
    else if (isWord(code) || (code !== 0 && uriMarks.includes(String.fromCharCode(code)))) {
      const start = cursor.at++;
      while (isWord(cursor.code())) cursor.at++;
      uri += cursor.text.slice(start, cursor.at);
    } else break;
    found = true;
  }
  if (!found) throw cursor.fail("did not find expected tag URI");
  return uri;
}

/** One character, written as `%C3%A4`. */
function readOctets(cursor: Cursor): string {
  const bytes: number[] = [];
  let wanted = 1;
  while (bytes.length < wanted) {
    const digits = /^%([0-9a-fA-F]{2})$/.exec(cursor.text.slice(cursor.at, cursor.at + 3));
    if (!digits) throw cursor.fail("did not find URI escaped octet");
    const byte = Number.parseInt(digits[1]!, 16);
    if (bytes.length > 0 && (byte & 0xc0) !== 0x80) throw cursor.fail("found an incorrect trailing UTF-8 octet");
    if (bytes.length === 0) wanted = byte < 0x80 ? 1 : byte >> 5 === 6 ? 2 : byte >> 4 === 14 ? 3 : byte >> 3 === 30 ? 4 : 0;
    if (wanted === 0) throw cursor.fail("found an incorrect leading UTF-8 octet");
    bytes.push(byte);
    cursor.at += 3;
  }
  return Buffer.from(bytes).toString();
}

export type Directive = { name: "YAML"; version: string } | { name: "TAG"; handle: string; prefix: string };

/** At `%`, at the beginning of a line. */
export function scanDirective(cursor: Cursor): Directive {
  cursor.at++;
  const name = readWord(cursor);
  if (name === "") throw cursor.fail("could not find expected directive name");
  if (!isSpaceOrEnd(cursor.code())) throw cursor.fail("found unexpected non-alphabetical character");
  if (name !== "YAML" && name !== "TAG") throw cursor.fail("found unknown directive name");
  cursor.skipBlanks();
  const directive: Directive = name === "YAML" ? { name, version: readVersion(cursor) } : { name, ...readTagDirective(cursor) };
  cursor.skipBlanks();
  cursor.skipComment();
  const atBreak = cursor.code() === 0 || cursor.readBreak() !== "";
  if (!atBreak) throw cursor.fail("did not find expected comment or line break");
  return directive;
}

function readVersion(cursor: Cursor): string {
  const readNumber = () => {
    const start = cursor.at;
    while (isDigit(cursor.code())) {
      if (cursor.at - start === 2) throw cursor.fail("found extremely long version number");
      cursor.at++;
    }
    if (cursor.at === start) throw cursor.fail("did not find expected version number");
    return Number(cursor.text.slice(start, cursor.at));
  };
  const major = readNumber();
  if (cursor.code() !== 46) throw cursor.fail("did not find expected digit or '.' character");
  cursor.at++;
  return `${major}.${readNumber()}`;
}

function readTagDirective(cursor: Cursor): { handle: string; prefix: string } {
  const handle = readHandle(cursor, true);
  if (cursor.code() !== 32 && cursor.code() !== 9) throw cursor.fail("did not find expected whitespace");
  cursor.skipBlanks();
  const prefix = readUri(cursor, "");
  if (!isSpaceOrEnd(cursor.code())) throw cursor.fail("did not find expected whitespace or line break");
  return { handle, prefix };
}
