/**
 * `a.b[c].?d` as one walk: a root and qualifiers. What is charged for it is cel-go's, which counts qualifiers that found
 * something and one for the whole; branches of `?:` that are names cost nothing themselves.
 */
import type { Value } from "../declare.ts";
import { Fault, noValue, Optional } from "../value.ts";
import { charge, type Frame, type Run } from "./frame.ts";
import { find, findField, get, has, isInherited } from "./select.ts";

export interface Qualifier {
  /** Constant, or evaluated for each walk. */
  key: Value | Run;
  isConstant: boolean;
  optional: boolean;
  testOnly?: boolean;
}

/** Root values charge for their own evaluation only: a name is free. */
export interface Attribute {
  root: Run;
  qualifiers: readonly Qualifier[];
  /** Of `c ? a : b`: qualifiers go to both, and the whole is not charged. */
  branches?: { condition: Run; then: Attribute; otherwise: Attribute };
}

export function qualified(attribute: Attribute, qualifier: Qualifier): Attribute {
  const { branches } = attribute;
  if (!branches) return { ...attribute, qualifiers: [...attribute.qualifiers, qualifier] };
  const { condition, then, otherwise } = branches;
  return conditional(condition, qualified(then, qualifier), qualified(otherwise, qualifier));
}

export function conditional(condition: Run, then: Attribute, otherwise: Attribute): Attribute {
  const [yes, no] = [resolver(then), resolver(otherwise)];
  const root: Run = (frame) => {
    const holds = condition(frame);
    if (typeof holds !== "boolean") throw new Fault("no such overload");
    return holds ? yes(frame) : no(frame);
  };
  return { root, qualifiers: [], branches: { condition, then, otherwise } };
}

/** The walk with its charge. */
export function evaluate(attribute: Attribute): Run {
  const { qualifiers, branches } = attribute;
  const resolve = resolver(attribute);
  const own = (branches ? 0 : 1) - (qualifiers.at(-1)?.testOnly || endsInTest(attribute) ? 1 : 0);
  if (own === 0) return resolve;
  return (frame) => {
    charge(frame, own);
    return resolve(frame);
  };
}

const endsInTest = ({ branches }: Attribute): boolean => branches?.then.qualifiers.at(-1)?.testOnly === true;

function resolver({ root, qualifiers }: Attribute): Run {
  if (qualifiers.length === 0) return root;
  if (qualifiers.every(({ isConstant, optional, testOnly, key }) => isConstant && !optional && !testOnly && typeof key === "string"))
    return fields(
      root,
      qualifiers.map(({ key }) => key as string),
    );
  return (frame) => walk(frame, root(frame), qualifiers);
}

/** The usual case: names only. */
function fields(root: Run, names: readonly string[]): Run {
  const inherited = names.map(isInherited);
  const [only] = names;
  if (names.length === 1) return field(root, only!);
  return (frame) => {
    const start = root(frame);
    if (start instanceof Optional) return optionalFields(frame, start, names);
    charge(frame, names.length);
    let value = start;
    for (let i = 0; i < names.length; i++) {
      const found = findField(value, names[i]!, inherited[i]!);
      value = found === undefined ? get(value, names[i]!) : found;
    }
    return value;
  };
}

function field(root: Run, name: string): Run {
  const inherited = isInherited(name);
  return (frame) => {
    const of = root(frame);
    if (of instanceof Optional) return optionalFields(frame, of, [name]);
    charge(frame, 1);
    const found = findField(of, name, inherited);
    return found === undefined ? get(of, name) : found;
  };
}

function optionalFields(frame: Frame, start: Optional, names: readonly string[]): Value {
  return walk(
    frame,
    start,
    names.map((key) => ({ key, isConstant: true, optional: false })),
  );
}

function walk(frame: Frame, start: Value, qualifiers: readonly Qualifier[]): Value {
  let isOptional = start instanceof Optional;
  if (start instanceof Optional && start.value === undefined) return qualifiers.at(-1)?.testOnly ? false : noValue;
  let value = start instanceof Optional ? start.value : start;
  for (const qualifier of qualifiers) {
    isOptional ||= qualifier.optional;
    const key = qualifier.isConstant ? qualifier.key : (qualifier.key as Run)(frame);
    if (qualifier.testOnly) {
      const isThere = has(value, key as string);
      if (isThere || !isOptional) charge(frame, 1);
      return isThere;
    }
    if (isOptional) {
      const found = find(value, key);
      if (found === undefined) return qualifiers.at(-1)?.testOnly ? false : noValue;
      value = found;
    }
    charge(frame, 1);
    if (!isOptional) value = get(value, key);
  }
  return isOptional ? (value instanceof Optional ? value : new Optional(value)) : value;
}
