/** Turns tokens into what a document says, one event at a time and without recursion. */
import { YamlError } from "./cursor.ts";
import { Scanner, type Token } from "./scanner.ts";

export type EventType = "document" | "document end" | "stream end" | "sequence" | "mapping" | "end" | "alias" | "scalar";

/** The one event that a parser hands out; the next call changes it. */
export interface Event {
  type: EventType;
  /** Where it begins, from 0. */
  line: number;
  column: number;
  /** Text of a scalar, name of an alias. */
  value: string;
  anchor: string;
  tag: string;
  /** A scalar whose type its text decides. */
  implicit: boolean;
}

type State =
  | "first document"
  | "document"
  | "document content"
  | "document end"
  | "block node"
  | "sequence"
  | "indentless sequence"
  | "mapping key"
  | "mapping value"
  | "flow sequence first"
  | "flow sequence"
  | "pair key"
  | "pair value"
  | "pair end"
  | "flow mapping first"
  | "flow mapping"
  | "flow mapping value"
  | "flow mapping no value"
  | "over";

const contentEnds = new Set<Token["type"]>(["directive", "---", "...", "end"]);

export class Parser {
  readonly #scanner: Scanner;
  readonly #event: Event = { type: "document", line: 0, column: 0, value: "", anchor: "", tag: "", implicit: false };
  #state: State = "first document";
  /** What goes on when the node that is read is whole. */
  #after: State[] = [];
  #tags = new Map<string, string>();

  constructor(text: string) {
    this.#scanner = new Scanner(text);
  }

  next(): Event {
    switch (this.#state) {
      case "first document":
        return this.#document(true);
      case "document":
        return this.#document(false);
      case "document content":
        if (contentEnds.has(this.#scanner.peek().type)) return this.#empty(this.#pop());
        return this.#node(true, false);
      case "document end":
        return this.#documentEnd();
      case "block node":
        return this.#node(true, false);
      case "sequence":
        return this.#sequence();
      case "indentless sequence":
        return this.#indentless();
      case "mapping key":
        return this.#mappingKey();
      case "mapping value":
        return this.#mappingValue();
      case "flow sequence first":
        return this.#flowSequence(true);
      case "flow sequence":
        return this.#flowSequence(false);
      case "pair key":
        return this.#pairKey();
      case "pair value":
        return this.#pairValue();
      case "pair end":
        this.#state = "flow sequence";
        return this.#emit("end", this.#scanner.peek());
      case "flow mapping first":
        return this.#flowMapping(true);
      case "flow mapping":
        return this.#flowMapping(false);
      case "flow mapping value":
        return this.#flowMappingValue();
      case "flow mapping no value":
        return this.#empty("flow mapping");
      case "over":
        return this.#emit("stream end", this.#scanner.peek());
    }
  }

  #pop(): State {
    return this.#after.pop()!;
  }

  #emit(type: EventType, at: { line: number; column: number }): Event {
    const event = this.#event;
    event.type = type;
    event.line = at.line;
    event.column = at.column;
    event.value = "";
    event.anchor = "";
    event.tag = "";
    event.implicit = false;
    return event;
  }

  /** A node that is not there: null. */
  #empty(next: State, at: { line: number; column: number } = this.#scanner.peek()): Event {
    this.#state = next;
    const event = this.#emit("scalar", at);
    event.implicit = true;
    return event;
  }

  #fail(problem: string, at: { line: number; column: number }): YamlError {
    return new YamlError(at.line > 0 ? `yaml: line ${at.line}: ${problem}` : `yaml: ${problem}`, {
      line: at.line + 1,
      column: at.column + 1,
    });
  }

  #skipTo(): Token {
    this.#scanner.skip();
    return this.#scanner.peek();
  }

  #document(first: boolean): Event {
    let token = this.#scanner.peek();
    if (!first) while (token.type === "...") token = this.#skipTo();
    const start = token;
    if (token.type === "end") {
      this.#state = "over";
      return this.#emit("stream end", token);
    }
    this.#directives();
    token = this.#scanner.peek();
    this.#after.push("document end");
    if (first && start === token && token.type !== "---") this.#state = "block node";
    else {
      if (token.type !== "---") throw this.#fail("did not find expected <document start>", token);
      this.#scanner.skip();
      this.#state = "document content";
    }
    return this.#emit("document", start);
  }

  #directives(): void {
    let version = false;
    for (let token = this.#scanner.peek(); token.type === "directive"; token = this.#skipTo()) {
      const directive = token.directive!;
      if (directive.name === "YAML") {
        if (version) throw this.#fail("found duplicate %YAML directive", token);
        if (directive.version !== "1.1") throw this.#fail("found incompatible YAML document", token);
        version = true;
      } else {
        if (this.#tags.has(directive.handle)) throw this.#fail("found duplicate %TAG directive", token);
        this.#tags.set(directive.handle, directive.prefix);
      }
    }
    if (!this.#tags.has("!")) this.#tags.set("!", "!");
    if (!this.#tags.has("!!")) this.#tags.set("!!", "tag:yaml.org,2002:");
  }

  #documentEnd(): Event {
    const token = this.#scanner.peek();
    if (token.type === "...") this.#scanner.skip();
    this.#tags.clear();
    this.#state = "document";
    return this.#emit("document end", token);
  }

  #node(block: boolean, indentless: boolean): Event {
    const start = this.#scanner.peek();
    if (start.type === "alias") {
      this.#state = this.#pop();
      const event = this.#emit("alias", start);
      event.value = start.value;
      this.#scanner.skip();
      return event;
    }
    let token = start;
    let anchor = "";
    let tagToken: Token | undefined;
    const readAnchor = () => {
      if (token.type !== "anchor") return;
      anchor = token.value;
      token = this.#skipTo();
    };
    const readTag = () => {
      if (token.type !== "tag") return;
      tagToken = token;
      token = this.#skipTo();
    };
    if (start.type === "anchor") {
      readAnchor();
      readTag();
    } else {
      readTag();
      readAnchor();
    }
    const tag = tagToken ? this.#tagOf(tagToken) : "";
    const begin = (type: "sequence" | "mapping", state: State, take: boolean): Event => {
      this.#state = state;
      const event = this.#emit(type, start);
      event.anchor = anchor;
      event.tag = tag;
      if (take) this.#scanner.skip();
      return event;
    };
    if (indentless && token.type === "-") return begin("sequence", "indentless sequence", false);
    if (token.type === "scalar") return this.#scalar(token, { start, anchor, tag });
    if (token.type === "[") return begin("sequence", "flow sequence first", true);
    if (token.type === "{") return begin("mapping", "flow mapping first", true);
    if (block && token.type === "block sequence") return begin("sequence", "sequence", true);
    if (block && token.type === "block mapping") return begin("mapping", "mapping key", true);
    if (anchor === "" && tag === "") throw this.#fail("did not find expected node content", token);
    this.#state = this.#pop();
    const event = this.#emit("scalar", start);
    event.anchor = anchor;
    event.tag = tag;
    event.implicit = tag === "";
    return event;
  }

  #tagOf(token: Token): string {
    if (token.handle === "") return token.value;
    const prefix = this.#tags.get(token.handle);
    const tag = prefix === undefined ? "" : prefix + token.value;
    if (tag === "") throw this.#fail("found undefined tag handle", token);
    return tag;
  }

  #scalar(token: Token, { start, anchor, tag }: { start: Token; anchor: string; tag: string }): Event {
    this.#state = this.#pop();
    const event = this.#emit("scalar", start);
    event.value = token.value;
    event.anchor = anchor;
    event.tag = tag;
    event.implicit = (tag === "" && token.plain) || tag === "!";
    this.#scanner.skip();
    return event;
  }

  #sequence(): Event {
    const token = this.#scanner.peek();
    if (token.type === "-") {
      const next = this.#skipTo();
      if (next.type === "-" || next.type === "block end") return this.#empty("sequence", token);
      this.#after.push("sequence");
      return this.#node(true, false);
    }
    if (token.type !== "block end") throw this.#fail("did not find expected '-' indicator", token);
    return this.#close(token);
  }

  #close(token: Token): Event {
    this.#state = this.#pop();
    this.#scanner.skip();
    return this.#emit("end", token);
  }

  #indentless(): Event {
    const token = this.#scanner.peek();
    if (token.type !== "-") {
      this.#state = this.#pop();
      return this.#emit("end", token);
    }
    const next = this.#skipTo();
    if (next.type === "-" || next.type === "?" || next.type === ":" || next.type === "block end")
      return this.#empty("indentless sequence", token);
    this.#after.push("indentless sequence");
    return this.#node(true, false);
  }

  #mappingKey(): Event {
    const token = this.#scanner.peek();
    if (token.type === "block end") return this.#close(token);
    if (token.type !== "?") throw this.#fail("did not find expected key", token);
    const next = this.#skipTo();
    if (next.type === "?" || next.type === ":" || next.type === "block end") return this.#empty("mapping value", token);
    this.#after.push("mapping value");
    return this.#node(true, true);
  }

  #mappingValue(): Event {
    const token = this.#scanner.peek();
    if (token.type !== ":") return this.#empty("mapping key", token);
    const next = this.#skipTo();
    if (next.type === "?" || next.type === ":" || next.type === "block end") return this.#empty("mapping key", token);
    this.#after.push("mapping key");
    return this.#node(true, true);
  }

  #flowSequence(first: boolean): Event {
    let token = this.#scanner.peek();
    if (token.type !== "]" && !first) {
      if (token.type !== ",") throw this.#fail("did not find expected ',' or ']'", token);
      token = this.#skipTo();
    }
    if (token.type === "]") return this.#close(token);
    if (token.type === "?") {
      // `[a: b]` holds a mapping of one pair.
      this.#state = "pair key";
      this.#scanner.skip();
      return this.#emit("mapping", token);
    }
    this.#after.push("flow sequence");
    return this.#node(false, false);
  }

  #pairKey(): Event {
    const token = this.#scanner.peek();
    if (token.type === ":" || token.type === "," || token.type === "]") {
      // Upstream goes past the `:` here, so the value of a pair without a key is lost to it, too.
      this.#scanner.skip();
      return this.#empty("pair value", token);
    }
    this.#after.push("pair value");
    return this.#node(false, false);
  }

  #pairValue(): Event {
    const token = this.#scanner.peek();
    if (token.type === ":") {
      const next = this.#skipTo();
      if (next.type !== "," && next.type !== "]") {
        this.#after.push("pair end");
        return this.#node(false, false);
      }
    }
    return this.#empty("pair end", token);
  }

  #flowMapping(first: boolean): Event {
    let token = this.#scanner.peek();
    if (token.type !== "}" && !first) {
      if (token.type !== ",") throw this.#fail("did not find expected ',' or '}'", token);
      token = this.#skipTo();
    }
    if (token.type === "}") return this.#close(token);
    if (token.type !== "?") {
      this.#after.push("flow mapping no value");
      return this.#node(false, false);
    }
    const next = this.#skipTo();
    if (next.type === ":" || next.type === "," || next.type === "}") return this.#empty("flow mapping value", next);
    this.#after.push("flow mapping value");
    return this.#node(false, false);
  }

  #flowMappingValue(): Event {
    const token = this.#scanner.peek();
    if (token.type === ":") {
      const next = this.#skipTo();
      if (next.type !== "," && next.type !== "}") {
        this.#after.push("flow mapping");
        return this.#node(false, false);
      }
    }
    return this.#empty("flow mapping", token);
  }
}
