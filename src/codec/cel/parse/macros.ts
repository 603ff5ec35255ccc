/** Macros: calls that the parser unfolds into comprehensions and tests, the standard ones, optionals' and those of two variables. */
import { accumulatorName, type Call, type Comprehension, copyExpr, type Expr, operators, unusedVariable } from "../ast.ts";
import { boolType, intType } from "../types.ts";

export class MacroError extends Error {
  readonly at: number;
  /** The parse ends here: what follows would cost too much. */
  readonly isFinal: boolean;
  constructor(at: number, message: string, isFinal = false) {
    super(message);
    this.at = at;
    this.isFinal = isFinal;
  }
}

/** What the call unfolds to; undefined when it is none. Throws MacroError for arguments that the macro cannot take. */
export function expandMacro(call: Call, binds = false): Expr | undefined {
  const { name, target, args } = call;
  // `.all(x)` is a function of the outermost names, not a method.
  if (!target && name.startsWith(".")) return undefined;
  if (binds && name === "bind" && args.length === 3 && target?.kind === "ident" && target.name === "cel") return celBind(call);
  const key = `${target ? "." : ""}${name}/${args.length}`;
  return Object.hasOwn(macros, key) ? macros[key]!(call, target!, args) : undefined;
}

type Expand = (call: Call, target: Expr, args: Expr[]) => Expr;

const macros: Record<string, Expand> = {
  "has/1": has,
  ".all/2": (call, range, [name, test]) => all(call.at, range, variables(name!), test!),
  ".all/3": (call, range, [one, two, test]) => all(call.at, range, variables(one!, two!), test!),
  ".exists/2": (call, range, [name, test]) => exists(call.at, range, variables(name!), test!),
  ".exists/3": (call, range, [one, two, test]) => exists(call.at, range, variables(one!, two!), test!),
  ".exists_one/2": (call, range, [name, test]) => existsOne(call.at, range, variables(name!), test!),
  ".existsOne/2": (call, range, [name, test]) => existsOne(call.at, range, variables(name!), test!),
  ".existsOne/3": (call, range, [one, two, test]) => existsOne(call.at, range, variables(one!, two!), test!),
  ".map/2": (call, range, [name, make]) => list(call.at, range, { one: identifier(name!) }, undefined, make!),
  ".map/3": (call, range, [name, test, make]) => list(call.at, range, { one: identifier(name!) }, test, make!),
  ".filter/2": (call, range, [name, test]) => list(call.at, range, { one: identifier(name!) }, test, name!),
  ".transformList/3": (call, range, [one, two, make]) => list(call.at, range, variables(one!, two!), undefined, make!),
  ".transformList/4": (call, range, [one, two, test, make]) => list(call.at, range, variables(one!, two!), test, make!),
  ".transformMap/3": (call, range, [one, two, make]) =>
    map(call.at, range, variables(one!, two!), undefined, [ident(call.at, name(one!)), make!]),
  ".transformMap/4": (call, range, [one, two, test, make]) =>
    map(call.at, range, variables(one!, two!), test, [ident(call.at, name(one!)), make!]),
  ".transformMapEntry/3": (call, range, [one, two, make]) => map(call.at, range, variables(one!, two!), undefined, [make!]),
  ".transformMapEntry/4": (call, range, [one, two, test, make]) => map(call.at, range, variables(one!, two!), test, [make!]),
  ".sortBy/2": sortBy,
  ".optMap/2": optMap,
  ".optFlatMap/2": optFlatMap,
};

interface Variables {
  one: string;
  two?: string;
}

const name = (expr: Expr) => (expr.kind === "ident" ? expr.name : "");
/** Upstream's words differ between the macros that test and those that make lists. */
const identifier = (expr: Expr) => variable(expr, "argument is not an identifier");

function variable(expr: Expr, wrong: string): string {
  if (expr.kind !== "ident") throw new MacroError(expr.at, wrong);
  if (expr.name === "__result__" || expr.name === accumulatorName)
    throw new MacroError(expr.at, "iteration variable overwrites accumulator variable");
  return expr.name;
}

function variables(one: Expr, two?: Expr): Variables {
  const simple = "argument must be a simple name";
  if (!two) return { one: variable(one, simple) };
  for (const each of [one, two]) if (each.kind !== "ident") throw new MacroError(each.at, simple);
  if (name(one) === name(two)) throw new MacroError(two.at, `duplicate variable name: ${name(two)}`);
  return { one: variable(one, simple), two: variable(two, simple) };
}

const ident = (at: number, name: string): Expr => ({ kind: "ident", at, name });
const accumulator = (at: number) => ident(at, accumulatorName);
const bool = (at: number, value: boolean): Expr => ({ kind: "literal", at, value, of: boolType });
const int = (at: number, value: number): Expr => ({ kind: "literal", at, value, of: intType });
const call = (at: number, name: string, ...args: Expr[]): Expr => ({ kind: "call", at, name, target: undefined, args });
const method = (at: number, target: Expr, name: string): Expr => ({ kind: "call", at, name, target, args: [] });
const emptyList = (at: number): Expr => ({ kind: "list", at, elements: [], optional: new Set() });

type Loop = Pick<Comprehension, "initial" | "condition" | "step"> & { result?: Expr };

function comprehension(at: number, range: Expr, { one, two }: Variables, { initial, condition, step, result }: Loop): Expr {
  return {
    kind: "comprehension",
    at,
    range,
    variable: one,
    variable2: two,
    accumulator: accumulatorName,
    initial,
    condition,
    step,
    result: result ?? accumulator(at),
  };
}

function has({ at }: Call, _target: Expr, [tested]: Expr[]): Expr {
  if (tested!.kind !== "select" || tested!.testOnly) throw new MacroError(tested!.at, "invalid argument to has() macro");
  return { ...tested!, at, testOnly: true };
}

function all(at: number, range: Expr, names: Variables, test: Expr): Expr {
  return comprehension(at, range, names, {
    initial: bool(at, true),
    condition: call(at, operators.notStrictlyFalse, accumulator(at)),
    step: call(at, operators.and, accumulator(at), test),
  });
}

function exists(at: number, range: Expr, names: Variables, test: Expr): Expr {
  return comprehension(at, range, names, {
    initial: bool(at, false),
    condition: call(at, operators.notStrictlyFalse, call(at, operators.not, accumulator(at))),
    step: call(at, operators.or, accumulator(at), test),
  });
}

function existsOne(at: number, range: Expr, names: Variables, test: Expr): Expr {
  return comprehension(at, range, names, {
    initial: int(at, 0),
    condition: bool(at, true),
    step: call(at, operators.conditional, test, call(at, operators.add, accumulator(at), int(at, 1)), accumulator(at)),
    result: call(at, operators.equals, accumulator(at), int(at, 1)),
  });
}

function list(at: number, range: Expr, names: Variables, test: Expr | undefined, make: Expr): Expr {
  const element: Expr = { kind: "list", at, elements: [make], optional: new Set() };
  const add = call(at, operators.add, accumulator(at), element);
  return comprehension(at, range, names, {
    initial: emptyList(at),
    condition: bool(at, true),
    step: test ? call(at, operators.conditional, test, add, accumulator(at)) : add,
  });
}

function map(at: number, range: Expr, names: Variables, test: Expr | undefined, entry: Expr[]): Expr {
  const insert = call(at, "cel.@mapInsert", accumulator(at), ...entry);
  return comprehension(at, range, names, {
    initial: { kind: "map", at, entries: [] },
    condition: bool(at, true),
    step: test ? call(at, operators.conditional, test, insert, accumulator(at)) : insert,
  });
}

/** The list under a name of its own, sorted by what the macro `map` makes of it. */
function sortBy({ at }: Call, target: Expr, [named, key]: Expr[]): Expr {
  if (target.kind === "literal" || target.kind === "map" || target.kind === "struct")
    throw new MacroError(target.at, "sortBy can only be applied to a list, identifier, comprehension, call or select expression");
  const input = "@__sortBy_input__";
  const keys = list(at, ident(at, input), { one: identifier(named!) }, undefined, key!);
  return {
    kind: "comprehension",
    at,
    range: emptyList(at),
    variable: unusedVariable,
    variable2: undefined,
    accumulator: input,
    initial: target,
    condition: bool(at, false),
    step: ident(at, input),
    result: { kind: "call", at, name: "@sortByAssociatedKeys", target: ident(at, input), args: [keys] },
  };
}

function optMap(call_: Call, target: Expr, [named, make]: Expr[]): Expr {
  const { at } = call_;
  return whenPresent(at, target, call(at, "optional.of", bind("optMap", at, target, named!, make!)));
}

function optFlatMap(call_: Call, target: Expr, [named, make]: Expr[]): Expr {
  const { at } = call_;
  return whenPresent(at, target, bind("optFlatMap", at, target, named!, make!));
}

const whenPresent = (at: number, target: Expr, then: Expr) =>
  call(at, operators.conditional, method(at, target, "hasValue"), then, call(at, "optional.none"));

function bind(macro: string, at: number, target: Expr, named: Expr, result: Expr): Expr {
  if (named.kind !== "ident") throw new MacroError(named.at, `${macro}() variable name must be a simple identifier`);
  return bound(at, named.name, method(at, copyOf(macro, target), "value"), result);
}

function celBind({ at, args: [named, value, result] }: Call): Expr {
  if (named!.kind !== "ident") throw new MacroError(named!.at, "cel.bind() variable names must be simple identifiers");
  return bound(at, named!.name, value!, result!);
}

/** A comprehension over nothing: its accumulator is the variable. */
function bound(at: number, name: string, initial: Expr, result: Expr): Expr {
  return {
    kind: "comprehension",
    at,
    range: emptyList(at),
    variable: unusedVariable,
    variable2: undefined,
    accumulator: name,
    initial,
    condition: bool(at, false),
    step: ident(at, name),
    result,
  };
}

/** Copies of copies double with every macro in a row; upstream has no bound, and pays. */
const mostCopied = 50_000;

function copyOf(macro: string, target: Expr): Expr {
  const left = { nodes: mostCopied };
  const copied = copyExpr(target, left);
  if (!copied) throw new MacroError(target.at, `${macro}() is nested too often`, true);
  return copied;
}
