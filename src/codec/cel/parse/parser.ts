/**
 * Source to tree, by recursive descent over the tokens: linear in the source, bounded in depth, in cel-go's words where it
 * fails. A syntax error ends the parse; what is wrong with a literal or a macro is noted, and the parse goes on.
 */
import { type Call, type Expr, type MapEntry, operators, type StructField } from "../ast.ts";
import { reservedWords } from "../escape.ts";
import type { Issue } from "../issues.ts";
import { boolType, bytesType, doubleType, intType, nullType, stringType, type Type, uintType } from "../types.ts";
import { type Token, tokens } from "./lexer.ts";
import { readBytes, readDouble, readInt, readString, readUint } from "./literals.ts";
import { expandMacro, MacroError } from "./macros.ts";

export interface Parsed {
  expr: Expr;
  issues: Issue[];
}

/** In characters, and in rules of one kind within one another. */
const longestSource = 100_000;
const deepest = 250;
const mostIssues = 100;

const operandStarts = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const argumentStarts = operandStarts.replace("'(', '.'", "'(', ')', '.'");
const relations: Record<string, string> = {
  "<": operators.less,
  "<=": operators.lessEquals,
  ">": operators.greater,
  ">=": operators.greaterEquals,
  "==": operators.equals,
  "!=": operators.notEquals,
  in: operators.in,
};
const sums: Record<string, string> = { "+": operators.add, "-": operators.subtract };
const products: Record<string, string> = { "*": operators.multiply, "/": operators.divide, "%": operators.modulo };

type Rule = "expr" | "relation" | "calc" | "unary" | "member";

class Stop extends Error {}

/** `binds`: `cel.bind(name, value, expr)` is known. */
export function parse(source: string, binds = false): Parsed {
  const size = source.length <= longestSource ? source.length : [...source].length;
  if (size > longestSource) {
    const message = `expression code point size exceeds limit: size: ${size}, limit ${longestSource}`;
    return { expr: nothing(0), issues: [{ message, at: undefined }] };
  }
  return new Parser(source, binds).start();
}

const nothing = (at: number): Expr => ({ kind: "literal", at, value: null, of: nullType });

class Parser {
  readonly #binds: boolean;
  readonly #tokens: Token[];
  readonly #issues: Issue[] = [];
  readonly #depth: Record<Rule, number> = { expr: 0, relation: 0, calc: 0, unary: 0, member: 0 };
  #next = 0;

  constructor(source: string, binds: boolean) {
    this.#binds = binds;
    const all = tokens(source);
    this.#tokens = all.filter(({ kind }) => kind !== "bad");
    for (const { kind, text, at } of all) if (kind === "bad") this.#issue(at, `Syntax error: token recognition error at: '${text}'`);
  }

  start(): Parsed {
    let expr = nothing(0);
    try {
      expr = this.#expr();
      const { kind, text, at } = this.#token;
      if (kind !== "end") this.#issue(at, `Syntax error: ${this.#isLast ? "extraneous" : "mismatched"} input '${text}' expecting <EOF>`);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
    return { expr, issues: this.#issues };
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  /** Whether nothing follows the token that is looked at. */
  get #isLast(): boolean {
    return this.#tokens[this.#next + 1]?.kind === "end";
  }

  #issue(at: number | undefined, message: string): void {
    if (this.#issues.length < mostIssues) this.#issues.push({ at, message });
  }

  #fail(expecting: string): never {
    const { text, at } = this.#token;
    this.#issue(at, `Syntax error: mismatched input '${text}' expecting ${expecting}`);
    throw new Stop();
  }

  #is(symbol: string): boolean {
    const { kind, text } = this.#token;
    return kind === "symbol" && text === symbol;
  }

  #take(symbol: string): Token | undefined {
    return this.#is(symbol) ? this.#tokens[this.#next++] : undefined;
  }

  #expect(symbol: string, expecting = `'${symbol}'`): Token {
    return this.#take(symbol) ?? this.#fail(expecting);
  }

  #enter(rule: Rule): void {
    if (++this.#depth[rule] <= deepest) return;
    this.#issues.length = 0;
    this.#issue(undefined, `expression recursion limit exceeded: ${deepest}`);
    throw new Stop();
  }

  #expr(): Expr {
    this.#enter("expr");
    const condition = this.#or();
    const question = this.#take("?");
    let result = condition;
    if (question) {
      const then = this.#or();
      this.#expect(":");
      result = call(question.at, operators.conditional, condition, then, this.#expr());
    }
    this.#depth.expr--;
    return result;
  }

  #or(): Expr {
    return this.#terms("||", operators.or, () => this.#terms("&&", operators.and, () => this.#relation()));
  }

  /** Terms of `&&` and `||` become a balanced tree, as deep as their number's logarithm. */
  #terms(symbol: string, name: string, term: () => Expr): Expr {
    const terms = [term()];
    const ats: number[] = [];
    for (let op = this.#take(symbol); op; op = this.#take(symbol)) {
      ats.push(op.at);
      terms.push(term());
    }
    const tree = (from: number, to: number): Expr => {
      const middle = Math.floor((from + to + 1) / 2);
      const left = middle === from ? terms[middle]! : tree(from, middle - 1);
      const right = middle === to ? terms[middle + 1]! : tree(middle + 1, to);
      return call(ats[middle]!, name, left, right);
    };
    return ats.length === 0 ? terms[0]! : tree(0, ats.length - 1);
  }

  #relation(): Expr {
    const product = () => this.#operators("calc", products, () => this.#unary());
    return this.#chain("relation", relations, () => this.#chain("calc", sums, product));
  }

  #chain(rule: Rule, names: Record<string, string>, operand: () => Expr): Expr {
    this.#enter(rule);
    const made = this.#operators(rule, names, operand);
    this.#depth[rule]--;
    return made;
  }

  /** Each operator nests what is left of it one deeper. */
  #operators(rule: Rule, names: Record<string, string>, operand: () => Expr): Expr {
    const before = this.#depth[rule];
    let left = operand();
    while (this.#token.kind === "symbol" && Object.hasOwn(names, this.#token.text)) {
      const { at, text } = this.#tokens[this.#next++]!;
      this.#enter(rule);
      left = call(at, names[text]!, left, operand());
    }
    this.#depth[rule] = before;
    return left;
  }

  #unary(): Expr {
    this.#enter("unary");
    const first = this.#token;
    const symbol = this.#is("!") ? "!" : this.#is("-") && !this.#isNegativeNumber() ? "-" : undefined;
    let count = 0;
    if (symbol) while (this.#take(symbol)) count++;
    const operand = this.#member();
    this.#depth.unary--;
    return count % 2 === 0 ? operand : call(first.at, symbol === "!" ? operators.not : operators.negate, operand);
  }

  #isNegativeNumber(): boolean {
    const kind = this.#tokens[this.#next + 1]?.kind;
    return kind === "int" || kind === "float";
  }

  #member(): Expr {
    const before = this.#depth.member;
    this.#enter("member");
    let operand = this.#primary();
    for (;;) {
      const dot = this.#take(".");
      const bracket = dot ? undefined : this.#take("[");
      if (dot) operand = this.#selection(operand, dot);
      else if (bracket) {
        const optional = this.#take("?");
        const index = this.#expr();
        this.#expect("]");
        operand = call(bracket.at, optional ? operators.optionalIndex : operators.index, operand, index);
      } else break;
      this.#enter("member");
    }
    this.#depth.member = before;
    return operand;
  }

  #selection(operand: Expr, dot: Token): Expr {
    const optional = this.#take("?");
    const { kind, text, at } = this.#token;
    if (kind !== "identifier" && kind !== "escaped") {
      const seen = kind === "end" ? "" : text;
      this.#issue(at, `Syntax error: no viable alternative at input '.${optional ? "?" : ""}${seen}'`);
      throw new Stop();
    }
    this.#next++;
    const open = kind === "identifier" && !optional ? this.#take("(") : undefined;
    if (open) return this.#macroOrCall({ kind: "call", at: open.at, name: text, target: operand, args: this.#args() });
    const field = kind === "escaped" ? text.slice(1, -1) : text;
    if (!optional) return { kind: "select", at: dot.at, operand, field, testOnly: false };
    return call(dot.at, operators.optionalSelect, operand, { kind: "literal", at, value: field, of: stringType });
  }

  #args(): Expr[] {
    const args: Expr[] = [];
    if (this.#take(")")) return args;
    if (this.#token.kind === "end") this.#fail(argumentStarts);
    do args.push(this.#expr());
    while (this.#take(","));
    this.#expect(")", "{')', ','}");
    return args;
  }

  #macroOrCall(made: Call): Expr {
    try {
      return expandMacro(made, this.#binds) ?? made;
    } catch (error) {
      if (!(error instanceof MacroError)) throw error;
      this.#issue(error.at, error.message);
      if (error.isFinal) throw new Stop();
      return made;
    }
  }

  #primary(): Expr {
    const { kind, text, at } = this.#token;
    if (kind === "identifier" || (kind === "symbol" && text === ".")) return this.#name();
    if (kind === "symbol") {
      if (this.#take("(")) return this.#nested();
      if (this.#take("[")) return this.#list(at);
      if (this.#take("{")) return this.#map(at);
    }
    return this.#literal();
  }

  #nested(): Expr {
    const inner = this.#expr();
    if (this.#take(")")) return inner;
    const { kind, text, at } = this.#token;
    if (kind !== "end") this.#fail("')'");
    this.#issue(at, `Syntax error: missing ')' at '${text}'`);
    throw new Stop();
  }

  /** A variable, a global call, or the name of a message that is made. */
  #name(): Expr {
    const dot = this.#take(".");
    const { kind, text, at } = this.#token;
    if (kind !== "identifier") {
      if (dot && kind === "end") this.#issue(at, "Syntax error: mismatched input '<EOF>' expecting IDENTIFIER");
      else this.#issue(at, `Syntax error: ${dot ? "no viable alternative at input '." : "mismatched input '"}${text}'`);
      throw new Stop();
    }
    this.#next++;
    const message = this.#messageName(text);
    if (message !== undefined) return this.#struct(`${dot ? "." : ""}${message}`);
    if (reservedWords.has(text)) this.#issue(dot?.at ?? at, `reserved identifier: ${text}`);
    const name = `${dot ? "." : ""}${text}`;
    const open = this.#take("(");
    if (!open) return { kind: "ident", at, name };
    return this.#macroOrCall({ kind: "call", at: open.at, name, target: undefined, args: this.#args() });
  }

  /** `a.b.C` when a brace follows: then the cursor stands on the brace. */
  #messageName(first: string): string | undefined {
    let at = this.#next;
    let name = first;
    const symbolAt = (i: number, symbol: string) => this.#tokens[i]!.kind === "symbol" && this.#tokens[i]!.text === symbol;
    while (symbolAt(at, ".") && this.#tokens[at + 1]!.kind === "identifier") {
      name += `.${this.#tokens[at + 1]!.text}`;
      at += 2;
    }
    if (!symbolAt(at, "{")) return undefined;
    this.#next = at;
    return name;
  }

  #struct(name: string): Expr {
    const { at } = this.#expect("{");
    const fields: StructField[] = [];
    while (!this.#is("}")) {
      const optional = this.#take("?") !== undefined;
      const { kind, text } = this.#token;
      if (kind !== "identifier" && kind !== "escaped") this.#fail("{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}");
      this.#next++;
      const colon = this.#expect(":");
      fields.push({ at: colon.at, name: kind === "escaped" ? text.slice(1, -1) : text, value: this.#expr(), optional });
      if (!this.#take(",")) break;
    }
    this.#expect("}", "{'}', ','}");
    return { kind: "struct", at, name, fields };
  }

  #list(at: number): Expr {
    const elements: Expr[] = [];
    const optional = new Set<number>();
    while (!this.#is("]")) {
      if (elements.length > 0 && this.#is(",")) this.#fail("']'");
      if (this.#take("?")) optional.add(elements.length);
      elements.push(this.#expr());
      if (!this.#take(",")) break;
    }
    this.#expect("]", "{']', ','}");
    return { kind: "list", at, elements, optional };
  }

  #map(at: number): Expr {
    const entries: MapEntry[] = [];
    while (!this.#is("}")) {
      const optional = this.#take("?") !== undefined;
      const key = this.#expr();
      const colon = this.#expect(":");
      entries.push({ at: colon.at, key, value: this.#expr(), optional });
      if (!this.#take(",")) break;
    }
    this.#expect("}", "{'}', ','}");
    return { kind: "map", at, entries };
  }

  #literal(): Expr {
    const minus = this.#is("-") && this.#isNegativeNumber() ? this.#take("-") : undefined;
    const { kind, text, at: own } = this.#token;
    const at = minus?.at ?? own;
    const value = (value: unknown, of: Type, wrong: string): Expr => {
      this.#next++;
      if (value === undefined) this.#issue(at, wrong);
      return { kind: "literal", at, value: value ?? null, of };
    };
    const sign = minus ? "-" : "";
    switch (kind) {
      case "int":
        return value(readInt(sign + text), intType, "invalid int literal");
      case "uint":
        return value(readUint(text), uintType, "invalid uint literal");
      case "float":
        return value(readDouble(sign + text), doubleType, "invalid double literal");
      case "string":
        return value(readString(text), stringType, "invalid unicode code point");
      case "bytes":
        return value(readBytes(text), bytesType, "unable to unescape string");
      case "symbol":
        if (text === "true" || text === "false") return value(text === "true", boolType, "");
        if (text === "null") return { ...value(0, nullType, ""), value: null } as Expr;
    }
    return this.#wrongOperand(kind, text, at);
  }

  /** What could be left out at the start is called extraneous there, as ANTLR does. */
  #wrongOperand(kind: string, text: string, at: number): never {
    const following = this.#tokens[this.#next + 1];
    const starts =
      following !== undefined && (!["symbol", "end", "escaped"].includes(following.kind) || "[{(.-!truefalsenull".includes(following.text));
    const what = kind !== "end" && starts ? "extraneous" : "mismatched";
    this.#issue(at, `Syntax error: ${what} input '${text}' expecting ${operandStarts}`);
    throw new Stop();
  }
}

function call(at: number, name: string, ...args: Expr[]): Expr {
  return { kind: "call", at, name, target: undefined, args };
}
