/** What the checker lets pass and Kubernetes does not: constants that cannot be read, templates that do not fit, lists of many types. */
import type { Call, Expr } from "../ast.ts";
import { compilePattern } from "../functions/text.ts";
import type { Issue } from "../issues.ts";
import { FormatError, fill, misfit, wants } from "../libraries/format-string.ts";
import { parseDuration, parseTimestamp } from "../time.ts";
import { dynType, formatType, isDyn, type Type, unwrapOptional } from "../types.ts";

const parses = (parse: (text: string) => unknown) => (text: string) => {
  try {
    return parse(text) !== undefined;
  } catch {
    return false;
  }
};
const readers: Record<string, (text: string) => boolean> = {
  duration: parses(parseDuration),
  timestamp: parses(parseTimestamp),
  matches: parses(compilePattern),
};

/** Of a checked tree. `isHomogeneous`: literal lists and maps must be of one type, but for what `format` is given. */
export function validate(root: Expr, isHomogeneous: boolean): Issue[] {
  const issues: Issue[] = [];
  const open: { expr: Expr; isExempt: boolean }[] = [{ expr: root, isExempt: !isHomogeneous }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { expr } = next;
    if (expr.kind === "call") issues.push(...constant(expr), ...template(expr));
    if (!next.isExempt) issues.push(...mixed(expr));
    const isExempt = next.isExempt || (expr.kind === "call" && expr.name === "format");
    for (const child of children(expr)) open.push({ expr: child, isExempt });
  }
  return issues;
}

function constant({ name, target, args }: Call): Issue[] {
  const reads = Object.hasOwn(readers, name) ? readers[name] : undefined;
  const argument = args[name === "matches" && !target ? 1 : 0];
  if (!reads || argument?.kind !== "literal" || typeof argument.value !== "string" || reads(argument.value)) return [];
  return [{ at: argument.at, message: `invalid ${name} argument` }];
}

const typeOf = (expr: Expr): Type => expr.type ?? dynType;
const element = (expr: Expr, isOptional: boolean): Type => (isOptional ? (unwrapOptional(typeOf(expr)) ?? typeOf(expr)) : typeOf(expr));

/** Exactly one type, dyn too: what its names are does not count. */
function isSame(a: Type, b: Type): boolean {
  if (a.kind !== b.kind || a.params.length !== b.params.length || (a.kind !== "param" && a.name !== b.name)) return false;
  return a.params.every((each, i) => isSame(each, b.params[i]!));
}

function differs(expected: Type | undefined, found: Type, { at }: Expr): Issue[] {
  if (!expected || isSame(expected, found)) return [];
  return [{ at, message: `expected type '${formatType(expected)}' but found '${formatType(found)}'` }];
}

function mixed(expr: Expr): Issue[] {
  if (expr.kind === "list") {
    const types = expr.elements.map((each, i) => element(each, expr.optional.has(i)));
    return expr.elements.flatMap((each, i) => differs(types[0], types[i]!, each)).slice(0, 1);
  }
  if (expr.kind !== "map" || expr.entries.length === 0) return [];
  const first = expr.entries[0]!;
  const [key, value] = [typeOf(first.key), element(first.value, first.optional)];
  return expr.entries.flatMap((each) => [
    ...differs(key, typeOf(each.key), each.key),
    ...differs(value, element(each.value, each.optional), each.value),
  ]);
}

/** A constant template against the arguments that are listed behind it. */
function template({ name, target, args, at }: Call): Issue[] {
  const [list] = args;
  if (name !== "format" || target?.kind !== "literal" || typeof target.value !== "string" || list?.kind !== "list") return [];
  const { elements } = list;
  try {
    const { used } = fill(target.value, elements.length, ({ verb }, i) => {
      const wrong = misfits(elements[i]!, verb);
      if (wrong) throw new FormatError(misfit(verb, typeOf(wrong).name), wrong.at);
      return "";
    });
    if (elements.length <= used) return [];
    return [{ at, message: `too many arguments supplied to string.format (expected ${used}, got ${elements.length})` }];
  } catch (error) {
    if (error instanceof FormatError) return [{ at: error.argument ?? at, message: error.message }];
    throw error;
  }
}

/** The part that a clause cannot take. Texts take anything that holds only what they take. */
function misfits(expr: Expr, verb: string): Expr | undefined {
  const { kind } = typeOf(expr);
  if (!isDyn(typeOf(expr)) && !wants[verb.toLowerCase()]!.kinds.includes(kind)) return expr;
  if (verb !== "s") return undefined;
  const parts = expr.kind === "list" ? expr.elements : expr.kind === "map" ? expr.entries.flatMap(({ key, value }) => [key, value]) : [];
  for (const part of parts) {
    const wrong = misfits(part, verb);
    if (wrong) return wrong;
  }
  return undefined;
}

function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "select":
      return [expr.operand];
    case "call":
      return expr.target ? [expr.target, ...expr.args] : expr.args;
    case "list":
      return expr.elements;
    case "map":
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case "struct":
      return expr.fields.map(({ value }) => value);
    case "comprehension":
      return [expr.range, expr.initial, expr.condition, expr.step, expr.result];
    default:
      return [];
  }
}
