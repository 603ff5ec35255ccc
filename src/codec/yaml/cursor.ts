/** Where a YAML reader stands in its text, and what the characters there are to it. */

/** How deep collections may nest. Upstream allows 10,000 on stacks that grow; ours do not. docs/decisions/120-nesting.md */
export const maxNesting = 1000;

/**
 * Broken YAML. The message names the line as upstream does: counted inside its document. libyaml counts a scanner's error
 * from line 1 and a parser's error from line 0, so the second kind names the line before; it leaves "line 0" out.
 */
export class YamlError extends Error {
  override name = "YamlError";
  /** Position in the whole text, both from 1. */
  readonly line: number;
  readonly column: number;
  constructor(message: string, at: { line: number; column: number }) {
    super(message);
    this.line = at.line;
    this.column = at.column;
  }
}

/** The code of the character, 0 behind the end: a text with a real NUL is refused before it is read. */
export function codeAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : 0;
}

export const isBlank = (code: number): boolean => code === 32 || code === 9;
export const isBreak = (code: number): boolean => code === 10 || code === 13 || code === 0x85 || code === 0x2028 || code === 0x2029;
export const isSpaceOrEnd = (code: number): boolean => code === 0 || isBlank(code) || isBreak(code);
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Letters as anchors, tags and directives may hold them. */
export function isWord(code: number): boolean {
  return isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code === 45;
}

export class Cursor {
  readonly text: string;
  at = 0;
  /** From 0. */
  line = 0;
  #lineStart = 0;

  constructor(text: string) {
    this.text = text;
  }

  get column(): number {
    return this.at - this.#lineStart;
  }

  code(ahead = 0): number {
    return codeAt(this.text, this.at + ahead);
  }

  skipBlanks(): void {
    while (isBlank(this.code())) this.at++;
  }

  skipComment(): void {
    if (this.code() !== 35) return;
    while (this.code() !== 0 && !isBreak(this.code())) this.at++;
  }

  /** At a line break: goes behind it and returns what it means in a value. Nothing happens elsewhere. */
  readBreak(): string {
    const code = this.code();
    if (!isBreak(code)) return "";
    this.at += code === 13 && this.code(1) === 10 ? 2 : 1;
    this.line++;
    this.#lineStart = this.at;
    return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : "\n";
  }

  /** The end of the text counts as the beginning of a line. */
  endLine(): void {
    if (this.column === 0) return;
    this.line++;
    this.#lineStart = this.at;
  }

  /** `---` or `...` alone at the beginning of a line. */
  isDocumentMark(): boolean {
    if (this.column !== 0) return false;
    const code = this.code();
    return (code === 45 || code === 46) && this.code(1) === code && this.code(2) === code && isSpaceOrEnd(this.code(3));
  }

  /** A refusal by the scanner, at the place where it stands. */
  fail(problem: string): YamlError {
    return new YamlError(this.line > 0 ? `yaml: line ${this.line + 1}: ${problem}` : `yaml: ${problem}`, {
      line: this.line + 1,
      column: this.column + 1,
    });
  }
}

/** Line breaks that wait to be written. Millions of them cost one string. */
export class Breaks {
  #text = "";
  #newlines = 0;

  get empty(): boolean {
    return this.#newlines === 0 && this.#text === "";
  }
  add(text: string): void {
    if (text === "\n") this.#newlines++;
    else if (text !== "") {
      this.#text += "\n".repeat(this.#newlines) + text;
      this.#newlines = 0;
    }
  }
  take(): string {
    const text = this.#text + "\n".repeat(this.#newlines);
    this.#text = "";
    this.#newlines = 0;
    return text;
  }
}
