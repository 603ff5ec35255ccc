/** Infers the type of every part of an expression, resolves names and overloads, and notes what does not fit, in cel-go's words. */
import { type Call, type Comprehension, type Expr, type ListExpr, type MapExpr, operators, type Select, type StructExpr } from "../ast.ts";
import type { FunctionDeclaration, Overload } from "../declare.ts";
import type { Issue } from "../issues.ts";
import {
  boolType,
  dynType,
  errorType,
  formatSignature,
  formatType,
  intType,
  isDyn,
  isDynOrError,
  listOf,
  mapOf,
  optionalOf,
  param,
  sameType,
  type Type,
  unwrapOptional,
} from "../types.ts";
import { type Names, Scope } from "./scope.ts";
import { Bindings, mostGeneral } from "./unify.ts";

/** Writes types and overloads into the tree; what is returned is what is wrong with it. */
export function check(expr: Expr, names: Names): Issue[] {
  const checker = new Checker(names);
  checker.check(expr);
  checker.finish();
  return checker.issues;
}

class Checker {
  readonly issues: Issue[] = [];
  readonly #scope: Scope;
  readonly #bindings = new Bindings();
  readonly #seen: Expr[] = [];
  #freshParams = 0;

  constructor(names: Names) {
    this.#scope = new Scope(names);
  }

  /** Types that are still open become what they turned out to be. */
  finish(): void {
    for (const expr of this.#seen) expr.type = this.#bindings.substitute(expr.type!, true);
  }

  check(expr: Expr): Type {
    const type = this.#infer(expr);
    expr.type = type;
    this.#seen.push(expr);
    return type;
  }

  #infer(expr: Expr): Type {
    switch (expr.kind) {
      case "literal":
        return expr.of;
      case "ident": {
        const found = this.#scope.ident(expr.name);
        if (found) expr.name = found.name;
        return found?.type ?? this.#undeclared(expr.at, expr.name);
      }
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

  #issue(at: number, message: string): Type {
    if (this.issues.length < 100) this.issues.push({ at, message });
    return errorType;
  }

  #undeclared(at: number, name: string): Type {
    return this.#issue(at, `undeclared reference to '${name}' (in container '${this.#scope.container}')`);
  }

  #mismatch(at: number, expected: Type, found: Type): Type {
    return this.#issue(at, `expected type '${formatType(expected)}' but found '${formatType(found)}'`);
  }

  #select(expr: Select): Type {
    const qualified = expr.testOnly ? undefined : qualifiedName(expr);
    const found = qualified === undefined ? undefined : this.#scope.ident(qualified);
    if (found) {
      expr.resolved = found.name;
      return found.type;
    }
    const type = this.#field(expr.at, this.check(expr.operand), expr.field, false);
    return expr.testOnly ? boolType : this.#bindings.substitute(type, false);
  }

  #field(at: number, of: Type, name: string, optional: boolean): Type {
    const operand = this.#bindings.substitute(of, false);
    const inner = unwrapOptional(operand);
    const target = inner ?? operand;
    const type = this.#fieldOf(at, target, name);
    return inner || optional ? optionalOf(type) : type;
  }

  #fieldOf(at: number, target: Type, name: string): Type {
    switch (target.kind) {
      case "map":
        return target.params[1]!;
      case "struct":
        if (!target.field) return this.#issue(at, `unexpected failed resolution of '${target.name}'`);
        return target.field(name) ?? this.#issue(at, `undefined field '${name}'`);
      case "param":
        this.#bindings.isAssignable(dynType, target);
        return dynType;
    }
    if (!isDynOrError(target)) this.#issue(at, `type '${formatType(target)}' does not support field selection`);
    return dynType;
  }

  #call(expr: Call): Type {
    const { name, target, args, at } = expr;
    if (name === operators.optionalSelect) return this.#optionalSelect(expr);
    const argTypes = args.map((each) => this.check(each));
    if (!target) {
      const found = this.#scope.function(name);
      return found ? this.#resolve(expr, found, argTypes) : this.#undeclared(at, name);
    }
    const prefix = qualifiedName(target);
    const namespaced = prefix === undefined ? undefined : this.#scope.function(`${prefix}.${name}`);
    if (namespaced) {
      expr.target = undefined;
      return this.#resolve(expr, namespaced, argTypes);
    }
    const targetType = this.check(target);
    const found = this.#scope.function(name);
    return found ? this.#resolve(expr, found, [targetType, ...argTypes]) : this.#undeclared(at, name);
  }

  #optionalSelect(expr: Call): Type {
    const [operand, field] = expr.args as [Expr, Expr & { kind: "literal" }];
    this.check(field);
    const type = this.#field(expr.at, this.check(operand), field.value as string, true);
    return this.#bindings.substitute(type, false);
  }

  #resolve(expr: Call, { name, overloads }: FunctionDeclaration, args: readonly Type[]): Type {
    const isMember = expr.target !== undefined;
    expr.name = name;
    if (name === operators.and || name === operators.or) return this.#logic(expr, overloads, args);
    const fitting: Overload[] = [];
    let result: Type | undefined;
    for (const each of overloads) {
      if (each.member !== isMember) continue;
      const fresh = this.#instantiate(each);
      if (!this.#bindings.areAssignable(args, fresh.args)) continue;
      fitting.push(each);
      const type = this.#bindings.substitute(fresh.result, false);
      if (!result) result = type;
      else if (!isDyn(result) && !sameType(type, result)) result = dynType;
    }
    expr.overloads = fitting;
    if (result) return result;
    const shown = args.map((each) => this.#bindings.substitute(each, true));
    return this.#issue(expr.at, `found no matching overload for '${name}' applied to '${formatSignature(shown, isMember)}'`);
  }

  #logic(expr: Call, overloads: readonly Overload[], args: readonly Type[]): Type {
    expr.overloads = overloads;
    let type = boolType;
    args.forEach((each, i) => {
      if (!this.#bindings.isAssignable(each, boolType)) type = this.#mismatch(expr.args[i]!.at, boolType, each);
    });
    return type;
  }

  /** Type parameters of an overload mean something else at each call. */
  #instantiate({ args, result }: Overload): { args: readonly Type[]; result: Type } {
    const fresh = new Map<string, Type>();
    const rename = (type: Type): Type => {
      if (type.kind === "param") {
        const known = fresh.get(type.name) ?? this.#freshParam();
        fresh.set(type.name, known);
        return known;
      }
      return type.params.length === 0 ? type : { ...type, params: type.params.map(rename) };
    };
    const renamed = args.map(rename);
    return { args: renamed, result: rename(result) };
  }

  #freshParam(): Type {
    return param(`_var${this.#freshParams++}`);
  }

  /** What `?x` contributes: what x holds. */
  #unwrapped(expr: Expr, type: Type): Type {
    const inner = unwrapOptional(type);
    if (!inner && !isDyn(type)) this.#mismatch(expr.at, optionalOf(type), type);
    return inner ?? type;
  }

  #join(before: Type | undefined, type: Type): Type {
    if (!before) return type;
    if (this.#bindings.isAssignable(before, type)) return mostGeneral(before, type);
    return dynType;
  }

  #list({ elements, optional }: ListExpr): Type {
    let joined: Type | undefined;
    elements.forEach((each, i) => {
      const type = this.check(each);
      joined = this.#join(joined, optional.has(i) ? this.#unwrapped(each, type) : type);
    });
    return listOf(joined ?? this.#freshParam());
  }

  #map({ entries }: MapExpr): Type {
    let keys: Type | undefined;
    let values: Type | undefined;
    for (const { key, value, optional } of entries) {
      keys = this.#join(keys, this.check(key));
      const type = this.check(value);
      values = this.#join(values, optional ? this.#unwrapped(value, type) : type);
    }
    return mapOf(keys ?? this.#freshParam(), values ?? this.#freshParam());
  }

  #struct(expr: StructExpr): Type {
    const found = this.#scope.ident(expr.name);
    let type: Type = errorType;
    if (!found) {
      this.#undeclared(expr.at, expr.name);
      return errorType;
    }
    expr.name = found.name;
    if (found.type.kind !== "type") this.#issue(expr.at, `'${found.type.name}' is not a type`);
    else if (found.type.params[0]?.kind !== "struct") this.#issue(expr.at, `'${found.type.params[0]?.name}' is not a message type`);
    else type = found.type.params[0];
    for (const { at, name, value, optional } of expr.fields) {
      const given = this.check(value);
      const fieldType = type.field?.(name) ?? (type === errorType ? errorType : this.#issue(at, `undefined field '${name}'`));
      const unwrapped = optional ? this.#unwrapped(value, given) : given;
      if (!this.#bindings.isAssignable(fieldType, unwrapped))
        this.#issue(at, `expected type of field '${name}' is '${formatType(fieldType)}' but provided type is '${formatType(unwrapped)}'`);
    }
    return type;
  }

  #comprehension(expr: Comprehension): Type {
    const rangeType = this.#bindings.substitute(this.check(expr.range), false);
    const accumulated = this.check(expr.initial);
    const [one, two] = this.#elements(expr, rangeType);
    this.#scope.enter({ [expr.accumulator]: accumulated });
    this.#scope.enter({ [expr.variable]: one, ...(expr.variable2 === undefined ? {} : { [expr.variable2]: two }) });
    this.#assert(expr.condition, boolType);
    this.#assert(expr.step, accumulated);
    this.#scope.leave();
    const result = this.check(expr.result);
    this.#scope.leave();
    return this.#bindings.substitute(result, false);
  }

  #assert(expr: Expr, expected: Type): void {
    const type = this.check(expr);
    if (!this.#bindings.isAssignable(expected, type)) this.#mismatch(expr.at, expected, type);
  }

  /** Types of the loop's variables: element, or index and element; key, or key and value. */
  #elements({ range, variable2 }: Comprehension, type: Type): [Type, Type] {
    switch (type.kind) {
      case "list":
        return variable2 === undefined ? [type.params[0]!, type.params[0]!] : [intType, type.params[0]!];
      case "map":
        return [type.params[0]!, type.params[1]!];
      case "dyn":
      case "error":
      case "param":
        this.#bindings.isAssignable(dynType, type);
        return [dynType, dynType];
    }
    const wrong = `expression of type '${formatType(type)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
    this.#issue(range.at, wrong);
    return [errorType, errorType];
  }
}

/** `a.b.c` when that is all that it is; undefined for what holds anything else. */
function qualifiedName(expr: Expr): string | undefined {
  const fields: string[] = [];
  let at = expr;
  while (at.kind === "select" && !at.testOnly) {
    fields.push(at.field);
    at = at.operand;
  }
  return at.kind === "ident" ? [at.name, ...fields.reverse()].join(".") : undefined;
}
