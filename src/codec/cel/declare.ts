/** How functions are declared: overloads with their types, what runs, and what runs at compile time to reject bad constants. */
import type { RE2JS } from "re2js";
import type { Type } from "./types.ts";

/** What an expression computes with: see value.ts for which JavaScript value stands for which of CEL's. */
export type Value = unknown;

export interface Overload {
  /** cel-go's name of it: costs are told apart by it. */
  readonly id: string;
  /** Of member overloads, the receiver is the first. */
  readonly args: readonly Type[];
  readonly result: Type;
  readonly member: boolean;
  readonly run: (...args: never[]) => Value;
  /** Of overloads whose second argument is a regular expression: what runs when that is constant. */
  readonly withPattern?: (pattern: RE2JS) => (text: string, ...rest: never[]) => Value;
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
}

type Run = Overload["run"];

export const overload = (id: string, args: readonly Type[], result: Type, run: Run): Overload => ({ id, args, result, member: false, run });
export const member = (id: string, args: readonly Type[], result: Type, run: Run): Overload => ({ id, args, result, member: true, run });
export const declare = (name: string, ...overloads: Overload[]): FunctionDeclaration => ({ name, overloads });
