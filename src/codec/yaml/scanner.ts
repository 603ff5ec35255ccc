/**
 * Cuts a YAML text into tokens by libyaml's rules, in one pass. The only look ahead is the one that YAML asks for: what may
 * turn out to be a key waits for its `:`, at most to the end of its line and 1024 characters.
 */
import { Cursor, isBlank, isBreak, isSpaceOrEnd, maxNesting } from "./cursor.ts";
import { scanBlock, scanPlain, scanQuoted } from "./scan-scalars.ts";
import { type Directive, scanAnchor, scanDirective, scanTag } from "./scan-tags.ts";

export type TokenType =
  | "end"
  | "directive"
  | "---"
  | "..."
  | "block sequence"
  | "block mapping"
  | "block end"
  | "["
  | "]"
  | "{"
  | "}"
  | ","
  | "-"
  | "?"
  | ":"
  | "alias"
  | "anchor"
  | "tag"
  | "scalar";

export interface Token {
  type: TokenType;
  /** Where it begins, from 0. */
  line: number;
  column: number;
  /** Text of a scalar, name of an anchor, suffix of a tag. */
  value: string;
  /** A scalar without quotes; for a tag unused. */
  plain: boolean;
  handle: string;
  directive?: Directive;
}

interface Place {
  at: number;
  line: number;
  column: number;
}

/** A place where a key without `?` may have begun. */
interface SimpleKey extends Place {
  possible: boolean;
  /** In a block mapping nothing else can stand here. */
  required: boolean;
  /** How many tokens stand before it in the whole text. */
  token: number;
}

const maxKeyLength = 1024;

export class Scanner {
  readonly #cursor: Cursor;
  #queue: Token[] = [];
  #head = 0;
  /** Tokens that were taken before the head of the queue. */
  #taken = 0;
  #indents: number[] = [];
  #indent = -1;
  #flowLevel = 0;
  /** One for each flow level, and one for the block around them. */
  #keys: SimpleKey[] = [{ possible: false, required: false, token: 0, at: 0, line: 0, column: 0 }];
  #keyAt = new Map<number, SimpleKey>();
  #keyAllowed = true;

  constructor(text: string) {
    this.#cursor = new Cursor(text);
  }

  peek(): Token {
    while (this.#head === this.#queue.length || this.#mayBecomeKey()) this.#fetch();
    return this.#queue[this.#head]!;
  }

  skip(): void {
    this.peek();
    this.#head++;
    this.#taken++;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
  }

  #mayBecomeKey(): boolean {
    const key = this.#keyAt.get(this.#taken);
    return key !== undefined && this.#isValid(key);
  }

  #isValid(key: SimpleKey): boolean {
    if (!key.possible) return false;
    if (key.line >= this.#cursor.line && key.at + maxKeyLength >= this.#cursor.at) return true;
    if (key.required) throw this.#cursor.fail("could not find expected ':'");
    key.possible = false;
    return false;
  }

  #saveKey(): void {
    if (!this.#keyAllowed) return;
    const { at, line, column } = this.#cursor;
    const required = this.#flowLevel === 0 && this.#indent === column;
    const token = this.#taken + this.#queue.length - this.#head;
    this.#removeKey();
    const key: SimpleKey = { possible: true, required, token, at, line, column };
    this.#keys[this.#keys.length - 1] = key;
    this.#keyAt.set(token, key);
  }

  #removeKey(): void {
    const key = this.#keys.at(-1)!;
    if (!key.possible) return;
    if (key.required) throw this.#cursor.fail("could not find expected ':'");
    key.possible = false;
    this.#keyAt.delete(key.token);
  }

  #push(type: TokenType, place: { line: number; column: number }, value = "", plain = false): Token {
    const token: Token = { type, line: place.line, column: place.column, value, plain, handle: "" };
    this.#queue.push(token);
    return token;
  }

  #insert(type: TokenType, place: { line: number; column: number }, before: number): void {
    this.#queue.splice(this.#head + before - this.#taken, 0, {
      type,
      line: place.line,
      column: place.column,
      value: "",
      plain: false,
      handle: "",
    });
  }

  /** A collection begins at this column when it stands further right than the one around it. */
  #roll(column: number, type: "block sequence" | "block mapping", place: { line: number; column: number }, before?: number): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    if (this.#indents.length > maxNesting) throw this.#cursor.fail(`exceeded max depth of ${maxNesting}`);
    if (before === undefined) this.#push(type, place);
    else this.#insert(type, place, before);
  }

  #unroll(column: number): void {
    if (this.#flowLevel > 0) return;
    while (this.#indent > column) {
      this.#push("block end", this.#cursor);
      this.#indent = this.#indents.pop()!;
    }
  }

  #fetch(): void {
    const cursor = this.#cursor;
    this.#toNextToken();
    this.#unroll(cursor.column);
    const code = cursor.code();
    if (code === 0) return this.#end();
    if (cursor.column === 0 && code === 37) return this.#directive();
    if (cursor.isDocumentMark()) return this.#documentMark(code === 45 ? "---" : "...");
    const spaced = isSpaceOrEnd(cursor.code(1));
    switch (code) {
      case 91:
        return this.#openFlow("[");
      case 123:
        return this.#openFlow("{");
      case 93:
        return this.#closeFlow("]");
      case 125:
        return this.#closeFlow("}");
      case 44:
        this.#removeKey();
        this.#keyAllowed = true;
        return this.#sign(",");
      case 45:
        if (spaced) return this.#entry();
        break;
      case 63:
        if (spaced || this.#flowLevel > 0) return this.#key();
        break;
      case 58:
        if (spaced || this.#flowLevel > 0) return this.#value();
        break;
      case 42:
      case 38: {
        const place = this.#beginWord();
        this.#push(code === 42 ? "alias" : "anchor", place, scanAnchor(cursor));
        return;
      }
      case 33: {
        const place = this.#beginWord();
        const { handle, suffix } = scanTag(cursor);
        this.#push("tag", place, suffix).handle = handle;
        return;
      }
      case 124:
      case 62:
        if (this.#flowLevel === 0) return this.#block();
        break;
      case 39:
      case 34: {
        const place = this.#beginWord();
        this.#push("scalar", place, scanQuoted(cursor));
        return;
      }
    }
    if (!this.#beginsPlain(code)) throw cursor.fail("found character that cannot start any token");
    const place = this.#beginWord();
    const { value, brokeLine } = scanPlain(cursor, { indent: this.#indent + 1, inFlow: this.#flowLevel > 0 });
    if (brokeLine) this.#keyAllowed = true;
    this.#push("scalar", place, value, true);
  }

  #toNextToken(): void {
    const cursor = this.#cursor;
    for (;;) {
      if (cursor.column === 0 && cursor.code() === 0xfeff) cursor.at++;
      const tabs = this.#flowLevel > 0 || !this.#keyAllowed;
      for (let code = cursor.code(); code === 32 || (tabs && code === 9); code = cursor.code()) cursor.at++;
      cursor.skipComment();
      if (!isBreak(cursor.code())) return;
      cursor.readBreak();
      if (this.#flowLevel === 0) this.#keyAllowed = true;
    }
  }

  #place(): Place {
    const { at, line, column } = this.#cursor;
    return { at, line, column };
  }

  /** Scalars, anchors and tags may be the beginning of a key. */
  #beginWord(): Place {
    this.#saveKey();
    this.#keyAllowed = false;
    return this.#place();
  }

  #sign(type: TokenType): void {
    this.#push(type, this.#cursor);
    this.#cursor.at++;
  }

  #end(): void {
    this.#cursor.endLine();
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    this.#push("end", this.#cursor);
  }

  #directive(): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    const place = this.#place();
    const directive = scanDirective(this.#cursor);
    this.#push("directive", place).directive = directive;
  }

  #documentMark(type: "---" | "..."): void {
    this.#unroll(-1);
    this.#removeKey();
    this.#keyAllowed = false;
    this.#push(type, this.#cursor);
    this.#cursor.at += 3;
  }

  #openFlow(type: "[" | "{"): void {
    this.#saveKey();
    const place = this.#place();
    this.#keys.push({ possible: false, required: false, token: this.#taken + this.#queue.length - this.#head, ...place });
    this.#flowLevel++;
    if (this.#flowLevel > maxNesting) throw this.#cursor.fail(`exceeded max depth of ${maxNesting}`);
    this.#keyAllowed = true;
    this.#sign(type);
  }

  #closeFlow(type: "]" | "}"): void {
    this.#removeKey();
    if (this.#flowLevel > 0) {
      this.#flowLevel--;
      this.#keyAt.delete(this.#keys.pop()!.token);
    }
    this.#keyAllowed = false;
    this.#sign(type);
  }

  #entry(): void {
    // Inside `[` the parser refuses it: it knows the collection.
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) throw this.#cursor.fail("block sequence entries are not allowed in this context");
      this.#roll(this.#cursor.column, "block sequence", this.#cursor);
    }
    this.#removeKey();
    this.#keyAllowed = true;
    this.#sign("-");
  }

  #key(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) throw this.#cursor.fail("mapping keys are not allowed in this context");
      this.#roll(this.#cursor.column, "block mapping", this.#cursor);
    }
    this.#removeKey();
    this.#keyAllowed = this.#flowLevel === 0;
    this.#sign("?");
  }

  #value(): void {
    const key = this.#keys.at(-1)!;
    if (this.#isValid(key)) {
      this.#insert("?", key, key.token);
      this.#roll(key.column, "block mapping", key, key.token);
      key.possible = false;
      this.#keyAt.delete(key.token);
      this.#keyAllowed = false;
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#keyAllowed) throw this.#cursor.fail("mapping values are not allowed in this context");
        this.#roll(this.#cursor.column, "block mapping", this.#cursor);
      }
      this.#keyAllowed = this.#flowLevel === 0;
    }
    this.#sign(":");
  }

  #block(): void {
    this.#removeKey();
    this.#keyAllowed = true;
    const place = this.#place();
    this.#push("scalar", place, scanBlock(this.#cursor, this.#indent));
  }

  #beginsPlain(code: number): boolean {
    const next = this.#cursor.code(1);
    if (code === 45) return !isBlank(next);
    if (code === 63 || code === 58) return this.#flowLevel === 0 && !isSpaceOrEnd(next);
    return !isSpaceOrEnd(code) && !",[]{}#&*!|>'\"%@`".includes(String.fromCharCode(code));
  }
}
