/** What is served of policy: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { poddisruptionbudgets } from "./pod-disruption-budget.ts";
import { podDisruptionBudgetRules } from "./pod-disruption-budget-rules.ts";

export const policyKinds: readonly Served[] = [served(poddisruptionbudgets, podDisruptionBudgetRules)];
