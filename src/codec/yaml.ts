/** Reads YAML as upstream's tools do (YAML 1.1 booleans, no sexagesimals, no timestamps) and writes it in their exact style. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLParseError } from "yaml";

export { writeYaml } from "./yaml-writer.ts";

import { resolvePlain } from "./yaml-scalar.ts";

export interface YamlDocument {
  value: unknown;
  /** Line of the document's first line in the whole text, from 1. */
  line: number;
  /** Keys that occur twice in one mapping, in upstream's words (`line 4: key "a" already set in map`); the last one counts. */
  duplicates: string[];
}

/** Broken YAML. The message names the line as upstream does: counted inside its document. */
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

/** Every non-empty document of `text`. Throws YamlError at the first broken one. */
export function parseYaml(text: string): { documents: YamlDocument[] } {
  const documents: YamlDocument[] = [];
  for (const chunk of splitDocuments(text)) {
    const parsed = parseDocument(chunk.text, chunk.line);
    if (parsed) documents.push({ ...parsed, line: chunk.line });
  }
  return { documents };
}

/** Upstream cuts the stream at every line that begins with `---`, wherever it stands, before it parses anything. */
export function splitDocuments(text: string): { text: string; line: number }[] {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const chunks: { text: string; line: number }[] = [];
  let start = 0;
  let startLine = 1;
  let line = 0;
  const push = (end: number) => {
    if (end > start && source.slice(start, end).trim() !== "") chunks.push({ text: source.slice(start, end), line: startLine });
  };
  for (let at = 0; at < source.length; ) {
    const newline = source.indexOf("\n", at);
    const next = newline < 0 ? source.length : newline + 1;
    line++;
    if (source.startsWith("---", at)) {
      const rest = source.slice(at + 3, next).trim();
      if (rest !== "" && rest[0] !== "#")
        throw new YamlError(`invalid Yaml document separator: ${rest}`, {
          line,
          column: 4,
        });
      push(at);
      start = next;
      startLine = line + 1;
    }
    at = next;
  }
  push(source.length);
  return chunks;
}

const maxDepth = 10_000;

function parseDocument(text: string, firstLine: number): { value: unknown; duplicates: string[] } | undefined {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    version: "1.1",
    schema: "failsafe",
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
    merge: false,
  });
  const document: Document.Parsed | undefined = Array.isArray(parsed) ? parsed[0] : undefined;
  if (!document) return undefined;
  const [error] = document.errors;
  if (error) throw syntaxError(error, document.errors, text, lines, firstLine);
  if (!document.contents) return undefined;
  const reader = new NodeReader(document, lines, firstLine);
  const value = reader.read(document.contents as Node, 0);
  return { value, duplicates: reader.duplicates };
}

/** Turns the node tree into plain values, counting what aliases multiply. */
class NodeReader {
  readonly duplicates: string[] = [];
  #document: Document.Parsed;
  #lines: LineCounter;
  #firstLine: number;
  #nodes = 0;
  #aliasNodes = 0;
  #aliasDepth = 0;
  #open = new Set<Node>();

  constructor(document: Document.Parsed, lines: LineCounter, firstLine: number) {
    this.#document = document;
    this.#lines = lines;
    this.#firstLine = firstLine;
  }

  read(node: Node | null, depth: number): unknown {
    this.#count(node, depth);
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node, depth);
    if (isScalar(node)) return this.#scalar(node);
    if (isSeq(node)) return node.items.map((item) => this.read(item as Node | null, depth + 1));
    if (isMap(node)) return this.#map(node, depth);
    return null;
  }

  #count(node: Node | null, depth: number): void {
    this.#nodes++;
    if (this.#aliasDepth > 0) this.#aliasNodes++;
    if (depth > maxDepth) throw this.#at(node, `exceeded max depth of ${maxDepth}`);
    if (this.#aliasNodes > 100 && this.#nodes > 1000 && this.#aliasNodes / this.#nodes > allowedAliasRatio(this.#nodes)) {
      throw new YamlError("yaml: document contains excessive aliasing", {
        line: this.#firstLine,
        column: 1,
      });
    }
  }

  #alias(node: Node, depth: number): unknown {
    const name = (node as { source?: string }).source ?? "";
    const target = (node as { resolve(document: Document.Parsed): Node | undefined }).resolve(this.#document);
    if (!target) throw this.#bare(node, `unknown anchor '${name}' referenced`);
    if (this.#open.has(target)) throw this.#bare(node, `anchor '${name}' value contains itself`);
    this.#open.add(target);
    this.#aliasDepth++;
    const value = this.read(target, depth + 1);
    this.#aliasDepth--;
    this.#open.delete(target);
    return value;
  }

  #scalar(node: Node): unknown {
    const scalar = node as unknown as {
      value: unknown;
      source?: string;
      type?: string;
      tag?: string;
    };
    const source = scalar.source ?? (scalar.value === null ? "" : String(scalar.value));
    if (scalar.tag === "!!binary" || scalar.tag === "tag:yaml.org,2002:binary") {
      return Buffer.from(source.replaceAll(/\s/g, ""), "base64").toString("utf8");
    }
    const tag = scalar.tag?.replace("tag:yaml.org,2002:", "!!");
    if (tag === "!!str") return source;
    if (tag === undefined || tag === "!") return scalar.type === "PLAIN" && tag === undefined ? resolvePlain(source) : source;
    return resolvePlain(source);
  }

  #map(node: Node, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const merged: unknown[] = [];
    for (const pair of (node as unknown as { items: { key: Node; value: Node | null }[] }).items) {
      if (isScalar(pair.key) && pair.key.type === "PLAIN" && pair.key.value === "<<") {
        merged.push(this.read(pair.value, depth + 1));
        continue;
      }
      const key = this.#key(pair.key, depth);
      if (Object.hasOwn(result, key)) {
        this.duplicates.push(`line ${this.#position(pair.key).line - this.#firstLine + 1}: key ${JSON.stringify(key)} already set in map`);
      }
      const value = this.read(pair.value, depth + 1);
      if (key === "__proto__")
        Object.defineProperty(result, key, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      else result[key] = value;
    }
    for (const source of merged.flat()) {
      if (typeof source !== "object" || source === null) throw this.#bare(node, "map merge requires map or sequence of maps as the value");
      for (const [key, value] of Object.entries(source)) if (!Object.hasOwn(result, key)) result[key] = value;
    }
    return result;
  }

  #key(node: Node, depth: number): string {
    const key = this.read(node, depth + 1);
    if (typeof key === "string") return key;
    if (typeof key === "number" || typeof key === "boolean" || typeof key === "bigint") return String(key);
    if (key === null) throw this.#plain(node, "unsupported map key of type: %!s(<nil>), key: <nil>");
    throw this.#plain(node, `yaml: invalid map key: ${goSyntax(key)}`);
  }

  #position(node: Node | null): { line: number; column: number } {
    const at = this.#lines.linePos(node?.range?.[0] ?? 0);
    return { line: at.line + this.#firstLine - 1, column: at.col };
  }
  #at(node: Node | null, message: string): YamlError {
    const at = this.#position(node);
    return new YamlError(`yaml: line ${at.line - this.#firstLine + 1}: ${message}`, at);
  }
  #bare(node: Node | null, message: string): YamlError {
    return new YamlError(`yaml: ${message}`, this.#position(node));
  }
  #plain(node: Node | null, message: string): YamlError {
    return new YamlError(message, this.#position(node));
  }
}

/** A value in Go's notation, as upstream's message about a `{{ template }}` left in a manifest shows it. */
function goSyntax(value: unknown): string {
  if (value === null) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`);
  return `map[interface {}]interface {}{${entries.join(", ")}}`;
}

/** Small documents may consist almost wholly of aliases, huge ones must not. */
function allowedAliasRatio(nodes: number): number {
  const low = 400_000;
  const high = 4_000_000;
  if (nodes <= low) return 0.99;
  if (nodes >= high) return 0.1;
  return 0.99 - 0.89 * ((nodes - low) / (high - low));
}

/**
 * The parser's own words become libyaml's, which users of upstream know. libyaml counts a scanner's error from line 1
 * and a parser's error from line 0, so the second kind names the line before; it leaves "line 0" out.
 */
function syntaxError(first: YAMLParseError, all: YAMLParseError[], text: string, lines: LineCounter, firstLine: number): YamlError {
  const at = lines.linePos(first.pos[0]);
  const where = { line: at.line + firstLine - 1, column: at.col };
  const scanner = (line: number, message: string) => new YamlError(line > 1 ? `yaml: line ${line}: ${message}` : `yaml: ${message}`, where);
  const parser = (line: number, message: string) =>
    new YamlError(line > 1 ? `yaml: line ${line - 1}: ${message}` : `yaml: ${message}`, where);
  const lineOf = (error: YAMLParseError) => lines.linePos(error.pos[0]).line;
  const rest = text.slice(first.pos[0]);
  const lineText = text.split("\n")[at.line - 1] ?? "";
  switch (first.code) {
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY": {
      if (/^\s*%/.test(lineText)) return scanner(at.line, "found unknown directive name");
      if (/block sequence may not/.test(first.message)) return parser(at.line, "did not find expected key");
      if (all.some((error) => /^Unexpected block-seq-ind/.test(error.message))) return parser(at.line, "did not find expected key");
      const multiline = all.find((error) => error.code === "MULTILINE_IMPLICIT_KEY");
      const line = multiline ? lines.linePos(multiline.pos[1]).line : lineOf(first);
      if (first === multiline && line > at.line) return scanner(line, "could not find expected ':'");
      return scanner(line, "mapping values are not allowed in this context");
    }
    case "TAB_AS_INDENT": {
      const inScalar = /[^:\s-]\s*$/.test(text.split("\n")[at.line - 2] ?? ":");
      return scanner(at.line, inScalar ? "found a tab character that violates indentation" : "found character that cannot start any token");
    }
    case "UNEXPECTED_TOKEN":
      if (/block-seq-ind on same line/.test(first.message))
        return scanner(at.line, "block sequence entries are not allowed in this context");
      if (/^[%@`]/.test(rest)) return scanner(at.line, "found character that cannot start any token");
      if (/^Unexpected , in flow map/.test(first.message)) return scanner(at.line + 1, "could not find expected ':'");
      if (/^[\]}]/.test(rest) && /:\s*$/.test(lineText.slice(0, at.col - 1))) return parser(at.line, "did not find expected node content");
      return parser(at.line, "did not find expected key");
    case "BAD_SCALAR_START":
      return scanner(at.line, "found character that cannot start any token");
    case "BAD_DQ_ESCAPE":
      return scanner(at.line, "found unknown escape character");
    case "MISSING_CHAR":
      if (/quote/.test(first.message))
        return scanner(lines.linePos(text.length).line + (text.endsWith("\n") ? 0 : 1), "found unexpected end of stream");
      if (/without - indicator/.test(first.message)) return parser(at.line, "did not find expected '-' indicator");
      if (/flow (map|collection)|\}/.test(first.message)) return parser(at.line, "did not find expected ',' or '}'");
      if (/\]/.test(first.message)) return parser(at.line, "did not find expected ',' or ']'");
      if (/followed by map values/.test(first.message)) return scanner(at.line + 1, "could not find expected ':'");
      return parser(at.line, "did not find expected key");
    case "BAD_INDENT":
      if (/^Flow sequence/.test(first.message)) return parser(at.line, "did not find expected ',' or ']'");
      if (/^Flow map/.test(first.message)) return parser(at.line, "did not find expected ',' or '}'");
      if (/sequence/i.test(first.message) && /^\s*-/.test(rest))
        return scanner(at.line, "block sequence entries are not allowed in this context");
      if (/sequence/i.test(first.message)) return parser(at.line, "did not find expected '-' indicator");
      return parser(at.line, "did not find expected key");
    case "BAD_ALIAS":
      return new YamlError(`yaml: unknown anchor '${/^\*(\S+)/.exec(rest)?.[1] ?? ""}' referenced`, where);
    default:
      return scanner(at.line, first.message);
  }
}
