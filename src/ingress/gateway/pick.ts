/** Which of a rule's backends a request or a connection goes to. */
import type { Random } from "#base/mod.ts";
import type { Choice } from "./rules.ts";

/** By weight; those of weight 0 never. Undefined: the rule leads nowhere. */
export function pick(choices: readonly Choice[], random: Pick<Random, "next">): Choice | undefined {
  const sum = choices.reduce((total, { weight }) => total + weight, 0);
  let at = random.next() * sum;
  for (const choice of choices) {
    if (at < choice.weight) return choice;
    at -= choice.weight;
  }
  return undefined;
}
