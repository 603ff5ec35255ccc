/** Parses kubectl's JSONPath dialect: text with `{actions}`, each a chain of steps. */

export type Step =
  | { type: "text"; text: string }
  | { type: "field"; name: string }
  | {
      type: "slice";
      from?: number;
      to?: number;
      step?: number;
      single: boolean;
    }
  | { type: "filter"; left: Step[]; operator: string; right: Step[] }
  | { type: "union"; parts: Step[][] }
  | { type: "value"; value: number | boolean }
  | { type: "wildcard" }
  | { type: "recursive" }
  | { type: "identifier"; name: string };

export type Template = Step[][];

export class JsonPathError extends Error {
  override name = "JsonPathError";
}

export function parseTemplate(text: string): Template {
  const template: Template = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{", at);
    if (open !== at) template.push([{ type: "text", text: text.slice(at, open < 0 ? undefined : open) }]);
    if (open < 0) break;
    const action = new ActionParser(text, open + 1);
    template.push(action.parse());
    at = action.at;
  }
  return template;
}

function parseAction(text: string): Step[] {
  return new ActionParser(`${text}}`, 0).parse();
}

const terminators = new Set([" ", "\t", "\r", "\n", "", ".", ",", "[", "]", "$", "@", "{", "}"]);
const wordStart = /[\p{L}\p{Nd}_]/u;

class ActionParser {
  at: number;
  #text: string;
  #steps: Step[] = [];

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  parse(): Step[] {
    for (;;) {
      const rest = this.#text.slice(this.at, this.at + 3);
      if (rest.startsWith("}")) {
        this.at++;
        return this.#steps;
      }
      if (rest === "[?(") this.#filter();
      else if (rest.startsWith("..")) this.#recursive();
      else this.#step();
    }
  }

  #step(): void {
    const character = this.#text[this.at] ?? "";
    if (character === "" || character === "\n" || character === "\r") throw new JsonPathError("unclosed action");
    if (character === " " || character === "@" || character === "$") this.at++;
    else if (character === "[") this.#array();
    else if (character === '"' || character === "'") this.#quote(character);
    else if (character === ".") {
      this.at++;
      this.#field();
    } else if (/[-+\d]/.test(character)) this.#number();
    else if (wordStart.test(character)) this.#identifier();
    else {
      const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
      throw new JsonPathError(`unrecognized character in action: U+${code} '${character}'`);
    }
  }

  #recursive(): void {
    if (this.#steps.at(-1)?.type === "recursive") throw new JsonPathError("invalid multiple recursive descent");
    this.at += 2;
    this.#steps.push({ type: "recursive" });
    if (wordStart.test(this.#text[this.at] ?? "")) this.#field();
  }

  #word(): string {
    const start = this.at;
    while (!terminators.has(this.#text[this.at] ?? "")) this.at += this.#text[this.at] === "\\" ? 2 : 1;
    return this.#text.slice(start, this.at);
  }

  #field(): void {
    const name = this.#word();
    this.#steps.push(name === "*" ? { type: "wildcard" } : { type: "field", name: name.replaceAll("\\", "") });
  }

  #identifier(): void {
    const start = this.at;
    while (!terminators.has(this.#text[this.at] ?? "")) this.at++;
    const name = this.#text.slice(start, this.at);
    this.#steps.push(name === "true" || name === "false" ? { type: "value", value: name === "true" } : { type: "identifier", name });
  }

  #number(): void {
    const match = /^[-+]?[\d.]*/.exec(this.#text.slice(this.at))?.[0] as string;
    this.at += match.length;
    if (!/^[-+]?(\d+\.?\d*|\.\d+)$/.test(match)) throw new JsonPathError(`cannot parse number ${match}`);
    this.#steps.push({ type: "value", value: Number(match) });
  }

  #quote(mark: string): void {
    const start = this.at++;
    for (; this.#text[this.at] !== mark || this.#text[this.at - 1] === "\\"; this.at++) {
      if (this.at >= this.#text.length || this.#text[this.at] === "\n") throw new JsonPathError("unterminated quoted string");
    }
    this.at++;
    const quoted = this.#text.slice(start, this.at);
    this.#steps.push({ type: "text", text: unquote(quoted, mark) });
  }

  #array(): void {
    const end = /[\]\n]/.exec(this.#text.slice(this.at));
    if (end?.[0] !== "]") throw new JsonPathError("unterminated array");
    const inner = this.#text.slice(this.at + 1, this.at + end.index);
    this.at += end.index + 1;
    const body = inner === "*" ? ":" : inner;
    const parts = body.split(",");
    if (parts.length > 1) {
      this.#steps.push({
        type: "union",
        parts: parts.map((part) => parseAction(`[${part.trim()}]`)),
      });
      return;
    }
    const key = /^'([^']*)'$/.exec(body);
    if (key) {
      this.#steps.push(...parseAction(`.${key[1]}`));
      return;
    }
    const match = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(body);
    if (!match) throw new JsonPathError(`invalid array index ${body}`);
    const bound = (text: string | undefined) =>
      text === undefined || text === "" || text === ":" ? undefined : index(text.replace(":", ""));
    const from = bound(match[1]);
    const single = match[2] === undefined;
    this.#steps.push({
      type: "slice",
      from,
      to: single ? (from ?? 0) + 1 : bound(match[2]),
      step: bound(match[3]),
      single,
    });
  }

  #filter(): void {
    this.at += 3;
    const start = this.at;
    let pair = "";
    let closed = false;
    for (; ; this.at++) {
      const character = this.#text[this.at] ?? "";
      if (character === "" || character === "\n") throw new JsonPathError("unterminated filter");
      if (character === '"' || character === "'") {
        if (pair === "") pair = character;
        else if (character === pair && this.#text[this.at - 1] !== "\\") closed = true;
      } else if (character === ")" && (pair !== "") === closed) break;
    }
    const text = this.#text.slice(start, this.at);
    this.at++;
    if (this.#text[this.at++] !== "]") throw new JsonPathError("unclosed array expect ]");
    const match = /^([^!<>=]+)([!<>=]+)(.+?)$/s.exec(text);
    if (!match)
      this.#steps.push({
        type: "filter",
        left: parseAction(text),
        operator: "exists",
        right: [],
      });
    else
      this.#steps.push({
        type: "filter",
        left: parseAction(match[1]),
        operator: match[2],
        right: parseAction(match[3]),
      });
  }
}

function index(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new JsonPathError(`array index ${text} is not a number`);
  return Number(text);
}

const escapes: Record<string, string> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

function unquote(quoted: string, mark: string): string {
  const body = quoted.slice(1, -1);
  const bad = () => new JsonPathError(`unquote string ${quoted} error invalid syntax`);
  return body.replaceAll(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)|\\$/gs, (_whole, code: string | undefined) => {
    if (code === undefined) throw bad();
    if (code in escapes) return escapes[code];
    if (code === mark) return mark;
    if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]{3}$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    throw bad();
  });
}
