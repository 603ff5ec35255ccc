/** Cuts a CEL source into tokens, in one pass: every character is looked at a bounded number of times. */

export type TokenKind = "int" | "uint" | "float" | "string" | "bytes" | "identifier" | "escaped" | "symbol" | "end" | "bad";

export interface Token {
  kind: TokenKind;
  /** As it is written; the symbol itself for operators and keywords. */
  text: string;
  at: number;
}

const space = /[\t \r\n\f]+|\/\/[^\n]*/y;
const number = /(\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|(0x[0-9a-fA-F]+[uU]|\d+[uU])|(0x[0-9a-fA-F]+|\d+)/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const escapedWord = /`[A-Za-z0-9_.\-/ ]+`/y;
const symbol = /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y;
const prefix = /[bB]?[rR]?(?=["'])/y;
/** Escapes that exist; anything else ends the string as a token. */
const escapeSequence = /\\(?:[abfnrtv"'\\?`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y;
const keywords = new Set(["in", "true", "false", "null"]);

const match = (pattern: RegExp, source: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(source);
};

/** A token of kind `bad` holds what cannot begin any; the last one is always `end`. */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const skipped = match(space, source, at);
    if (skipped) {
      at += skipped[0].length;
      continue;
    }
    const token = tokenAt(source, at);
    found.push(token);
    at += token.text.length;
  }
  found.push({ kind: "end", text: "<EOF>", at: source.length });
  return found;
}

function tokenAt(source: string, at: number): Token {
  const quote = match(prefix, source, at);
  if (quote) {
    const length = stringLength(source, at + quote[0].length, /[rR]/.test(quote[0]));
    if (length > 0) {
      const text = source.slice(at, at + quote[0].length + length);
      return { kind: /^[bB]/.test(quote[0]) ? "bytes" : "string", text, at };
    }
    if (quote[0] === "") return { kind: "bad", text: badString(source, at), at };
  }
  const digits = match(number, source, at);
  if (digits) return { kind: digits[1] !== undefined ? "float" : digits[2] !== undefined ? "uint" : "int", text: digits[0], at };
  const name = match(word, source, at);
  if (name) return { kind: keywords.has(name[0]) ? "symbol" : "identifier", text: name[0], at };
  const escaped = match(escapedWord, source, at);
  if (escaped) return { kind: "escaped", text: escaped[0], at };
  const operator = match(symbol, source, at);
  if (operator) return { kind: "symbol", text: operator[0], at };
  // Half an operator takes what follows along.
  const half = /[=&|]/.test(source[at]!) ? (source[at + 1] ?? "") : "";
  return { kind: "bad", text: String.fromCodePoint(source.codePointAt(at)!) + half, at };
}

/** Of a string literal from its first quote to its last; 0 when it does not end. */
function stringLength(source: string, from: number, raw: boolean): number {
  const quote = source[from]!;
  const triple = source.startsWith(quote.repeat(3), from);
  let at = from + (triple ? 3 : 1);
  while (at < source.length) {
    const character = source[at]!;
    if (triple ? source.startsWith(quote.repeat(3), at) : character === quote) return at + (triple ? 3 : 1) - from;
    if (!triple && (character === "\n" || character === "\r")) break;
    if (character === "\\" && !raw) {
      const escaped = match(escapeSequence, source, at);
      if (!escaped) break;
      at += escaped[0].length;
    } else at++;
  }
  // `""` is an empty string when what looked like three quotes never ended.
  return triple ? 2 : 0;
}

/** What the complaint quotes of a string that does not end: up to where it went wrong. */
function badString(source: string, from: number): string {
  const quote = source[from]!;
  let at = from + 1;
  while (at < source.length && source[at] !== quote && source[at] !== "\n" && source[at] !== "\r") {
    if (source[at] === "\\") {
      const escaped = match(escapeSequence, source, at);
      if (!escaped) return source.slice(from, Math.min(source.length, at + 2));
      at += escaped[0].length;
    } else at++;
  }
  return source.slice(from, Math.min(source.length, at + 1));
}
