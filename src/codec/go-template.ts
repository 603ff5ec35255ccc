/** Go's text/template over JSON values, with kubectl's functions: what `-o go-template` prints. */
import { goPrint, isMap, isTruth, type TemplateFunction, templateFunctions, wrongCount } from "./go-template-functions.ts";
import {
  type Command,
  GoTemplateError,
  type Operand,
  type ParsedTemplate,
  type Pipe,
  type Place,
  parseGoTemplate,
  type TemplateNode,
} from "./go-template-parse.ts";

export { GoTemplateError, goPrint };

export interface GoTemplateOptions {
  /** A missing key prints `<no value>` instead of failing; default true, as kubectl does. */
  allowMissingKeys?: boolean;
  /** Beside Go's and kubectl's own. */
  functions?: Readonly<Record<string, TemplateFunction>>;
}

/** Throws GoTemplateError when the template does not parse; the returned function throws it when it cannot run on the value. */
export function goTemplate(text: string, options: GoTemplateOptions = {}): (value: unknown) => string {
  const functions = options.functions ? { ...templateFunctions, ...options.functions } : templateFunctions;
  const parsed = parseGoTemplate(text, options.functions ? new Set([...Object.keys(functions), "call"]) : functionNames);
  return (value) => new Execution(text, parsed, { allowMissing: options.allowMissingKeys ?? true, functions }).run(value);
}

const functionNames: ReadonlySet<string> = new Set([...Object.keys(templateFunctions), "call"]);
/** Templates that call themselves: upstream allows more, on stacks that grow. */
const maxDepth = 250;
const maxOutput = 64 * 1024 * 1024;

/** Why a list of nodes ended early inside a range. */
type Flow = "break" | "continue" | undefined;

interface Variable {
  name: string;
  value: unknown;
  /** An element that a range goes over. */
  any: boolean;
}

/** The variables of one template in the order in which they were declared; the newest of a name is the one that counts. */
class Variables {
  readonly #all: Variable[] = [];
  readonly #byName = new Map<string, Variable[]>();

  constructor(dot: unknown) {
    this.push("$", dot);
  }
  get count(): number {
    return this.#all.length;
  }
  find(name: string): Variable | undefined {
    return this.#byName.get(name)?.at(-1);
  }
  push(name: string, value: unknown, any = false): void {
    const variable = { name, value, any };
    this.#all.push(variable);
    const same = this.#byName.get(name);
    if (same) same.push(variable);
    else this.#byName.set(name, [variable]);
  }
  cut(count: number): void {
    while (this.#all.length > count) this.#byName.get(this.#all.pop()!.name)!.pop();
  }
}

class Execution {
  #parsed: ParsedTemplate;
  #allowMissing: boolean;
  readonly #functions: Readonly<Record<string, TemplateFunction>>;
  #out = "";
  #variables = new Variables(undefined);
  #depth = 0;
  readonly #source: string;
  /** What is evaluated: an error names it. */
  #place: Place | undefined;
  #name = "output";
  /** The dot is an element that a range goes over: Go knows its type as that of any value. */
  #anyDot = false;

  constructor(
    source: string,
    parsed: ParsedTemplate,
    { allowMissing, functions }: { allowMissing: boolean; functions: Readonly<Record<string, TemplateFunction>> },
  ) {
    this.#source = source;
    this.#parsed = parsed;
    this.#allowMissing = allowMissing;
    this.#functions = functions;
  }

  run(value: unknown): string {
    this.#variables = new Variables(value);
    try {
      this.#list(this.#parsed.root, value);
    } catch (error) {
      if (error instanceof GoTemplateError) error.written = this.#out;
      throw error;
    }
    return this.#out;
  }

  #fail(message: string, place = this.#place): GoTemplateError {
    if (!place) return new GoTemplateError(`template: output: ${message}`);
    const lines = this.#source.slice(0, place.at).split("\n");
    const at = `${lines.length}:${Buffer.byteLength(lines.at(-1)!)}`;
    return new GoTemplateError(`template: output:${at}: executing ${JSON.stringify(this.#name)} at <${place.text}>: ${message}`);
  }

  #list(nodes: TemplateNode[], dot: unknown): Flow {
    for (const node of nodes) {
      const flow = this.#node(node, dot);
      if (flow) return flow;
    }
    return undefined;
  }

  #node(node: TemplateNode, dot: unknown): Flow {
    switch (node.type) {
      case "text":
        this.#write(node.text);
        return undefined;
      case "action": {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#write(value === null || value === undefined ? "<no value>" : goPrint(value));
        return undefined;
      }
      case "break":
      case "continue":
        return node.type;
      case "template":
        this.#template(node, dot);
        return undefined;
      case "range":
        return this.#range(node, dot);
      default:
        return this.#scoped(() => {
          const value = this.#pipe(node.pipe, dot);
          if (!isTruth(value)) return this.#list(node.otherwise, dot);
          return node.type === "with" ? this.#dotted(false, () => this.#list(node.body, value)) : this.#list(node.body, dot);
        });
    }
  }

  #template({ name, pipe, place }: TemplateNode & { type: "template" }, outerDot: unknown): void {
    const nodes = this.#parsed.defined.get(name);
    if (!nodes) throw this.#fail(`template ${JSON.stringify(name)} not defined`, place);
    const dot = pipe ? this.#pipe(pipe, outerDot) : undefined;
    if (++this.#depth > maxDepth) throw this.#fail(`exceeded maximum template depth (${maxDepth})`, place);
    const [outer, outerName] = [this.#variables, this.#name];
    this.#variables = new Variables(dot);
    this.#name = name;
    this.#dotted(false, () => this.#list(nodes, dot));
    this.#variables = outer;
    this.#name = outerName;
    this.#depth--;
  }

  #dotted(any: boolean, run: () => Flow): Flow {
    const outer = this.#anyDot;
    this.#anyDot = any;
    const flow = run();
    this.#anyDot = outer;
    return flow;
  }

  #range(node: TemplateNode & { type: "range" | "if" | "with" }, dot: unknown): Flow {
    return this.#scoped(() => {
      const value = this.#pipe({ ...node.pipe, variables: [] }, dot);
      const entries = rangeEntries(value);
      if (!entries) throw this.#fail(`range can't iterate over ${goPrint(value)}`);
      if (entries.length === 0) return this.#list(node.otherwise, dot);
      const [first, second] = node.pipe.variables;
      for (const [key, item] of entries) {
        const flow = this.#scoped(() => {
          const bind = (name: string, bound: unknown) =>
            node.pipe.assign ? this.#assign(name, bound) : this.#variables.push(name, bound, true);
          if (first !== undefined) bind(first, second === undefined ? item : key);
          if (second !== undefined) bind(second, item);
          return this.#dotted(true, () => this.#list(node.body, item));
        });
        if (flow === "break") break;
      }
      return undefined;
    });
  }

  #scoped(run: () => Flow): Flow {
    const mark = this.#variables.count;
    const flow = run();
    this.#variables.cut(mark);
    return flow;
  }

  #assign(name: string, value: unknown): void {
    const variable = this.#variables.find(name);
    if (!variable) throw this.#fail(`undefined variable: ${name}`);
    variable.value = value;
  }

  #pipe(pipe: Pipe, dot: unknown): unknown {
    let value: unknown;
    for (const [index, command] of pipe.commands.entries()) value = this.#command(command, dot, index > 0 ? [value] : []);
    for (const name of pipe.variables) {
      if (pipe.assign) this.#assign(name, value);
      else this.#variables.push(name, value);
    }
    return value;
  }

  #command(command: Command, dot: unknown, piped: unknown[]): unknown {
    const [head, ...rest] = command.operands;
    this.#place = head.place;
    if (head.type === "function") return this.#call(head.name, command, { dot, piped });
    if (rest.length > 0 || piped.length > 0) {
      if (head.type === "fields") throw this.#fail(`${head.names.at(-1)} is not a method but has arguments`);
      throw this.#fail(`can't give argument to non-function ${head.place.text}`);
    }
    if (head.type === "nil") throw this.#fail("nil is not a command");
    return this.#operand(head, dot);
  }

  #call(name: string, { operands: [head, ...operands], place }: Command, { dot, piped }: { dot: unknown; piped: unknown[] }): unknown {
    const wrong = wrongCount(name, operands.length + piped.length);
    if (wrong) throw this.#fail(wrong, head.place);
    if (name === "and" || name === "or") {
      // These stop at the first value that decides, so a guard protects what stands behind it.
      let value: unknown;
      for (const operand of operands) {
        value = this.#operand(operand, dot);
        if (isTruth(value) === (name === "or")) return value;
      }
      return piped.length > 0 ? piped[0] : value;
    }
    if (name === "call") throw this.#fail("error calling call: values of JSON have no functions", place);
    const values = [...operands.map((operand) => this.#operand(operand, dot)), ...piped];
    try {
      return this.#functions[name]!(...values);
    } catch (error) {
      throw this.#fail(`error calling ${name}: ${(error as Error).message}`, place);
    }
  }

  #operand(operand: Operand, dot: unknown): unknown {
    this.#place = operand.place;
    switch (operand.type) {
      case "literal":
        return operand.value;
      case "nil":
        return null;
      case "dot":
        return dot;
      case "variable":
        return this.#variables.find(operand.name)?.value;
      case "function":
        return this.#call(operand.name, { operands: [operand], place: operand.place }, { dot, piped: [] });
      case "pipe":
        return this.#pipe(operand.pipe, dot);
      case "fields": {
        const { of, names } = operand;
        const from = this.#operand(of, dot);
        // Go stays at what it evaluated last in parentheses.
        if (of.type !== "pipe") this.#place = operand.place;
        const isAny = of.type === "dot" ? this.#anyDot : of.type === "variable" && this.#variables.find(of.name)?.any === true;
        return names.reduce((value, name, at) => this.#field(value, name, isAny || at > 0), from);
      }
    }
  }

  /** `isAny`: Go knows the value as one of any type. */
  #field(value: unknown, name: string, isAny: boolean): unknown {
    if (isMap(value)) {
      if (Object.hasOwn(value, name)) return value[name];
      if (this.#allowMissing) return undefined;
      throw this.#fail(`map has no entry for key ${JSON.stringify(name)}`);
    }
    if (value === undefined || value === null) return undefined;
    const type = Array.isArray(value) ? "[]interface {}" : ({ number: "float64", boolean: "bool" }[typeof value as string] ?? "string");
    throw this.#fail(`can't evaluate field ${name} in type ${isAny ? "interface {}" : type}`);
  }

  #write(text: string): void {
    this.#out += text;
    if (this.#out.length > maxOutput) throw new GoTemplateError("template: output: the result is larger than 64 MiB");
  }
}

/** Undefined: nothing to go over. */
function rangeEntries(value: unknown): [unknown, unknown][] | undefined {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (typeof value === "number" && Number.isInteger(value)) return Array.from({ length: Math.min(value, 1e6) }, (_, i) => [i, i]);
  if (!isMap(value)) return undefined;
  return Object.keys(value)
    .sort()
    .map((key) => [key, value[key]]);
}
