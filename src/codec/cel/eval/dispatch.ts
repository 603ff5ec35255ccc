/** Which overload runs: the one that the values fit. */
import { operators } from "../ast.ts";
import type { Overload, Value } from "../declare.ts";
import type { Type } from "../types.ts";
import {
  CelObject,
  Fault,
  isDouble,
  isInt,
  isList,
  isMap,
  noSuchOverload,
  Optional,
  runtimeType,
  TypeValue,
  typeNameOf,
  Uint,
} from "../value.ts";

/** Whether a value is of a type, as far as can be told without looking into it. */
function isOf(value: Value, { kind, name, field }: Type): boolean {
  switch (kind) {
    case "dyn":
    case "any":
    case "param":
    case "error":
      return true;
    case "null":
      return value === null;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return isInt(value);
    case "uint":
      return value instanceof Uint;
    case "double":
      return isDouble(value);
    case "string":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "list":
      return isList(value);
    case "map":
      return isMap(value);
    case "type":
      return value instanceof TypeValue;
    case "opaque":
      return name === "optional_type" ? value instanceof Optional : value instanceof CelObject && value.typeName === name;
    case "struct":
      // What cannot be looked into is no JSON.
      return value instanceof CelObject ? value.typeName === name : field !== undefined && isMap(value);
    case "duration":
    case "timestamp":
      return value instanceof CelObject && value.typeName === name;
  }
}

function fits(args: readonly Value[], { args: types }: Overload): boolean {
  for (let i = 0; i < args.length; i++) if (!isOf(args[i], types[i]!) || !elementsFit(args[i], types[i]!)) return false;
  return true;
}

/** Lists are told apart by what they hold, of which the first is looked at. */
function elementsFit(value: Value, { kind, params }: Type): boolean {
  const element = kind === "list" ? params[0]! : undefined;
  if (!element || element.kind === "dyn" || element.kind === "param" || !isList(value)) return true;
  return value.length === 0 || isOf(value.at(0), element);
}

type RunOverload = (...args: Value[]) => Value;

/** Types are looked at even where the checker knew them: bindings need not keep what was declared, and `x.orValue(1)` hands on any x. */
export function dispatch(name: string, overloads: readonly Overload[]): RunOverload {
  const [only] = overloads;
  // Comparisons look at their operands themselves.
  if (ordering.has(name) && overloads.length > 0) return compared(name, only!.run as RunOverload);
  return (...args) => {
    for (const each of overloads) if (fits(args, each)) return (each.run as RunOverload)(...args);
    throw noOverload(name, args);
  };
}

const ordering = new Set<string>([operators.less, operators.lessEquals, operators.greater, operators.greaterEquals]);

function compared(name: string, run: RunOverload): RunOverload {
  return (a, b) => {
    try {
      return run(a, b);
    } catch (error) {
      throw error instanceof Fault ? noOverload(name, [a, b]) : error;
    }
  };
}

/** What the left side must be for an operator to be looked at further. */
const traits: Record<string, ReadonlySet<string>> = {
  [operators.add]: new Set(["bytes", "double", "duration", "int", "list", "string", "timestamp", "uint"]),
  [operators.subtract]: new Set(["double", "duration", "int", "timestamp", "uint"]),
  [operators.multiply]: new Set(["double", "int", "uint"]),
  [operators.divide]: new Set(["double", "int", "uint"]),
  [operators.modulo]: new Set(["int", "uint"]),
  [operators.negate]: new Set(["double", "int", "bool", "duration"]),
  size: new Set(),
};
/** These look for a method of the operator's name, and find none. */
const receivers = new Set(["string", "timestamp", "duration"]);
const ordered = new Set(["bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint"]);
for (const name of ordering) traits[name] = ordered;
const plain = new Set<string>([operators.not, operators.in, "contains", "endsWith", "startsWith", "matches"]);

function noOverload(name: string, args: readonly Value[]): Fault {
  const trait = Object.hasOwn(traits, name) ? traits[name] : undefined;
  const { kind } = runtimeType(args[0]);
  if (trait) return trait.has(kind) || receivers.has(kind) ? noSuchOverload() : new Fault(`no such overload: ${name}`);
  return plain.has(name) ? noSuchOverload() : new Fault(`no such overload: ${name}(${args.map(typeNameOf).join(", ")})`);
}
