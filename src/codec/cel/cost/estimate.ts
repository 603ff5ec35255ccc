/** What an expression may cost at least and at most, by the sizes of what it walks: a second walk over the checked tree, cel-go's rules. */
import { accumulatorName, type Call, type Comprehension, type Expr, type ListExpr, type MapExpr, operators, type Select } from "../ast.ts";
import { dynType, type Type, unwrapOptional } from "../types.ts";
import { stringSize } from "../value.ts";
import { listCost, mapCost, structCost } from "./actual.ts";
import { type CallEstimate, callCost, type Node } from "./calls.ts";
import { add, fixed, type KnownSize, multiply, type Range, sum, unbounded, union, unknownSize, zero } from "./size.ts";

export function estimateCost(expr: Expr, knownSize: KnownSize = () => undefined): Range {
  return new Estimator(knownSize).cost(expr);
}

/** Sizes of keys and values of a list or map that an expression makes. */
interface Entries {
  container: "list" | "map";
  key: Range;
  value: Range;
}

interface Local {
  path: readonly string[];
  size: Range | undefined;
  entries: Entries | undefined;
}

const one = fixed(1);

class Estimator {
  readonly #knownSize: KnownSize;
  readonly #paths = new Map<Expr, readonly string[]>();
  readonly #sizes = new Map<Expr, Range>();
  readonly #entries = new Map<Expr, Entries>();
  readonly #locals = new Map<string, Local[]>();

  constructor(knownSize: KnownSize) {
    this.#knownSize = knownSize;
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case "literal":
        return zero;
      case "ident":
        this.#paths.set(expr, this.#local(expr.name)?.path ?? [expr.name]);
        return one;
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return add(sum(expr.fields.map(({ value }) => this.cost(value))), fixed(structCost));
      case "comprehension":
        return isBind(expr) ? this.#bind(expr) : this.#comprehension(expr);
    }
  }

  #select(expr: Select): Range {
    if (expr.resolved !== undefined) {
      this.#paths.set(expr, [expr.resolved]);
      return one;
    }
    const operand = this.cost(expr.operand);
    if (expr.testOnly) return operand;
    this.#paths.set(expr, [...this.#path(expr.operand), expr.field]);
    const { kind } = typeOf(expr.operand);
    return kind === "map" || kind === "struct" || kind === "param" ? add(operand, one) : operand;
  }

  #call(expr: Call): Range {
    const { name, target, args } = expr;
    if (name === "dyn" && !target && args.length === 1) {
      const cost = add(this.cost(args[0]!), one);
      this.#copySizes(expr, args[0]!);
      return cost;
    }
    const costs = args.map((each) => this.cost(each));
    const nodes = args.map((each) => this.#node(each));
    const targetCost = target ? this.cost(target) : zero;
    const ids = name === operators.optionalSelect ? ["select_optional_field"] : (expr.overloads ?? []).map(({ id }) => id);
    const argsCost = sum(costs);
    let cost: Range | undefined;
    let size: Range | undefined;
    for (const id of ids) {
      const estimate = this.#logic(expr, id, costs) ?? callCost(name, id, target && this.#node(target), nodes);
      const whole = estimate.isWhole ? estimate.cost : add(estimate.cost, argsCost);
      cost = cost ? union(cost, whole) : whole;
      if (estimate.result) size = size ? union(size, estimate.result) : estimate.result;
      if (id === "index_list" || id === "index_map") {
        size = this.#entriesOf(args[0]!)?.value;
        this.#paths.set(expr, [...this.#path(args[0]!), id === "index_list" ? "@items" : "@values"]);
      }
      size ??= this.#size(expr);
    }
    if (size) this.#sizes.set(expr, size);
    return add(targetCost, cost ?? zero);
  }

  /** Operators that do not evaluate all of their operands, and sums, which hand on what is known of elements. */
  #logic(expr: Call, id: string, costs: readonly Range[]): CallEstimate | undefined {
    const [a, b, c] = costs as [Range, Range, Range];
    if (id === "logical_or" || id === "logical_and") return { cost: { min: a.min, max: add(a, b).max }, isWhole: true };
    const [x, y, z] = expr.args as [Expr, Expr, Expr];
    if (id === "conditional") {
      this.#setEntries(expr, unionEntries(this.#entriesOf(y), this.#entriesOf(z)));
      const result = union(this.#size(y) ?? unknownSize, this.#size(z) ?? unknownSize);
      return { cost: add(a, union(b, c)), result, isWhole: true };
    }
    if (id === "add_list" || id === "add_string" || id === "add_bytes")
      this.#setEntries(expr, unionEntries(this.#entriesOf(x), this.#entriesOf(y)));
    return undefined;
  }

  #list(expr: ListExpr): Range {
    const costs = expr.elements.map((each) => this.cost(each));
    this.#entries.set(expr, { container: "list", key: one, value: this.#sizeOfAll(expr.elements) });
    return add(sum(costs), fixed(listCost));
  }

  #map(expr: MapExpr): Range {
    const costs = expr.entries.map(({ key, value }) => add(this.cost(key), this.cost(value)));
    const key = this.#sizeOfAll(expr.entries.map(({ key }) => key));
    this.#entries.set(expr, { container: "map", key, value: this.#sizeOfAll(expr.entries.map(({ value }) => value)) });
    return add(sum(costs), fixed(mapCost));
  }

  #sizeOfAll(exprs: readonly Expr[]): Range {
    return exprs.length === 0 ? zero : exprs.map((each) => this.#size(each) ?? unknownSize).reduce(union, { min: unbounded, max: 0 });
  }

  #bind(expr: Comprehension): Range {
    const before = add(this.cost(expr.range), this.cost(expr.initial));
    this.#push(expr.accumulator, this.#asLocal(expr.initial));
    const result = this.cost(expr.result);
    this.#pop(expr.accumulator);
    this.#copySizes(expr, expr.result);
    return add(before, result);
  }

  #comprehension(expr: Comprehension): Range {
    const { range, initial, accumulator, variable, variable2 } = expr;
    const before = add(this.cost(range), this.cost(initial));
    this.#push(accumulator, this.#asLocal(initial));
    if (variable2 === undefined) this.#push(variable, this.#element(range, "single"));
    else {
      this.#push(variable, this.#element(range, "key"));
      this.#push(variable2, this.#element(range, "value"));
    }
    const loop = add(this.cost(expr.condition), this.cost(expr.step));
    this.#pop(variable);
    if (variable2 !== undefined) this.#pop(variable2);
    const result = this.cost(expr.result);
    this.#pop(accumulator);
    const rounds = this.#size(range) ?? unknownSize;
    if (initial.kind === "literal") this.#sizes.set(expr, this.#size(initial)!);
    else if (initial.kind === "list" || initial.kind === "map") {
      this.#sizes.set(expr, rounds);
      this.#setEntries(expr, this.#entriesOf(expr.step));
    }
    return add(add(before, result), multiply(rounds, loop));
  }

  #asLocal(expr: Expr): Local {
    return { path: this.#path(expr), size: this.#size(expr), entries: this.#entriesOf(expr) };
  }

  /** What a loop's variable is of the range: upstream's names for the steps of a path. */
  #element(range: Expr, part: "single" | "key" | "value"): Local {
    const entries = this.#entriesOf(range);
    const isList = (entries?.container ?? typeOf(range).kind) === "list";
    const value = part === "value" || (part === "single" && isList);
    const step = isList ? (value ? "@items" : "@indices") : value ? "@values" : "@keys";
    return { path: [...this.#path(range), step], size: value ? entries?.value : entries?.key, entries: undefined };
  }

  #push(name: string, local: Local): void {
    const open = this.#locals.get(name);
    if (open) open.push(local);
    else this.#locals.set(name, [local]);
  }

  #pop(name: string): void {
    this.#locals.get(name)!.pop();
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1);
  }

  #path(expr: Expr): readonly string[] {
    return (expr.kind === "ident" ? this.#local(expr.name)?.path : undefined) ?? this.#paths.get(expr) ?? [];
  }

  #node(expr: Expr): Node {
    const path = this.#path(expr);
    const isRooted = path.length > 0 && path[0] !== accumulatorName;
    return {
      path: isRooted ? path : undefined,
      type: typeOf(expr),
      size: this.#size(expr),
      literal: expr.kind === "literal" ? expr.value : undefined,
      knownSize: this.#knownSize,
    };
  }

  #size(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr) ?? ownSize(expr);
    if (known) return known;
    const path = this.#path(expr);
    const declared = this.#knownSize(path.length === 0 ? undefined : path, typeOf(expr));
    if (declared) {
      this.#sizes.set(expr, declared);
      return declared;
    }
    if (isScalar(typeOf(expr))) return one;
    return expr.kind === "ident" ? this.#local(expr.name)?.size : undefined;
  }

  #entriesOf(expr: Expr): Entries | undefined {
    return this.#entries.get(expr) ?? (expr.kind === "ident" ? this.#local(expr.name)?.entries : undefined);
  }

  #setEntries(expr: Expr, entries: Entries | undefined): void {
    if (entries) this.#entries.set(expr, entries);
  }

  #copySizes(to: Expr, from: Expr): void {
    const size = this.#size(from);
    if (size) this.#sizes.set(to, size);
    this.#setEntries(to, this.#entriesOf(from));
  }
}

const typeOf = (expr: Expr): Type => expr.type ?? dynType;

function isBind({ range, condition, accumulator }: Comprehension): boolean {
  const overNothing = range.kind === "list" && range.elements.length === 0;
  return overNothing && condition.kind === "literal" && condition.value === false && accumulator !== accumulatorName;
}

function unionEntries(a: Entries | undefined, b: Entries | undefined): Entries | undefined {
  return a && b && { container: a.container, key: union(a.key, b.key), value: union(a.value, b.value) };
}

/** What the source itself says. */
function ownSize(expr: Expr): Range | undefined {
  if (expr.kind === "list") return fixed(expr.elements.length);
  if (expr.kind === "map") return fixed(expr.entries.length);
  if (expr.kind !== "literal") return undefined;
  if (typeof expr.value === "string") return fixed(stringSize(expr.value));
  return fixed(expr.value instanceof Uint8Array ? expr.value.length : 1);
}

function isScalar(type: Type): boolean {
  const inner = unwrapOptional(type);
  return inner ? isScalar(inner) : ["bool", "double", "duration", "int", "timestamp", "uint"].includes(type.kind);
}
