/** From tokens to server blocks: their zones, and the directives in them, snippets and other files put in their places. */
import { CorefileError, type Token, tokensOf } from "./tokens.ts";

/** One line of a block, with the lines of its own block. */
export interface Directive {
  name: string;
  args: readonly string[];
  /** Undefined: it has no braces. */
  block: readonly Directive[] | undefined;
  file: string;
  line: number;
}

export interface ServerBlock {
  /** As they are written: `.:53`, `example.org`, `10.0.0.0/24`. */
  keys: readonly string[];
  directives: readonly Directive[];
  file: string;
  line: number;
}

const mostImports = 10_000;
const mostTokens = 50_000;
const mostDepth = 8;

/** `files`: what `import` may name beside snippets. Throws CorefileError. */
export function parseCorefile(text: string, files: ReadonlyMap<string, string> = new Map()): ServerBlock[] {
  return new Parser(tokensOf("Corefile", text), files).all();
}

class Parser {
  #tokens: Token[];
  #at = 0;
  #imports = 0;
  readonly #files: ReadonlyMap<string, string>;
  readonly #snippets = new Map<string, Token[]>();

  constructor(tokens: Token[], files: ReadonlyMap<string, string>) {
    this.#tokens = tokens;
    this.#files = files;
  }
  all(): ServerBlock[] {
    const blocks: ServerBlock[] = [];
    while (this.#at < this.#tokens.length) {
      if (this.#importHere()) continue;
      const first = this.#tokens[this.#at]!;
      const keys = this.#keys();
      const snippet = keys.length === 1 ? /^\((.+)\)$/.exec(keys[0]!)?.[1] : undefined;
      if (snippet !== undefined) this.#define(snippet, first);
      else blocks.push({ keys, directives: this.#lines(first, 0), file: first.file, line: first.line });
    }
    return blocks;
  }
  /** Up to the opening brace, which is taken too. A comma at the end of a line lets them go on in the next. */
  #keys(): string[] {
    const first = this.#tokens[this.#at]!;
    const keys: string[] = [];
    let open = false;
    for (;;) {
      const token = this.#tokens[this.#at];
      if (!token) throw new CorefileError(this.#last(), `'${first.text}' has no block: '{' is expected`);
      if (isBrace(token, "{")) {
        if (open) throw new CorefileError(token, `Expected another address but had '${token.text}' - check for extra comma`);
        if (keys.length === 0) throw new CorefileError(token, "a block without a zone");
        this.#at++;
        return keys;
      }
      if (isBrace(token, "}")) throw new CorefileError(token, "Unexpected '}' because no matching opening brace");
      if (keys.length > 0 && !open && token.line !== this.#tokens[this.#at - 1]!.line)
        throw new CorefileError(token, `Unexpected token '${token.text}', expecting '{'`);
      open = token.text.endsWith(",");
      const texts = token.text.split(",").filter((text) => text !== "");
      keys.push(...texts);
      this.#at++;
    }
  }
  #define(name: string, where: Token): void {
    if (this.#snippets.has(name)) throw new CorefileError(where, `redeclaration of previously declared snippet ${name}`);
    const from = this.#at;
    for (let depth = 1; depth > 0; this.#at++) {
      const token = this.#tokens[this.#at];
      if (!token) throw new CorefileError(this.#last(), `Unexpected end of file: the snippet ${name} is not closed`);
      if (isBrace(token, "{")) depth++;
      if (isBrace(token, "}")) depth--;
    }
    this.#snippets.set(name, this.#tokens.slice(from, this.#at - 1));
  }
  /** The lines of a block whose brace is open, and its closing one. */
  #lines(opened: Pick<Token, "file" | "line">, depth: number): Directive[] {
    if (depth > mostDepth) throw new CorefileError(opened, "too many blocks in one another");
    const lines: Directive[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (!token) throw new CorefileError(this.#last(), "Unexpected end of file, expecting '}'");
      if (isBrace(token, "}")) {
        this.#at++;
        return lines;
      }
      if (isBrace(token, "{")) throw new CorefileError(token, "Unexpected '{'");
      if (this.#importHere()) continue;
      lines.push(this.#line(depth));
    }
  }
  #line(depth: number): Directive {
    const first = this.#tokens[this.#at++]!;
    const args: string[] = [];
    const made = (block: Directive[] | undefined): Directive => ({
      name: first.text,
      args,
      block,
      file: first.file,
      line: first.line,
    });
    for (;;) {
      const token = this.#tokens[this.#at];
      if (!token || token.line !== first.line || token.file !== first.file || isBrace(token, "}")) return made(undefined);
      this.#at++;
      if (!isBrace(token, "{")) args.push(token.text);
      else return made(this.#lines(token, depth + 1));
    }
  }
  /** At the beginning of a line: what is imported stands in its place. */
  #importHere(): boolean {
    const token = this.#tokens[this.#at]!;
    if (token.quoted || token.text !== "import") return false;
    const rest = this.#tokens.slice(this.#at + 1, this.#at + 3).filter(({ line, file }) => line === token.line && file === token.file);
    const names = rest.filter((each) => !isBrace(each, "}"));
    if (names.length === 0) throw new CorefileError(token, "Wrong argument count or unexpected line ending after 'import'");
    if (names.length > 1) throw new CorefileError(token, "Import takes only one argument (glob pattern or file)");
    if (++this.#imports > mostImports) throw new CorefileError(token, `maximum import depth (${mostImports}) exceeded`);
    const found = this.#imported(names[0]!);
    if (this.#tokens.length + found.length > mostTokens) throw new CorefileError(token, `more than ${mostTokens} words with all imports`);
    // Each import has lines of its own, or two files' lines of one number would be one line.
    const mark = `${names[0]!.text}#${this.#imports}`;
    const own = found.map((each) => ({ ...each, file: each.file === "Corefile" ? `Corefile (import ${mark})` : each.file }));
    this.#tokens.splice(this.#at, 2, ...own);
    return true;
  }
  #imported({ text, file, line }: Token): Token[] {
    const snippet = this.#snippets.get(text);
    if (snippet) return snippet;
    if (/[*?[]/.test(text)) {
      const pattern = new RegExp(
        `^${text
          .replaceAll(/[.+^${}()|\\[\]]/g, "\\$&")
          .replace("*", "[^/]*")
          .replaceAll("?", "[^/]")}$`,
      );
      if (text.split("*").length > 2) throw new CorefileError({ file, line }, `Glob pattern may only contain one wildcard (*): ${text}`);
      const names = [...this.#files.keys()].filter((name) => pattern.test(name)).sort();
      return names.flatMap((name) => tokensOf(name, this.#files.get(name)!));
    }
    const source = this.#files.get(text);
    if (source === undefined)
      throw new CorefileError({ file, line }, `File to import not found: ${text} (it can be a snippet, or another key of the ConfigMap)`);
    return tokensOf(text, source);
  }
  #last(): Pick<Token, "file" | "line"> {
    return this.#tokens.at(-1) ?? { file: "Corefile", line: 1 };
  }
}

const isBrace = (token: Token, brace: "{" | "}"): boolean => !token.quoted && token.text === brace;
