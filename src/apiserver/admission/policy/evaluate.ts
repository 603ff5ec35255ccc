/** Runs a policy's expressions one after another within one budget. */

import type { Expression } from "#api/mod.ts";
import { type Outcome, settle } from "#codec/cel/mod.ts";
import { type Bindings, type Variable, Variables } from "./variables.ts";

/** Of all expressions of one kind in a policy, for one binding and its parameters. */
export const budgetOfPolicy = 10_000_000;
/** Of the conditions under which a policy or webhook looks at a request. */
export const budgetOfConditions = 2_500_000;

/** Nothing more is evaluated: what was asked for costs more than is allowed. */
export class OverBudget extends Error {
  constructor() {
    super("validation failed due to running out of cost budget, no further validation rules will be run");
  }
}

/** Undefined stands for an expression that is not there. */
export type Evaluated = { value: unknown; error?: undefined } | { error: string } | undefined;

export interface Sourced {
  source: string;
  expression: Expression;
}

export interface Evaluation {
  results: Evaluated[];
  remaining: number;
}

/** Throws OverBudget. */
export async function evaluateAll(
  expressions: readonly (Sourced | undefined)[],
  bindings: Bindings,
  { variables, budget }: { variables?: readonly Variable[]; budget: number },
): Promise<Evaluation> {
  const composed = variables && new Variables(variables, bindings);
  // A variable may name those before it.
  if (composed) bindings.variables = composed;
  const results: Evaluated[] = [];
  let remaining = budget;
  for (const each of expressions) {
    if (!each?.expression.program) {
      results.push(each && { error: `compilation error: ${each.expression.error}` });
      continue;
    }
    const outcome: Outcome = await settle(each.expression.program, bindings);
    remaining -= outcome.cost + (composed?.takeCost() ?? 0);
    if (remaining < 0) throw new OverBudget();
    results.push(
      outcome.fault === undefined ? { value: outcome.value } : { error: `expression '${each.source}' resulted in error: ${outcome.fault}` },
    );
  }
  return { results, remaining };
}

export interface Condition extends Sourced {
  name: string;
}

/** Whether all conditions hold; a text when that cannot be told. One that is false decides, whatever is wrong with others. */
export async function conditionsHold(
  conditions: readonly Condition[],
  bindings: Bindings,
  { variables, failsOpen }: { variables?: readonly Variable[]; failsOpen: boolean },
): Promise<boolean | string> {
  if (conditions.length === 0) return true;
  const errors: string[] = [];
  try {
    const { results } = await evaluateAll(conditions, { ...bindings, namespaceObject: null }, { variables, budget: budgetOfConditions });
    for (const result of results) {
      if (result?.error !== undefined) errors.push(result.error);
      else if (result?.value === false) return false;
    }
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error;
    errors.push(error.message);
  }
  if (errors.length === 0) return true;
  if (failsOpen) return false;
  const unique = [...new Set(errors)];
  return unique.length === 1 ? unique[0]! : `[${unique.join(", ")}]`;
}
