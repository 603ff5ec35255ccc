/** Parses Go's text/template language into a tree of plain nodes. */

export type TemplateNode =
  | { type: "text"; text: string }
  | { type: "action"; pipe: Pipe }
  | {
      type: "if" | "with" | "range";
      pipe: Pipe;
      body: TemplateNode[];
      otherwise: TemplateNode[];
    }
  | { type: "template"; name: string; pipe?: Pipe; place: Place }
  | { type: "break" | "continue" };

export interface Pipe {
  variables: string[];
  /** `=` instead of `:=`. */
  assign: boolean;
  commands: Command[];
}

export interface Command {
  operands: Operand[];
  place: Place;
}

/** What an error is said to be at: an offset into the source, and the node as Go prints it. */
export interface Place {
  at: number;
  text: string;
}

export type Operand = { place: Place } & (
  | { type: "literal"; value: unknown }
  | { type: "nil" }
  | { type: "dot" }
  | { type: "variable"; name: string }
  | { type: "function"; name: string }
  | { type: "pipe"; pipe: Pipe }
  /** `.a.b` on the value of another operand. */
  | { type: "fields"; of: Operand; names: string[] }
);

export interface ParsedTemplate {
  root: TemplateNode[];
  defined: Map<string, TemplateNode[]>;
}

export class GoTemplateError extends Error {
  override name = "GoTemplateError";
  /** What was printed before it failed. */
  written = "";
}

export function parseGoTemplate(text: string, functions: ReadonlySet<string>): ParsedTemplate {
  const parser = new TemplateParser(cut(text), functions);
  return { root: parser.parseAll(), defined: parser.defined };
}

interface Piece {
  text?: string;
  action?: Token[];
  line: number;
}

interface Token {
  kind: "word" | "field" | "variable" | "dot" | "literal" | "symbol" | "space";
  text: string;
  at: number;
  value?: unknown;
}

/** Cuts the source into text and actions, trimming text beside `{{-` and `-}}`. */
function cut(source: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let line = 1;
  let trimNext = false;
  while (at <= source.length) {
    const open = source.indexOf("{{", at);
    let text = source.slice(at, open < 0 ? undefined : open);
    const trimLeft = open >= 0 && /^\{\{-\s/.test(source.slice(open, open + 4));
    line += newlinesIn(text);
    if (trimNext) text = text.slice(firstWord(text));
    if (trimLeft) text = text.slice(0, lastWord(text));
    if (text !== "") pieces.push({ text, line });
    if (open < 0) break;
    const start = open + 2 + (trimLeft ? 1 : 0);
    const comment = /^\s*\/\*[\s\S]*?\*\/\s*?( ?-)?\}\}/.exec(source.slice(start));
    if (comment) {
      trimNext = comment[1] !== undefined;
      line += newlinesIn(source.slice(open, start + comment[0].length));
      at = start + comment[0].length;
      continue;
    }
    const { tokens, end, trimRight } = tokenize(source, start, line);
    trimNext = trimRight;
    pieces.push({ action: tokens, line });
    line += newlinesIn(source.slice(open, end));
    at = end;
  }
  return pieces;
}

const isSpace = (code: number) => code === 32 || code === 9 || code === 10 || code === 13;

function firstWord(text: string): number {
  let at = 0;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

function lastWord(text: string): number {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return end;
}

function newlinesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

const tokenForms: [Token["kind"] | "number" | "string" | "raw" | "char", RegExp][] = [
  ["space", /\s+/y],
  ["string", /"(?:\\.|[^"\\\n])*"/y],
  ["raw", /`[^`]*`/y],
  ["char", /'(?:\\.[^']*|[^'\\])'/y],
  ["number", /[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/y],
  ["field", /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["variable", /\$[\p{L}\p{Nd}_]*/uy],
  ["word", /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["dot", /\./y],
  ["symbol", /:=|=|\||\(|\)|,/y],
];

function tokenize(source: string, start: number, line: number): { tokens: Token[]; end: number; trimRight: boolean } {
  const tokens: Token[] = [];
  let at = start;
  for (;;) {
    if (source.startsWith("}}", at)) return { tokens, end: at + 2, trimRight: false };
    if (/^\s+-\}\}/.test(source.slice(at, at + 64))) return { tokens, end: source.indexOf("}}", at) + 2, trimRight: true };
    if (at >= source.length) throw new GoTemplateError(`template: output:${line}: unclosed action`);
    const found = tokenForms.map(([kind, form]) => ({ kind, match: matchAt(form, source, at) })).find(({ match }) => match !== undefined);
    if (!found?.match) {
      if (source[at] === '"') throw new GoTemplateError(`template: output:${line}: unterminated quoted string`);
      throw new GoTemplateError(`template: output:${line}: unexpected ${JSON.stringify(source[at])} in command`);
    }
    tokens.push({ ...tokenOf(found.kind, found.match), at });
    at += found.match.length;
  }
}

function matchAt(form: RegExp, source: string, at: number): string | undefined {
  form.lastIndex = at;
  return form.exec(source)?.[0];
}

function tokenOf(kind: string, text: string): Omit<Token, "at"> {
  if (kind === "string") return { kind: "literal", text, value: unescapeGo(text.slice(1, -1)) };
  if (kind === "raw") return { kind: "literal", text, value: text.slice(1, -1) };
  if (kind === "char")
    return {
      kind: "literal",
      text,
      value: unescapeGo(text.slice(1, -1)).codePointAt(0),
    };
  if (kind === "number") return { kind: "literal", text, value: Number(text.replaceAll("_", "")) };
  return { kind: kind as Token["kind"], text };
}

// biome-ignore format: one line is enough
const escapes: Record<string, string> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\", '"': '"', "'": "'" };

function unescapeGo(text: string): string {
  return text.replaceAll(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs, (_whole, code: string) => {
    if (code in escapes) return escapes[code];
    if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]{3}$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    throw new GoTemplateError(`template: output:1: invalid escape \\${code}`);
  });
}

const parenthesized = "parenthesized pipeline";

function pipeText({ variables, assign, commands }: Pipe): string {
  const declared = variables.length > 0 ? `${variables.join(", ")} ${assign ? "=" : ":="} ` : "";
  return declared + commands.map(({ place }) => place.text).join(" | ");
}

const keywords = new Set(["if", "with", "range", "else", "end", "define", "block", "template", "break", "continue"]);

/** How deep parentheses, blocks and chains of `else if` may nest; each level costs several calls to run. */
const maxNesting = 250;

class TemplateParser {
  readonly defined = new Map<string, TemplateNode[]>();
  #pieces: Piece[];
  #functions: ReadonlySet<string>;
  #at = 0;
  #tokens: Token[] = [];
  #token = 0;
  #line = 1;
  #variables: string[] = ["$"];
  /** How many of those of one name there are. */
  #declared = new Map([["$", 1]]);
  #depth = 0;

  constructor(pieces: Piece[], functions: ReadonlySet<string>) {
    this.#pieces = pieces;
    this.#functions = functions;
  }

  parseAll(): TemplateNode[] {
    const { nodes, stop } = this.#list();
    if (stop) throw this.#fail(`unexpected {{${stop}}}`);
    return nodes;
  }

  /** Nodes up to `{{end}}`, `{{else…}}` (whose remaining tokens stay to be read) or the end of the text. */
  #list(): { nodes: TemplateNode[]; stop: string } {
    return this.#deeper(() => this.#nodesOfList());
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > maxNesting) throw this.#fail("exceeded max nesting depth");
    const result = read();
    this.#depth--;
    return result;
  }

  #nodesOfList(): { nodes: TemplateNode[]; stop: string } {
    const nodes: TemplateNode[] = [];
    while (this.#at < this.#pieces.length) {
      const piece = this.#pieces[this.#at++];
      this.#line = piece.line;
      if (piece.text !== undefined) {
        nodes.push({ type: "text", text: piece.text });
        continue;
      }
      this.#tokens = piece.action as Token[];
      this.#token = 0;
      const word = this.#peek();
      const keyword = word?.kind === "word" && keywords.has(word.text) ? word.text : "";
      if (keyword === "") nodes.push({ type: "action", pipe: this.#pipe() });
      else {
        this.#token = this.#tokens.indexOf(word as Token) + 1;
        if (keyword === "end" || keyword === "else") return { nodes, stop: keyword };
        const node = this.#keyword(keyword);
        if (node) nodes.push(node);
      }
    }
    return { nodes, stop: "" };
  }

  #keyword(word: string): TemplateNode | undefined {
    if (word === "if" || word === "with" || word === "range") return this.#control(word);
    if (word === "break" || word === "continue") return { type: word };
    const name = this.#next();
    if (typeof name?.value !== "string") throw this.#fail(`unexpected ${name?.text ?? '"}}"'} in ${word} clause`);
    if (word === "template") {
      const pipe = this.#peek() ? this.#pipe() : undefined;
      const text = `{{template ${name.text}${pipe ? ` ${pipeText(pipe)}` : ""}}}`;
      return { type: "template", name: name.value, pipe, place: { at: name.at, text } };
    }
    const pipe = word === "block" ? this.#pipe() : undefined;
    const { nodes, stop } = this.#list();
    if (stop !== "end") throw this.#fail("unexpected EOF");
    this.defined.set(name.value, nodes);
    if (!pipe) return undefined;
    return { type: "template", name: name.value, pipe, place: { at: name.at, text: `{{template ${name.text} ${pipeText(pipe)}}}` } };
  }

  #control(type: "if" | "with" | "range"): TemplateNode {
    const scope = this.#variables.length;
    const pipe = this.#pipe(type);
    const { nodes: body, stop } = this.#list();
    let otherwise: TemplateNode[] = [];
    if (stop === "else") {
      const word = this.#peek();
      if (word?.kind === "word" && (word.text === "if" || word.text === "with")) {
        this.#next();
        const kind = word.text;
        otherwise = [this.#deeper(() => this.#control(kind))];
      } else {
        const rest = this.#list();
        if (rest.stop !== "end") throw this.#fail(rest.stop ? `expected end; found {{${rest.stop}}}` : "unexpected EOF");
        otherwise = rest.nodes;
      }
    } else if (stop !== "end") throw this.#fail("unexpected EOF");
    for (const name of this.#variables.splice(scope)) this.#declared.set(name, this.#declared.get(name)! - 1);
    return { type, pipe, body, otherwise };
  }

  /** `what` stands in front of it. */
  #pipe(what = "command"): Pipe {
    const variables: string[] = [];
    let assign = false;
    const saved = this.#token;
    while (this.#peek()?.kind === "variable") {
      variables.push((this.#next() as Token).text);
      const symbol = this.#peek();
      if (symbol?.text === ",") this.#next();
      else if (symbol?.text === ":=" || symbol?.text === "=") {
        assign = symbol.text === "=";
        this.#next();
        break;
      } else {
        variables.length = 0;
        this.#token = saved;
        break;
      }
    }
    const commands: Command[] = [];
    for (;;) {
      commands.push(this.#command(commands.length > 0 ? "command" : what));
      const next = this.#peek();
      if (next?.text === "|" && next.kind === "symbol") this.#next();
      else break;
    }
    const next = this.#peek();
    if (what === parenthesized) {
      if (next?.text !== ")") throw this.#fail("unclosed left paren");
      this.#next();
    } else if (next) throw this.#fail(next.text === ")" ? "unexpected right paren" : `unexpected ${JSON.stringify(next.text)} in operand`);
    if (!assign) for (const name of variables) this.#declare(name);
    return { variables, assign, commands };
  }

  #declare(name: string): void {
    this.#variables.push(name);
    this.#declared.set(name, (this.#declared.get(name) ?? 0) + 1);
  }

  #command(what: string): Command {
    const operands: Operand[] = [];
    const first = this.#peek();
    for (;;) {
      const token = this.#peek();
      if (!token || (token.kind === "symbol" && token.text !== "(")) break;
      operands.push(this.#operand());
    }
    if (operands.length === 0) throw this.#fail(`missing value for ${what}`);
    const text = operands.map((operand) => operand.place.text).join(" ");
    return { operands, place: { at: first!.at, text } };
  }

  #operand(): Operand {
    const operand = this.#term(this.#next() as Token);
    if (operand.type === "literal" || operand.type === "nil") return operand;
    // Fields bind to what stands directly before them; a space begins the next operand.
    const start = this.#token;
    while (this.#tokens[this.#token]?.kind === "field") this.#token++;
    const fields = this.#tokens.slice(start, this.#token);
    if (fields.length === 0) return operand;
    const names = fields.map(({ text }) => text.slice(1));
    // Go says where the second name of a chain stands.
    const place = { at: fields[0].at, text: operand.place.text + fields.map(({ text }) => text).join("") };
    if (operand.type === "fields") return { ...operand, names: [...operand.names, ...names], place };
    return { type: "fields", of: operand, names, place };
  }

  #term(token: Token): Operand {
    const place = { at: token.at, text: token.text };
    if (token.text === "(" && token.kind === "symbol") {
      const pipe = this.#deeper(() => this.#pipe(parenthesized));
      return { type: "pipe", pipe, place: { at: token.at, text: `(${pipeText(pipe)})` } };
    }
    if (token.kind === "literal") return { type: "literal", value: token.value, place };
    if (token.kind === "dot") return { type: "dot", place };
    if (token.kind === "field") return { type: "fields", of: { type: "dot", place }, names: [token.text.slice(1)], place };
    if (token.kind === "variable") {
      if (!this.#declared.get(token.text)) throw this.#fail(`undefined variable ${JSON.stringify(token.text)}`);
      return { type: "variable", name: token.text, place };
    }
    if (token.text === "true" || token.text === "false") return { type: "literal", value: token.text === "true", place };
    if (token.text === "nil") return { type: "nil", place };
    if (!this.#functions.has(token.text)) throw this.#fail(`function ${JSON.stringify(token.text)} not defined`);
    return { type: "function", name: token.text, place };
  }

  #peek(): Token | undefined {
    for (let i = this.#token; i < this.#tokens.length; i++) if (this.#tokens[i].kind !== "space") return this.#tokens[i];
    return undefined;
  }
  #next(): Token | undefined {
    while (this.#tokens[this.#token]?.kind === "space") this.#token++;
    return this.#tokens[this.#token++];
  }
  #fail(message: string): GoTemplateError {
    return new GoTemplateError(`template: output:${this.#line}: ${message}`);
  }
}
