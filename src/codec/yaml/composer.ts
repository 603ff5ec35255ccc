/**
 * Builds the value of a document from its events, without recursion, so that it can be read in turns. Aliases are copied,
 * and counted before: the part of a document that comes from aliases is bounded as upstream bounds it.
 */
import { setKey } from "../json.ts";
import { resolvePlain, resolveTagged, ScalarError } from "../yaml-scalar.ts";
import { maxNesting, YamlError } from "./cursor.ts";
import { type Event, Parser } from "./parser.ts";

interface Anchor {
  name: string;
  kind: "map" | "list" | "scalar";
  value: unknown;
  whole: boolean;
  /** What upstream counts when it reads this node again. */
  nodes: number;
  /** Levels below and with this node. */
  height: number;
  /** Line of each value of a mapping, for what is said about keys that occur twice. */
  lines: Map<string, number> | undefined;
}

/** A mapping that is merged into the one around it. */
interface Source {
  value: Record<string, unknown>;
  lines: Map<string, number> | undefined;
}

interface Frame {
  map: Record<string, unknown> | undefined;
  list: unknown[] | undefined;
  /** A mapping's key that waits for its value. */
  key: string | undefined;
  keyType: string;
  /** The next value of this mapping is merged into it. */
  merging: boolean;
  /** This collection is such a value, or in the list that is. */
  merged: boolean;
  /** Keys that were not strings. */
  typed: Set<string> | undefined;
  lines: Map<string, number> | undefined;
  sources: Source[] | undefined;
  anchor: Anchor | undefined;
  startNodes: number;
  height: number;
  line: number;
  column: number;
}

type Failure = { rank: "decode" | "convert" | "print"; error: YamlError };
const ranks = { decode: 0, convert: 1, print: 2 };

export class Composer {
  /** Keys that occur twice in one mapping, in upstream's words; the last one counts. */
  readonly duplicates: string[] = [];
  value: unknown;
  /** Whether there was a document. */
  found = false;
  readonly #parser: Parser;
  readonly #anchors = new Map<string, Anchor>();
  readonly #frames: Frame[] = [];
  #nodes = 1;
  #aliasNodes = 0;
  #over = false;
  /** Broken syntax behind it goes first; so the rest is read, and this is said at the end. */
  #failure: Failure | undefined;

  readonly #plainly: boolean;

  /** With `plainly` only true and false are booleans, as YAML 1.2 has it, and keys are texts. */
  constructor(text: string, options: { plainly?: boolean } = {}) {
    this.#plainly = options.plainly ?? false;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
    if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/.test(text))
      throw new YamlError("yaml: control characters are not allowed", { line: 1, column: 1 });
    this.#parser = new Parser(text);
  }

  /** Reads up to so many events of the first document; true when it is whole. Throws YamlError. */
  advance(events: number): boolean {
    for (let i = 0; i < events && !this.#over; i++) this.#take(this.#parser.next());
    if (this.#over && this.#failure) throw this.#failure.error;
    return this.#over;
  }

  #take(event: Event): void {
    switch (event.type) {
      case "document":
        this.found = true;
        return;
      case "document end":
      case "stream end":
        this.#over = true;
        return;
      case "sequence":
      case "mapping":
        return this.#begin(event);
      case "end":
        return this.#end();
      case "scalar":
        return this.#scalar(event);
      case "alias":
        return this.#alias(event);
    }
  }

  #fail(rank: Failure["rank"], message: string, at: { line: number; column: number }): void {
    if (this.#failure && ranks[this.#failure.rank] <= ranks[rank]) return;
    this.#failure = { rank, error: new YamlError(message, { line: at.line + 1, column: at.column + 1 }) };
  }

  /** After a value that cannot be, only syntax and names are looked at. */
  get #dead(): boolean {
    return this.#failure?.rank === "decode";
  }

  #count(at: { line: number; column: number }): void {
    this.#nodes++;
    if (this.#aliasNodes > 0) this.#checkAliases(at);
  }

  #checkAliases(at: { line: number; column: number }): void {
    if (this.#aliasNodes > 100 && this.#nodes > 1000 && this.#aliasNodes / this.#nodes > allowedAliasRatio(this.#nodes))
      this.#fail("decode", "yaml: document contains excessive aliasing", at);
  }

  #anchor(event: Event, kind: Anchor["kind"], value: unknown, whole: boolean): Anchor | undefined {
    if (event.anchor === "") return undefined;
    const anchor: Anchor = { name: event.anchor, kind, value, whole, nodes: 1, height: kind === "scalar" ? 0 : 1, lines: undefined };
    this.#anchors.set(event.anchor, anchor);
    return anchor;
  }

  #begin(event: Event): void {
    const isMap = event.type === "mapping";
    const value = isMap ? {} : [];
    const anchor = this.#anchor(event, isMap ? "map" : "list", value, false);
    if (this.#dead) return;
    if (this.#frames.length >= maxNesting) {
      this.#fail("decode", `yaml: exceeded max depth of ${maxNesting}`, event);
      return;
    }
    const parent = this.#frames.at(-1);
    const merged = parent !== undefined && (parent.merging || (parent.merged && parent.list !== undefined));
    const startNodes = this.#nodes;
    this.#count(event);
    const frame: Frame = {
      map: isMap ? (value as Record<string, unknown>) : undefined,
      list: isMap ? undefined : (value as unknown[]),
      key: undefined,
      keyType: "",
      merging: false,
      merged,
      typed: undefined,
      lines: isMap && (merged || anchor) ? new Map() : undefined,
      sources: !isMap && merged ? [] : undefined,
      anchor,
      startNodes,
      height: 1,
      line: event.line,
      column: event.column,
    };
    this.#frames.push(frame);
  }

  #end(): void {
    if (this.#dead) return;
    const frame = this.#frames.pop()!;
    const { anchor } = frame;
    const value = frame.map ?? frame.list;
    if (anchor) {
      anchor.whole = true;
      anchor.nodes = this.#nodes - frame.startNodes;
      anchor.height = frame.height;
      anchor.lines = frame.lines;
    }
    const source = frame.map && frame.merged ? { value: frame.map, lines: frame.lines } : undefined;
    this.#add(value, frame.height, frame, source, frame.sources);
  }

  #scalar(event: Event): void {
    const parent = this.#frames.at(-1);
    const isMergeKey = event.value === "<<" && (event.implicit || event.tag === `${tagPrefix}merge`);
    if (isMergeKey && !this.#dead && parent?.map && parent.key === undefined && !parent.merging) {
      this.#anchor(event, "scalar", "<<", true);
      parent.merging = true;
      return;
    }
    let value: unknown;
    try {
      if (event.tag !== "") value = resolveTagged(event.tag, event.value);
      else if (!event.implicit || (this.#plainly && parent?.map && parent.key === undefined)) value = event.value;
      else value = resolvePlain(event.value, this.#plainly);
    } catch (error) {
      if (!(error instanceof ScalarError)) throw error;
      this.#fail("decode", `yaml: ${error.message}`, event);
    }
    this.#anchor(event, "scalar", value, true);
    if (this.#dead) return;
    this.#count(event);
    this.#add(value, 0, event);
  }

  #alias(event: Event): void {
    const anchor = this.#anchors.get(event.value);
    if (!anchor)
      throw new YamlError(`yaml: unknown anchor '${event.value}' referenced`, { line: event.line + 1, column: event.column + 1 });
    if (this.#dead) return;
    this.#count(event);
    if (!anchor.whole) return this.#fail("decode", `yaml: anchor '${event.value}' value contains itself`, event);
    if (this.#frames.length + anchor.height > maxNesting) return this.#fail("decode", `yaml: exceeded max depth of ${maxNesting}`, event);
    this.#nodes += anchor.nodes;
    this.#aliasNodes += anchor.nodes;
    this.#checkAliases(event);
    if (this.#dead) return;
    const value = copy(anchor.value);
    const source = anchor.kind === "map" ? { value: value as Record<string, unknown>, lines: anchor.lines } : undefined;
    this.#add(value, anchor.height, event, source);
  }

  /** Puts a value where the document has it: at the top, into the list, as a key or as a key's value. */
  #add(value: unknown, height: number, at: { line: number; column: number }, source?: Source, sources?: Source[]): void {
    const frame = this.#frames.at(-1);
    if (!frame) {
      this.value = value;
      this.#checkNumber(value, at);
      return;
    }
    frame.height = Math.max(frame.height, height + 1);
    if (frame.merging) {
      frame.merging = false;
      const all = source ? [source] : sources;
      if (!all) return this.#fail("decode", wantsMap, at);
      for (const each of all.toReversed()) this.#merge(frame, each, at);
    } else if (frame.list) {
      if (frame.sources) {
        if (!source) return this.#fail("decode", wantsMap, at);
        frame.sources.push(source);
      }
      this.#checkNumber(value, at);
      frame.list.push(value);
    } else if (frame.key === undefined) this.#setKey(frame, value, at);
    else {
      const { key } = frame;
      frame.key = undefined;
      this.#checkNumber(value, at);
      if (frame.keyType === "null")
        return this.#fail(
          "convert",
          `unsupported map key of type: %!s(<nil>), key: <nil>, value: ${value === null ? "<nil>" : goSyntax(value)}`,
          at,
        );
      this.#put(frame, key, frame.keyType, value, at.line);
    }
  }

  #setKey(frame: Frame, key: unknown, at: { line: number; column: number }): void {
    if (typeof key === "object" && key !== null) return this.#fail("decode", `yaml: invalid map key: ${goSyntax(key)}`, at);
    frame.keyType = key === null ? "null" : typeof key;
    frame.key = typeof key === "number" ? numberKey(key) : String(key);
  }

  #put(frame: Frame, key: string, type: string, value: unknown, line: number): void {
    const map = frame.map!;
    const isString = type === "string";
    if (Object.hasOwn(map, key) && isString !== (frame.typed?.has(key) ?? false))
      this.duplicates.push(`line ${line + 1}: key ${isString ? JSON.stringify(key) : key} already set in map`);
    if (!isString) {
      frame.typed ??= new Set();
      frame.typed.add(key);
    }
    frame.lines?.set(key, line);
    setKey(map, key, value);
  }

  #merge(frame: Frame, source: Source, at: { line: number }): void {
    for (const key of Object.keys(source.value)) this.#put(frame, key, "string", source.value[key], source.lines?.get(key) ?? at.line);
  }

  #checkNumber(value: unknown, at: { line: number; column: number }): void {
    if (typeof value !== "number" || Number.isFinite(value)) return;
    this.#fail("print", `json: unsupported value: ${Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"}`, at);
  }
}

const tagPrefix = "tag:yaml.org,2002:";
const wantsMap = "yaml: map merge requires map or sequence of maps as the value";

function copy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setKey(result, key, copy((value as Record<string, unknown>)[key]));
  return result;
}

/** Upstream writes a key that is a float with the digits that a 32-bit float has. */
function numberKey(key: number): string {
  if (Number.isNaN(key)) return ".nan";
  if (!Number.isFinite(key)) return key > 0 ? ".inf" : "-.inf";
  if (Number.isInteger(key)) return String(key);
  const single = Math.fround(key);
  for (let digits = 1; digits < 10; digits++)
    if (Math.fround(Number(single.toPrecision(digits))) === single) return String(Number(single.toPrecision(digits)));
  return String(single);
}

/** Small documents may consist almost wholly of aliases, huge ones must not. */
function allowedAliasRatio(nodes: number): number {
  const low = 400_000;
  const high = 4_000_000;
  if (nodes <= low) return 0.99;
  if (nodes >= high) return 0.1;
  return 0.99 - 0.89 * ((nodes - low) / (high - low));
}

/** A value in Go's notation, as upstream's message about a `{{ template }}` left in a manifest shows it. */
function goSyntax(value: unknown): string {
  if (value === null) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (typeof value !== "object") return typeof value === "string" ? JSON.stringify(value) : String(value);
  const entries = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`);
  return `map[interface {}]interface {}{${entries.join(", ")}}`;
}
