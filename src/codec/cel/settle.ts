/** Evaluations that ask an authorizer: run again with what it answered, as often as questions can be paid for. */
import type { Outcome, Program } from "./compile.ts";
import type { Value } from "./declare.ts";
import { Undecided } from "./libraries/authorizer.ts";

/** A check costs so much that no budget pays for more. */
const mostQuestions = 32;

export async function settle(
  program: Program,
  bindings: Readonly<Record<string, Value>>,
  options?: { costLimit?: number },
): Promise<Outcome> {
  for (let asked = 0; asked < mostQuestions; asked++) {
    const outcome = program.evaluate(bindings, options);
    if (outcome.fault === undefined || !(outcome.reason instanceof Undecided)) return outcome;
    await outcome.reason.until;
  }
  return { fault: "too many authorization checks", isOverLimit: true, cost: options?.costLimit ?? 0 };
}
