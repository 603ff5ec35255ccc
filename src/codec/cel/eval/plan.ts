/** A checked tree becomes closures: names are resolved, overloads chosen, constants folded and patterns compiled once. */
import { type Call, type Comprehension, type Expr, type ListExpr, type MapExpr, operators, type Select, type StructExpr } from "../ast.ts";
import { actualCost, listCost, mapCost, structCost } from "../cost/actual.ts";
import type { Value } from "../declare.ts";
import { equals } from "../equality.ts";
import { conversionNames } from "../functions/conversions.ts";
import { compilePattern, patternError } from "../functions/text.ts";
import { CelMap, Double, Fault, isList, keyOf, noSuchOverload, Optional, TypeValue, Uint } from "../value.ts";
import { type Attribute, conditional, evaluate, qualified } from "./attribute.ts";
import { dispatch } from "./dispatch.ts";
import { absorbed, charge, type Frame, type Run } from "./frame.ts";
import { append, appended, bind, freshList, freshMap, loop, readSlot } from "./loop.ts";

/** A constant that cannot be converted, or a pattern that is none: the expression compiles, and cannot run. */
export class PlanError extends Error {}

/** Makes objects of a declared type out of their fields. */
export type MakeObject = (name: string, fields: ReadonlyMap<string, Value>) => Value;

interface Planned {
  run: Run;
  constant?: { value: Value };
  /** What it walks, when further qualifiers can be added. */
  attribute?: Attribute;
}

export function plan(expr: Expr, makeObject: MakeObject): Run {
  return new Planner(makeObject).plan(expr).run;
}

const constant = (value: Value): Planned => ({ run: () => value, constant: { value } });
const walked = (attribute: Attribute): Planned => ({ run: evaluate(attribute), attribute });

class Planner {
  readonly #makeObject: MakeObject;
  /** Loops' variables from the outermost inwards; the position is the slot. */
  readonly #slots: string[] = [];

  constructor(makeObject: MakeObject) {
    this.#makeObject = makeObject;
  }

  plan(expr: Expr): Planned {
    switch (expr.kind) {
      case "literal":
        return constant(expr.value);
      case "ident":
        return this.#ident(expr.name, expr);
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return this.#struct(expr);
      case "comprehension":
        return this.#comprehension(expr);
    }
  }

  #ident(name: string, { type }: Expr): Planned {
    const slot = this.#slots.lastIndexOf(name);
    if (slot >= 0) return walked({ root: readSlot(slot), qualifiers: [] });
    if (type?.kind === "type" && type.params[0]) return constant(new TypeValue(type.params[0].name));
    const root: Run = ({ bindings }) => {
      const value = bindings[name];
      if (value === undefined) throw new Fault(`no such attribute(s): ${name}`);
      return value;
    };
    return walked({ root, qualifiers: [] });
  }

  /** What qualifiers are added to: the walk itself, or one that starts at a computed value. */
  #attribute({ run, attribute }: Planned): Attribute {
    return attribute ?? { root: run, qualifiers: [] };
  }

  #select(expr: Select): Planned {
    if (expr.resolved !== undefined) return this.#ident(expr.resolved, expr);
    const operand = this.#attribute(this.plan(expr.operand));
    return walked(qualified(operand, { key: expr.field, isConstant: true, optional: false, testOnly: expr.testOnly }));
  }

  #call(expr: Call): Planned {
    const args = [...(expr.target ? [expr.target] : []), ...expr.args].map((each) => this.plan(each));
    const [a, b, c] = args as [Planned, Planned, Planned];
    switch (expr.name) {
      case operators.and:
        return { run: logic(a.run, b.run, false) };
      case operators.or:
        return { run: logic(a.run, b.run, true) };
      case operators.conditional:
        return walked(conditional(a.run, this.#branch(b), this.#branch(c)));
      case operators.notStrictlyFalse:
        return { run: notStrictlyFalse(a.run) };
      case operators.equals:
      case operators.notEquals:
        return { run: equality(expr.name, a.run, b.run) };
      case operators.index:
        return this.#index(a, b, false);
      case operators.optionalIndex:
      case operators.optionalSelect:
        return this.#index(a, b, true);
      case "or":
      case "orValue":
        if (args.length === 2 && expr.overloads?.[0]?.id.startsWith("optional_or"))
          return { run: orElse(a.run, b.run, expr.name === "orValue") };
    }
    return this.#function(expr, args);
  }

  /** A name as a branch is free; anything else is evaluated as it stands. */
  #branch(planned: Planned): Attribute {
    return this.#attribute(planned);
  }

  #index(operand: Planned, index: Planned, optional: boolean): Planned {
    const isConstant = index.constant !== undefined;
    // A variable as a key is not charged: only the step that it takes is.
    const key = isConstant ? index.constant!.value : index.attribute && !index.attribute.branches ? unCharged(index.attribute) : index.run;
    return walked(qualified(this.#attribute(operand), { key, isConstant, optional }));
  }

  #function(expr: Call, args: Planned[]): Planned {
    const overloads = expr.overloads ?? [];
    const [only] = overloads;
    const folded = this.#member(expr, args);
    if (folded) return folded;
    let run = dispatch(expr.name, overloads);
    const pattern = args[1]?.constant?.value;
    if (only?.withPattern && typeof pattern === "string") {
      const compiled = only.withPattern(compiledPattern(pattern));
      run = (text, ...rest) => {
        if (typeof text !== "string") throw noSuchOverload();
        return compiled(text, ...(rest as never[]));
      };
    }
    const call = calling(
      args.map(({ run }) => run),
      run,
      actualCost(expr.name, overloads.length === 1 ? only!.id : ""),
    );
    const argument = args.length === 1 && conversionNames.has(expr.name) ? args[0]!.constant : undefined;
    return argument ? constant(folding(() => run(argument.value))) : { run: call };
  }

  /** `x in [constants]`: a set, and free. */
  #member(expr: Call, [element, list]: Planned[]): Planned | undefined {
    if (expr.name !== operators.in || expr.overloads?.length !== 1 || expr.overloads[0]!.id !== "in_list") return undefined;
    const values = list!.constant?.value;
    if (!isList(values)) return undefined;
    const members = new Set<Value>();
    for (const each of values) {
      if (each === null || (typeof each === "object" && !(each instanceof Double) && !(each instanceof Uint))) return undefined;
      members.add(keyOf(each));
    }
    if (members.size === 0) return constant(false);
    const { run } = element!;
    return {
      run: (frame) => {
        const key = keyOf(run(frame));
        return key !== undefined && members.has(key);
      },
    };
  }

  #list({ elements, optional }: ListExpr): Planned {
    const planned = elements.map((each) => this.plan(each));
    if (optional.size === 0 && planned.every((each) => each.constant)) return constant(planned.map((each) => each.constant!.value));
    const runs = planned.map(({ run }) => run);
    return {
      run: (frame) => {
        const values: Value[] = [];
        runs.forEach((run, i) => {
          const value = run(frame);
          if (!optional.has(i)) values.push(value);
          else if (present(value)) values.push(value.value);
        });
        charge(frame, listCost);
        return values;
      },
    };
  }

  #map({ entries }: MapExpr): Planned {
    const planned = entries.map(({ key, value, optional }) => ({ key: this.plan(key), value: this.plan(value), optional }));
    const make: Run = (frame) => {
      const map = new CelMap();
      for (const { key, value, optional } of planned) {
        const [k, v] = [key.run(frame), value.run(frame)];
        if (!optional) map.set(k, v);
        else if (present(v)) map.set(k, v.value);
      }
      return map;
    };
    if (planned.every(({ key, value, optional }) => key.constant && value.constant && !optional))
      return constant(folding(() => make(noFrame)));
    return {
      run: (frame) => {
        const map = make(frame);
        charge(frame, mapCost);
        return map;
      },
    };
  }

  #struct({ name, fields }: StructExpr): Planned {
    const planned = fields.map((each) => ({ ...each, run: this.plan(each.value).run }));
    return {
      run: (frame) => {
        const values = new Map<string, Value>();
        for (const { name, run, optional } of planned) {
          const value = run(frame);
          if (!optional) values.set(name, value);
          else if (present(value)) values.set(name, value.value);
        }
        charge(frame, structCost);
        return this.#makeObject(name, values);
      },
    };
  }

  #comprehension(expr: Comprehension): Planned {
    const range = this.plan(expr.range).run;
    const isBind =
      expr.range.kind === "list" && expr.range.elements.length === 0 && expr.condition.kind === "literal" && !expr.condition.value;
    const initial = this.#initial(expr);
    const accumulator = this.#slots.push(expr.accumulator) - 1;
    if (isBind) {
      const result = this.plan(expr.result).run;
      this.#slots.pop();
      return { run: bind(accumulator, initial, result) };
    }
    const slot = this.#slots.push(expr.variable) - 1;
    const slot2 = expr.variable2 === undefined ? undefined : this.#slots.push(expr.variable2) - 1;
    const condition = expr.condition.kind === "literal" ? undefined : this.plan(expr.condition).run;
    const step = this.#step(expr, accumulator);
    this.#slots.length = accumulator + 1;
    const result = this.plan(expr.result).run;
    this.#slots.pop();
    return { run: loop({ range, slot, slot2, accumulator, initial, condition, step, result }) };
  }

  /** What a loop builds is its own, and made anew for each run. */
  #initial({ initial }: Comprehension): Run {
    if (initial.kind === "list" && initial.elements.length === 0) return freshList;
    if (initial.kind === "map" && initial.entries.length === 0) return freshMap;
    return this.plan(initial).run;
  }

  #step(expr: Comprehension, accumulator: number): Run {
    const adds = appended(expr);
    if (!adds) return this.plan(expr.step).run;
    const element = this.plan(adds.element);
    // One for the sum, and a list unless it is constant.
    return append(accumulator, adds.test && this.plan(adds.test).run, element.run, 1 + (element.constant ? 0 : listCost));
  }
}

const noFrame: Frame = { bindings: {}, slots: [], cost: 0, limit: Number.POSITIVE_INFINITY };

function folding(run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    throw new PlanError(absorbed(error).message);
  }
}

function compiledPattern(pattern: string) {
  try {
    return compilePattern(pattern);
  } catch (error) {
    throw new PlanError(patternError(error));
  }
}

function present(value: Value): value is Optional & { value: Value } {
  if (!(value instanceof Optional)) throw new Fault("cannot initialize optional list element from non-optional value");
  return value.value !== undefined;
}

/** An attribute without the one that the whole of it costs. */
function unCharged(attribute: Attribute): Run {
  const run = evaluate(attribute);
  return (frame) => {
    const value = run(frame);
    frame.cost -= 1;
    return value;
  };
}

function calling(args: readonly Run[], run: (...args: Value[]) => Value, cost: ReturnType<typeof actualCost>): Run {
  const [one, two] = args;
  if (!cost && args.length === 1)
    return (frame) => {
      const value = one!(frame);
      charge(frame, 1);
      return run(value);
    };
  if (!cost && args.length === 2)
    return (frame) => {
      const [a, b] = [one!(frame), two!(frame)];
      charge(frame, 1);
      return run(a, b);
    };
  return (frame) => {
    const values = args.map((each) => each(frame));
    // Few costs are of what comes out; all others are due before the work is done.
    if (cost && cost.length > 1) {
      const result = run(...values);
      charge(frame, cost(values, result));
      return result;
    }
    charge(frame, cost ? cost(values, undefined) : 1);
    return run(...values);
  };
}

/** `||` when `decisive` is true, else `&&`: one side that decides makes up for a fault of the other. */
function logic(left: Run, right: Run, decisive: boolean): Run {
  return (frame) => {
    let fault: Fault | undefined;
    try {
      const value = left(frame);
      if (value === decisive) return decisive;
      if (typeof value !== "boolean") fault = noSuchOverload();
    } catch (error) {
      fault = absorbed(error);
    }
    try {
      const value = right(frame);
      if (value === decisive) return decisive;
      if (typeof value !== "boolean") fault ??= noSuchOverload();
    } catch (error) {
      fault ??= absorbed(error);
    }
    if (fault) throw fault;
    return !decisive;
  };
}

function notStrictlyFalse(inner: Run): Run {
  return (frame) => {
    let value: Value;
    try {
      value = inner(frame);
    } catch (error) {
      absorbed(error);
    }
    charge(frame, 1);
    return value !== false;
  };
}

function equality(name: string, left: Run, right: Run): Run {
  const wanted = name === operators.equals;
  const cost = actualCost(name, wanted ? "equals" : "not_equals")!;
  return (frame) => {
    const [a, b] = [left(frame), right(frame)];
    charge(frame, quickCost(a, b) ?? cost([a, b], undefined));
    return equals(a, b) === wanted;
  };
}

/** Numbers cost 1, and texts of which one is short. */
function quickCost(a: Value, b: Value): number | undefined {
  if (typeof a === "number" || typeof b === "number") return 1;
  if (typeof a !== "string" || typeof b !== "string") return undefined;
  const length = Math.min(a.length, b.length);
  return length === 0 ? 0 : length <= 10 ? 1 : undefined;
}

function orElse(left: Run, right: Run, unwrap: boolean): Run {
  return (frame) => {
    const value = left(frame);
    if (!(value instanceof Optional)) return value;
    if (value.value === undefined) return right(frame);
    return unwrap ? value.value : value;
  };
}
