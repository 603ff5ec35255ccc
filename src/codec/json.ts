/**
 * Reads JSON from outside. `JSON.parse` does the work; a scan of our own runs only where it must: to name duplicate keys, to
 * cap the depth, and to say what is wrong with a text in the words that Go clients know. Integers of 64 bits keep every digit:
 * those that a double cannot hold are bigints, and are written back as they came.
 */
import { parseExact } from "./exact-integers.ts";
import { maxNesting } from "./yaml/cursor.ts";

export interface ParseJsonOptions {
  /** Nesting beyond this is refused before anything recurses; see docs/decisions/120-nesting.md. */
  maxDepth?: number;
  /**
   * Called once for each repeated key with its path, `spec.containers[0].image`, a hundred times at most. The last value wins,
   * as everywhere.
   */
  onDuplicate?(path: string): void;
}

/** The text is not JSON. The message is Go's: `invalid character '}' looking for beginning of value`. */
export class JsonError extends Error {
  override name = "JsonError";
  /** In characters from the start of the text. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** As many complaints as upstream's strict decoder makes of one text. */
const mostDuplicates = 100;
const decoder = new TextDecoder();

export function parseJson(input: Uint8Array | string, options: ParseJsonOptions = {}): unknown {
  const text = typeof input === "string" ? input : decoder.decode(input);
  const { maxDepth = maxNesting, onDuplicate } = options;
  // Fewer brackets than levels cannot nest too deep; nearly all bodies have so few.
  const scanned = opens(text, maxDepth) || (onDuplicate !== undefined && text.length > longText);
  if (scanned) scanJson(text, maxDepth, onDuplicate);
  let value: unknown;
  try {
    value = parseExact(text);
  } catch (error) {
    scanJson(text, maxDepth);
    throw new JsonError((error as Error).message, 0);
  }
  // What a machine wrote compactly comes back unchanged exactly when no key was lost.
  if (onDuplicate && !scanned && JSON.stringify(value) !== text) scanJson(text, maxDepth, onDuplicate);
  return value;
}

/** To write a value again and compare costs less than our own scan up to about here. */
const longText = 10_000;

/** Whether more than so many lists and objects begin in the text. */
function opens(text: string, most: number): boolean {
  if (text.length <= most) return false;
  let count = 0;
  for (const bracket of ["{", "["])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (++count > most) return true;
  return false;
}

/** Sets a key as data, also `__proto__`. */
export function setKey(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

interface Level {
  /** Keys seen so far; undefined in lists. */
  keys?: Set<string>;
  /** Those of them that were complained of. */
  reported?: Set<string>;
  /** The key or index where the scan stands. */
  at: string | number;
}

/** Walks the whole text once without recursion; throws JsonError at the first thing that is not JSON. */
function scanJson(text: string, maxDepth: number, onDuplicate?: (path: string) => void): void {
  const levels: Level[] = [];
  let reported = 0;
  let at = 0;
  const fail = (context: string, offset = at): never => {
    if (offset >= text.length) throw new JsonError("unexpected end of JSON input", offset);
    throw new JsonError(`invalid character ${quoteChar(String.fromCodePoint(text.codePointAt(offset)!))} ${context}`, offset);
  };
  const skipSpace = () => {
    for (; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (char !== 32 && char !== 10 && char !== 13 && char !== 9) return;
    }
  };
  const open = (level: Level) => {
    levels.push(level);
    if (levels.length > maxDepth) throw new JsonError("exceeded max depth", at);
    at++;
  };
  /** At a quote: returns the position behind the closing one. */
  const skipString = (): number => {
    for (let i = at + 1; ; i++) {
      const char = text.charCodeAt(i);
      if (char === 34) return i + 1;
      if (i >= text.length || char < 32) fail("in string literal", i);
      if (char !== 92) continue;
      i++;
      if (text[i] === "u") {
        for (let digit = 1; digit <= 4; digit++)
          if (!/[0-9a-fA-F]/.test(text[i + digit] ?? "")) fail("in \\u hexadecimal character escape", i + digit);
        i += 4;
      } else if (!/["\\/bfnrt]/.test(text[i] ?? "")) fail("in string escape code", i);
    }
  };
  const readKey = () => {
    if (text[at] !== '"') fail("looking for beginning of object key string");
    const end = skipString();
    const level = levels.at(-1)!;
    const raw = text.slice(at + 1, end - 1);
    const key = raw.includes("\\") ? (JSON.parse(text.slice(at, end)) as string) : raw;
    at = end;
    level.at = key;
    if (onDuplicate) {
      if (!level.keys!.has(key)) level.keys!.add(key);
      else if (reported < mostDuplicates && !level.reported?.has(key)) {
        reported++;
        level.reported ??= new Set();
        level.reported.add(key);
        onDuplicate(pathOf(levels));
      }
    }
    skipSpace();
    if (text[at] !== ":") fail("after object key");
    at++;
  };
  for (;;) {
    skipSpace();
    const char = text[at];
    if (char === "{") {
      open({ keys: new Set(), at: "" });
      skipSpace();
      if (text[at] !== "}") {
        readKey();
        continue;
      }
    } else if (char === "[") {
      open({ at: 0 });
      skipSpace();
      if (text[at] !== "]") continue;
    } else if (char === '"') at = skipString();
    else if (char === "t" || char === "f" || char === "n") {
      const literal = char === "t" ? "true" : char === "f" ? "false" : "null";
      for (let i = 1; i < literal.length; i++)
        if (text[at + i] !== literal[i]) fail(`in literal ${literal} (expecting '${literal[i]}')`, at + i);
      at += literal.length;
    } else at = skipNumber(text, at, fail);
    // A value has ended: close what ends with it, or go on to the next one.
    for (;;) {
      skipSpace();
      const level = levels.at(-1);
      if (!level) {
        if (at < text.length) fail("after top-level value");
        return;
      }
      const next = text[at];
      if (level.keys ? next === "}" : next === "]") {
        levels.pop();
        at++;
        continue;
      }
      if (next !== ",") fail(level.keys ? "after object key:value pair" : "after array element");
      at++;
      if (level.keys) {
        skipSpace();
        readKey();
      } else (level.at as number)++;
      break;
    }
  }
}

function skipNumber(text: string, start: number, fail: (context: string, offset?: number) => never): number {
  let at = start;
  const digits = (context: string) => {
    if (!isDigit(text, at)) fail(context, at);
    while (isDigit(text, at)) at++;
  };
  if (text[at] === "-") {
    at++;
    if (!isDigit(text, at)) fail("in numeric literal", at);
  } else if (!isDigit(text, at)) fail("looking for beginning of value", at);
  if (text[at] === "0") at++;
  else digits("in numeric literal");
  if (text[at] === ".") {
    at++;
    digits("after decimal point in numeric literal");
  }
  if (text[at] === "e" || text[at] === "E") {
    at++;
    if (text[at] === "+" || text[at] === "-") at++;
    digits("in exponent of numeric literal");
  }
  return at;
}

function isDigit(text: string, at: number): boolean {
  const char = text.charCodeAt(at);
  return char >= 48 && char <= 57;
}

function quoteChar(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  return `'${JSON.stringify(char).slice(1, -1)}'`;
}

function pathOf(levels: Level[]): string {
  let path = "";
  for (const { at } of levels) path += typeof at === "number" ? `[${at}]` : path === "" ? at : `.${at}`;
  return path;
}
