/** What an expression looks at: some rules hold only for those that read a certain field. */
import { type Expr, operators } from "./ast.ts";

/** Whether `variable.field`, `variable.?field` or `has(variable.field)` stands anywhere in it. */
export function mentions(expr: Expr, variable: string, field: string): boolean {
  const isVariable = (one: Expr | undefined) => one?.kind === "ident" && one.name === variable;
  const within = (one: Expr) => mentions(one, variable, field);
  switch (expr.kind) {
    case "literal":
    case "ident":
      return false;
    case "select":
      return (isVariable(expr.operand) && expr.field === field) || within(expr.operand);
    case "call": {
      const [of, name] = expr.target ? [expr.target, expr.args[0]] : expr.args;
      if (expr.name === operators.optionalSelect && isVariable(of) && name?.kind === "literal" && name.value === field) return true;
      return expr.args.some(within) || (expr.target !== undefined && within(expr.target));
    }
    case "list":
      return expr.elements.some(within);
    case "map":
      return expr.entries.some(({ key, value }) => within(key) || within(value));
    case "struct":
      return expr.fields.some(({ value }) => within(value));
    case "comprehension":
      return [expr.range, expr.initial, expr.condition, expr.step, expr.result].some(within);
  }
}
