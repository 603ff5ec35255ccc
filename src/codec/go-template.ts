/** Go's text/template over JSON values, with kubectl's functions: what `-o go-template` prints. */
import { goPrint, isMap, isTruth, type TemplateFunction, templateFunctions } from "./go-template-functions.ts";
import { GoTemplateError, type Operand, type ParsedTemplate, type Pipe, parseGoTemplate, type TemplateNode } from "./go-template-parse.ts";

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
  return (value) => new Execution(parsed, options.allowMissingKeys ?? true, functions).run(value);
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
  push(name: string, value: unknown): void {
    const variable = { name, value };
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

  constructor(parsed: ParsedTemplate, allowMissing: boolean, functions: Readonly<Record<string, TemplateFunction>>) {
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
        this.#template(node.name, node.pipe ? this.#pipe(node.pipe, dot) : undefined);
        return undefined;
      case "range":
        return this.#range(node, dot);
      default:
        return this.#scoped(() => {
          const value = this.#pipe(node.pipe, dot);
          return isTruth(value) ? this.#list(node.body, node.type === "with" ? value : dot) : this.#list(node.otherwise, dot);
        });
    }
  }

  #template(name: string, dot: unknown): void {
    const nodes = this.#parsed.defined.get(name);
    if (!nodes) throw new GoTemplateError(`template: output: template ${JSON.stringify(name)} not defined`);
    if (++this.#depth > maxDepth) throw new GoTemplateError("template: output: exceeded maximum template depth");
    const outer = this.#variables;
    this.#variables = new Variables(dot);
    this.#list(nodes, dot);
    this.#variables = outer;
    this.#depth--;
  }

  #range(node: TemplateNode & { type: "range" | "if" | "with" }, dot: unknown): Flow {
    return this.#scoped(() => {
      const value = this.#pipe({ ...node.pipe, variables: [] }, dot);
      const entries = rangeEntries(value);
      if (entries.length === 0) return this.#list(node.otherwise, dot);
      const [first, second] = node.pipe.variables;
      for (const [key, item] of entries) {
        const flow = this.#scoped(() => {
          const bind = (name: string, bound: unknown) => (node.pipe.assign ? this.#assign(name, bound) : this.#variables.push(name, bound));
          if (first !== undefined) bind(first, second === undefined ? item : key);
          if (second !== undefined) bind(second, item);
          return this.#list(node.body, item);
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
    if (!variable) throw new GoTemplateError(`template: output: undefined variable: ${name}`);
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

  #command(operands: Operand[], dot: unknown, piped: unknown[]): unknown {
    const [head, ...rest] = operands;
    if (head.type === "function") return this.#call(head.name, rest, dot, piped);
    if (rest.length > 0 || piped.length > 0) {
      if (head.type === "fields") throw new GoTemplateError(`template: output: ${head.names.at(-1)} is not a method but has arguments`);
      throw new GoTemplateError("template: output: can't give argument to non-function");
    }
    return this.#operand(head, dot);
  }

  #call(name: string, operands: Operand[], dot: unknown, piped: unknown[]): unknown {
    if (name === "and" || name === "or") {
      // These stop at the first value that decides, so a guard protects what stands behind it.
      let value: unknown;
      for (const operand of operands) {
        value = this.#operand(operand, dot);
        if (isTruth(value) === (name === "or")) return value;
      }
      return piped.length > 0 ? piped[0] : value;
    }
    if (name === "call") throw new GoTemplateError("template: output: error calling call: values of JSON have no functions");
    const values = [...operands.map((operand) => this.#operand(operand, dot)), ...piped];
    try {
      return this.#functions[name]!(...values);
    } catch (error) {
      throw new GoTemplateError(`template: output: error calling ${name}: ${(error as Error).message}`);
    }
  }

  #operand(operand: Operand, dot: unknown): unknown {
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
        return this.#call(operand.name, [], dot, []);
      case "pipe":
        return this.#pipe(operand.pipe, dot);
      case "fields":
        return operand.names.reduce((value, name) => this.#field(value, name), this.#operand(operand.of, dot));
    }
  }

  #field(value: unknown, name: string): unknown {
    if (isMap(value)) {
      if (Object.hasOwn(value, name)) return value[name];
      if (this.#allowMissing) return undefined;
      throw new GoTemplateError(`template: output: map has no entry for key ${JSON.stringify(name)}`);
    }
    if (value === undefined || value === null) return undefined;
    const type = Array.isArray(value)
      ? "[]interface {}"
      : typeof value === "number"
        ? "float64"
        : typeof value === "boolean"
          ? "bool"
          : "string";
    throw new GoTemplateError(`template: output: can't evaluate field ${name} in type ${type}`);
  }

  #write(text: string): void {
    this.#out += text;
    if (this.#out.length > maxOutput) throw new GoTemplateError("template: output: the result is larger than 64 MiB");
  }
}

function rangeEntries(value: unknown): [unknown, unknown][] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (typeof value === "number" && Number.isInteger(value)) return Array.from({ length: Math.min(value, 1e6) }, (_, i) => [i, i]);
  if (!isMap(value)) throw new GoTemplateError(`template: output: range can't iterate over ${goPrint(value)}`);
  return Object.keys(value)
    .sort()
    .map((key) => [key, value[key]]);
}
