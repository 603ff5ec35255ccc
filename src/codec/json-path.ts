/** kubectl's JSONPath: a template whose `{actions}` walk a JSON value, with ranges, filters, unions and slices. */
import { goJson } from "./go-json.ts";
import { JsonPathError, parseTemplate, type Step, type Template } from "./json-path-parse.ts";

export { JsonPathError };

export interface JsonPathOptions {
  /** Fields that are not there give nothing instead of an error; default true, as kubectl prints. */
  allowMissingKeys?: boolean;
  /** Print each action's results as an indented JSON list (`-o jsonpath-as-json`). */
  json?: boolean;
}

export interface JsonPath {
  (value: unknown): string;
  /** The values that each action finds, in order of the template. */
  find(value: unknown): unknown[][];
}

/** Throws JsonPathError when the template does not parse; the returned functions throw it when the value does not fit. */
export function jsonPath(template: string, options: JsonPathOptions = {}): JsonPath {
  const parsed = parseTemplate(template);
  const allowMissing = options.allowMissingKeys ?? true;
  const find = (value: unknown) => execute(parsed, 0, value, 0, allowMissing).results;
  const print = (results: unknown[]) => (options.json ? `${goJson(results, "    ")}\n` : results.map(textOf).join(" "));
  return Object.assign((value: unknown) => find(value).map(print).join(""), {
    find,
  });
}

/** The forms that `--sort-by`, `custom-columns` and `wait` take: `x.y`, `.x.y`, `{x.y}`, `{.x.y}`. */
export function relaxedJsonPath(text: string): string {
  if (text === "") return "";
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(text);
  if (!match) {
    throw new JsonPathError(`unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`);
  }
  return `{.${match[1] ?? match[2]}}`;
}

interface Run {
  results: unknown[][];
  /** Index of the `{end}` that closed this block. */
  end: number;
}

function execute(template: Template, from: number, value: unknown, depth: number, allowMissing: boolean): Run {
  if (depth > maxRecursion) throw new JsonPathError("ranges are nested too deeply");
  const results: unknown[][] = [];
  for (let i = from; i < template.length; i++) {
    const walk = new Walk(depth > 0, allowMissing);
    const found = walk.list([value], template[i]);
    if (walk.ended) return { results, end: i };
    if (!walk.ranged) {
      results.push(found);
      continue;
    }
    if (found.length === 0) i = skipRange(template, i + 1);
    let end = i;
    for (const item of found) {
      const block = execute(template, i + 1, item, depth + 1, allowMissing);
      for (const found of block.results) results.push(found);
      end = block.end;
    }
    i = end;
  }
  return { results, end: template.length };
}

function skipRange(template: Template, from: number): number {
  let open = 1;
  for (let i = from; i < template.length; i++) {
    for (const step of template[i]) {
      if (step.type !== "identifier") continue;
      open += step.name === "range" ? 1 : step.name === "end" ? -1 : 0;
      if (open === 0) return i;
    }
  }
  return template.length;
}

const maxRecursion = 1000;
/** Unions and descents multiply what they find: a short path over a small object could fill the memory. */
const maxFound = 1_000_000;

class Walk {
  ranged = false;
  ended = false;
  #inRange: boolean;
  #allowMissing: boolean;

  constructor(inRange: boolean, allowMissing: boolean) {
    this.#inRange = inRange;
    this.#allowMissing = allowMissing;
  }

  list(values: unknown[], steps: Step[]): unknown[] {
    let current = values;
    for (const step of steps) {
      current = this.#step(current, step);
      if (current.length > maxFound) throw new JsonPathError(`the path finds more than ${maxFound} values`);
    }
    return current;
  }

  #step(values: unknown[], step: Step): unknown[] {
    switch (step.type) {
      case "text":
        return [step.text];
      case "value":
        return values.map(() => step.value);
      case "field":
        return this.#field(values, step.name);
      case "wildcard":
        return values.flatMap((value) => children(value));
      case "recursive":
        return this.#descend(values);
      case "union":
        return step.parts.flatMap((part) => this.list(values, part));
      case "slice":
        return values.flatMap((value) => slice(value, step));
      case "filter":
        return values.flatMap((value) => this.#filter(value, step));
      case "identifier":
        return this.#identifier(values, step.name);
    }
  }

  #descend(values: unknown[]): unknown[] {
    const found: unknown[] = [];
    for (const value of values) descend(value, 0, found);
    return found;
  }

  #identifier(values: unknown[], name: string): unknown[] {
    if (name === "range") {
      this.ranged = true;
      return values;
    }
    if (name !== "end") throw new JsonPathError(`unrecognized identifier ${name}`);
    if (!this.#inRange) throw new JsonPathError("not in range, nothing to end");
    this.ended = true;
    return [];
  }

  #field(values: unknown[], name: string): unknown[] {
    if (values.length === 0) return [];
    const found = values
      .filter((value) => isObject(value) && Object.hasOwn(value, name))
      .map((value) => (value as Record<string, unknown>)[name]);
    if (found.length === 0 && !this.#allowMissing) throw new JsonPathError(`${name} is not found`);
    return found;
  }

  #filter(value: unknown, step: Step & { type: "filter" }): unknown[] {
    if (!Array.isArray(value)) throw new JsonPathError(`${goText(value)} is not array or slice and cannot be filtered`);
    return value.filter((item) => {
      if (step.operator === "exists") {
        try {
          return this.list([item], step.left).length > 0;
        } catch {
          return false;
        }
      }
      const left = this.list([item], step.left);
      if (left.length === 0) return false;
      const right = this.list([item], step.right);
      if (right.length === 0) return false;
      if (left.length > 1 || right.length > 1) throw new JsonPathError("can only compare one element at a time");
      return compare(left[0], step.operator, right[0]);
    });
  }
}

function slice(value: unknown, step: Step & { type: "slice" }): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${goType(value)} is not array or slice`);
  const { length } = value;
  let from = step.from ?? 0;
  if (from < 0) from += length;
  let to = step.to ?? length;
  if (to < 0 || (to === 0 && step.single)) to += length;
  if (from === to) return [];
  if (from >= length || from < 0) throw new JsonPathError(`array index out of bounds: index ${from}, length ${length}`);
  if (to > length || to < 0) throw new JsonPathError(`array index out of bounds: index ${to - 1}, length ${length}`);
  if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`);
  if (step.step !== undefined && step.step <= 0) throw new JsonPathError("step must be > 0");
  return value.slice(from, to).filter((_, i) => i % (step.step ?? 1) === 0);
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (isObject(value)) return Object.values(value);
  return typeof value === "string" ? [...Buffer.from(value)] : [];
}

function descend(value: unknown, depth: number, found: unknown[]): void {
  if (depth > maxRecursion) throw new JsonPathError("the value is nested too deeply for a recursive descent");
  if (typeof value !== "object" || value === null) return;
  const below = children(value);
  if (below.length === 0) return;
  if (found.push(value) > maxFound) throw new JsonPathError(`the path finds more than ${maxFound} values`);
  for (const child of below) descend(child, depth + 1, found);
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  if (!["<", ">", "==", "!=", "<=", ">="].includes(operator)) throw new JsonPathError(`unrecognized filter operator ${operator}`);
  if (typeof left !== typeof right || typeof left === "object") throw new JsonPathError("incompatible types for comparison");
  if (operator === "==") return left === right;
  if (operator === "!=") return left !== right;
  if (typeof left === "boolean") throw new JsonPathError("invalid type for comparison");
  const [a, b] = [left as number, right as number];
  return operator === "<" ? a < b : operator === ">" ? a > b : operator === "<=" ? a <= b : a >= b;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  return typeof value === "object" ? goJson(value) : String(value);
}

function goType(value: unknown): string {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return "map[string]interface {}";
}

function goText(value: unknown): string {
  return typeof value === "object" ? goJson(value) : String(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
