/** What expressions are compiled against: variables, functions, types; made once and used for many expressions. */
import type { Names } from "./check/scope.ts";
import type { FunctionDeclaration, Value } from "./declare.ts";
import { namedTypes } from "./functions/conversions.ts";
import { cidrType, ipType } from "./libraries/addresses.ts";
import type { Type } from "./types.ts";

/** A type that expressions may make: `Object{spec: Object.spec{}}`. */
export interface ObjectType {
  type: Type;
  make(fields: ReadonlyMap<string, Value>): Value;
}

export interface EnvironmentParts {
  variables: Readonly<Record<string, Type>>;
  functions: readonly FunctionDeclaration[];
  /** By name; asked when an expression names one. */
  objectType?(name: string): ObjectType | undefined;
  container?: string;
  /** True: elements of a literal list or map must be of one type. */
  isHomogeneous?: boolean;
  /** Expressions may name a value: `cel.bind(name, value, expr)`. */
  binds?: boolean;
}

export interface Environment extends Names {
  isHomogeneous: boolean;
  binds: boolean;
  objectType(name: string): ObjectType | undefined;
}

export function makeEnvironment({
  variables,
  functions,
  objectType,
  container = "",
  isHomogeneous = false,
  binds = false,
}: EnvironmentParts): Environment {
  const byName = functionsByName(functions);
  return {
    container,
    isHomogeneous,
    binds,
    variable: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
    typeNamed: (name) => namedTypes.get(name) ?? opaqueTypes.get(name) ?? objectType?.(name)?.type,
    function: (name) => byName.get(name),
    objectType: (name) => objectType?.(name),
  };
}

/** Of the libraries' types, those that expressions can name. */
const opaqueTypes: ReadonlyMap<string, Type> = new Map([ipType, cidrType].map((type) => [type.name, type]));

/** Libraries add overloads to functions of others. */
const indexes = new WeakMap<readonly FunctionDeclaration[], ReadonlyMap<string, FunctionDeclaration>>();

function functionsByName(functions: readonly FunctionDeclaration[]): ReadonlyMap<string, FunctionDeclaration> {
  const known = indexes.get(functions);
  if (known) return known;
  const made = new Map<string, FunctionDeclaration>();
  for (const { name, overloads } of functions) made.set(name, { name, overloads: [...(made.get(name)?.overloads ?? []), ...overloads] });
  indexes.set(functions, made);
  return made;
}
