/** The tree of an expression: the parser makes it, the checker writes types and overloads into it, estimate and plan read those. */
import type { Overload } from "./declare.ts";
import type { Type } from "./types.ts";

interface Base {
  /** Where messages point: UTF-16 units from the start of the source. */
  at: number;
  /** Filled by the checker. */
  type?: Type;
}

export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Comprehension;

export interface Literal extends Base {
  kind: "literal";
  value: unknown;
  of: Type;
}

export interface Ident extends Base {
  kind: "ident";
  name: string;
}

export interface Select extends Base {
  kind: "select";
  operand: Expr;
  field: string;
  /** `has(a.b)`: whether it is there, not what it is. */
  testOnly: boolean;
  /** Set when `a.b` turned out to be the name of one variable or type. */
  resolved?: string;
}

export interface Call extends Base {
  kind: "call";
  name: string;
  target: Expr | undefined;
  args: Expr[];
  /** What may be meant, in declared order: one unless types are only known at run time. */
  overloads?: readonly Overload[];
}

export interface ListExpr extends Base {
  kind: "list";
  elements: Expr[];
  /** Positions of `?x`. */
  optional: ReadonlySet<number>;
}

export interface MapEntry {
  at: number;
  key: Expr;
  value: Expr;
  optional: boolean;
}

export interface MapExpr extends Base {
  kind: "map";
  entries: MapEntry[];
}

export interface StructField {
  at: number;
  name: string;
  value: Expr;
  optional: boolean;
}

export interface StructExpr extends Base {
  kind: "struct";
  name: string;
  fields: StructField[];
}

export interface Comprehension extends Base {
  kind: "comprehension";
  range: Expr;
  variable: string;
  /** Of comprehensions over index and element, or key and value. */
  variable2: string | undefined;
  accumulator: string;
  initial: Expr;
  condition: Expr;
  step: Expr;
  result: Expr;
}

/** Names that no expression can spell, so that nothing shadows them. */
export const accumulatorName = "@result";
export const unusedVariable = "#unused";

export const operators = {
  conditional: "_?_:_",
  and: "_&&_",
  or: "_||_",
  not: "!_",
  negate: "-_",
  equals: "_==_",
  notEquals: "_!=_",
  less: "_<_",
  lessEquals: "_<=_",
  greater: "_>_",
  greaterEquals: "_>=_",
  add: "_+_",
  subtract: "_-_",
  multiply: "_*_",
  divide: "_/_",
  modulo: "_%_",
  in: "@in",
  index: "_[_]",
  optionalIndex: "_[?_]",
  optionalSelect: "_?._",
  notStrictlyFalse: "@not_strictly_false",
} as const;

/** A copy for macros that need an operand twice: each copy gets types of its own. Undefined when more nodes are needed than are left. */
export function copyExpr(expr: Expr, left: { nodes: number }): Expr | undefined {
  const copy = (each: Expr): Expr => {
    if (--left.nodes < 0) return each;
    switch (each.kind) {
      case "literal":
      case "ident":
        return { ...each };
      case "select":
        return { ...each, operand: copy(each.operand) };
      case "call":
        return { ...each, target: each.target && copy(each.target), args: each.args.map(copy) };
      case "list":
        return { ...each, elements: each.elements.map(copy) };
      case "map":
        return { ...each, entries: each.entries.map((entry) => ({ ...entry, key: copy(entry.key), value: copy(entry.value) })) };
      case "struct":
        return { ...each, fields: each.fields.map((field) => ({ ...field, value: copy(field.value) })) };
      case "comprehension": {
        const { range, initial, condition, step, result } = each;
        return { ...each, range: copy(range), initial: copy(initial), condition: copy(condition), step: copy(step), result: copy(result) };
      }
    }
  };
  const copied = copy(expr);
  return left.nodes < 0 ? undefined : copied;
}
