/** From source to a program: parse, check, validate constants, plan. */
import { check } from "./check/checker.ts";
import { validate } from "./check/validate.ts";
import { estimateCost } from "./cost/estimate.ts";
import type { KnownSize, Range } from "./cost/size.ts";
import type { Value } from "./declare.ts";
import type { Environment } from "./environment.ts";
import type { Frame } from "./eval/frame.ts";
import { PlanError, plan } from "./eval/plan.ts";
import { formatIssues } from "./issues.ts";
import { Undecided } from "./libraries/authorizer.ts";
import { mentions } from "./mentions.ts";
import { parse } from "./parse/parser.ts";
import type { Type } from "./types.ts";
import { Fault } from "./value.ts";

export interface Program {
  readonly resultType: Type;
  /** What it may cost, as far as `knownSize` bounds what it walks. */
  estimate(knownSize?: KnownSize): Range;
  /** Whether it reads that field of that variable. */
  mentions(variable: string, field: string): boolean;
  /** Never throws for what an expression does. Bindings are used as they are, and never changed. */
  evaluate(bindings: Readonly<Record<string, Value>>, options?: { costLimit?: number }): Outcome;
}

/** `fault` is cel-go's message; `isOverLimit` tells that the cost limit cut it off; `reason` is there when an answer is waited for. */
export type Outcome =
  | { value: Value; fault?: undefined; cost: number }
  | { fault: string; isOverLimit: boolean; cost: number; reason?: Undecided };

export type Compiled = { ok: Program; issues?: undefined } | { ok?: undefined; issues: string };

/** What one expression may cost when it runs, unless the caller says otherwise: upstream's PerCallLimit. */
export const perCallLimit = 1_000_000;

export function compile(source: string, environment: Environment): Compiled {
  const { expr, issues } = parse(source, environment.binds);
  if (issues.length === 0) issues.push(...check(expr, environment));
  if (issues.length === 0) issues.push(...validate(expr, environment.isHomogeneous));
  if (issues.length > 0) return { issues: formatIssues(source, issues) };
  try {
    const run = plan(expr, (name, fields) => environment.objectType(name)?.make(fields));
    return {
      ok: {
        resultType: expr.type!,
        estimate: (knownSize) => estimateCost(expr, knownSize),
        mentions: (variable, field) => mentions(expr, variable, field),
        evaluate: (bindings, { costLimit = perCallLimit } = {}) => evaluate(run, { bindings, slots: [], cost: 0, limit: costLimit }),
      },
    };
  } catch (error) {
    if (error instanceof PlanError) return { issues: `program instantiation failed: ${error.message}` };
    throw error;
  }
}

function evaluate(run: (frame: Frame) => Value, frame: Frame): Outcome {
  try {
    return { value: run(frame), cost: frame.cost };
  } catch (error) {
    if (error instanceof Undecided) return { fault: error.message, isOverLimit: false, cost: frame.cost, reason: error };
    if (error instanceof Fault) return { fault: error.message, isOverLimit: error.isFinal, cost: frame.cost };
    // Texts and stacks beyond what runs this: no expression is worth more.
    if (error instanceof RangeError) return { fault: error.message, isOverLimit: true, cost: frame.cost };
    throw error;
  }
}
