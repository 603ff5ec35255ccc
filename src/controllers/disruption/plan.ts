/** How many pods of a budget may be away by choice: what eviction and drain ask. Pure. */
import { type Pod, type PodDisruptionBudget, type PodDisruptionBudgetStatus, poddisruptionbudgets } from "#api/mod.ts";
import { again, conditionOf, controllerOf, type Step, status, tell, timeOf, timestamp } from "#client/mod.ts";
import { scaledUp } from "../amounts.ts";
import { goSelector } from "../go-selector.ts";
import { isReady } from "../pods.ts";

export interface SeenBudget {
  budget: PodDisruptionBudget;
  /** All that the selector matches. */
  pods: readonly Pod[];
  /** How many pods the controllers of these pods want in all, or why that cannot be told. Absent where the budget does not ask. */
  scale?: number | { problem: string };
}

/** An eviction that was allowed and did not happen is forgotten after this. */
const deletionWaitMs = 2 * 60_000;

/** Whether the budget counts what is wanted, not what is there. */
export function asksForScale({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === "string";
}

export function planBudget({ budget, pods, scale }: SeenBudget, nowMs: number): Step[] {
  const steps: Step[] = [];
  if (pods.length === 0) steps.push(tell(budget, "Normal", "NoPods", "No matching pods found"));
  if (typeof scale === "object") {
    const message = `Failed to calculate the number of expected pods: ${scale.problem}`;
    return [
      ...steps,
      tell(budget, "Warning", "CalculateExpectedPodCountFailed", message),
      ...written(budget, failSafe(budget, scale.problem, nowMs)),
    ];
  }
  if (asksForScale(budget) && pods.some((pod) => !controllerOf(pod))) steps.push(unmanaged(budget));
  const { disruptedPods, againMs, overdue } = disruptionsOf(budget, pods, nowMs);
  // Upstream says the namespace twice, never the name.
  const by = `${budget.metadata.namespace}/${budget.metadata.namespace}`;
  for (const pod of overdue) steps.push(tell(pod, "Warning", "NotDeleted", `Pod was expected by PDB ${by} to be deleted but it wasn't`));
  const { expectedPods, desiredHealthy } = bounds(budget, pods.length, scale ?? 0);
  const currentHealthy = pods
    .filter(({ metadata }) => !metadata.deletionTimestamp && !disruptedPods[metadata.name ?? ""])
    .filter(isReady).length;
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const counts = { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods };
  steps.push(...written(budget, statusOf(budget, { ...counts, disruptedPods }, nowMs)));
  if (againMs !== undefined) steps.push(again(againMs));
  return steps;
}

function unmanaged(budget: PodDisruptionBudget): Step {
  const message =
    `Pods selected by this PodDisruptionBudget (selector: ${goSelector(budget.spec?.selector)}) were found to be unmanaged. ` +
    "As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. " +
    'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
  return tell(budget, "Warning", "UnmanagedPods", message);
}

function bounds({ spec }: PodDisruptionBudget, found: number, scale: number): { expectedPods: number; desiredHealthy: number } {
  const { maxUnavailable, minAvailable } = spec ?? {};
  if (maxUnavailable !== undefined) return { expectedPods: scale, desiredHealthy: Math.max(0, scale - scaledUp(maxUnavailable, scale)) };
  if (typeof minAvailable === "string") return { expectedPods: scale, desiredHealthy: scaledUp(minAvailable, scale) };
  return { expectedPods: found, desiredHealthy: minAvailable ?? 0 };
}

/** Evictions that were allowed and are still to come count as pods that are away. */
function disruptionsOf({ status: known }: PodDisruptionBudget, pods: readonly Pod[], nowMs: number) {
  const disruptedPods: Record<string, string> = {};
  const overdue: Pod[] = [];
  let againMs: number | undefined;
  for (const pod of pods) {
    const { name = "", deletionTimestamp } = pod.metadata;
    const since = timeOf(known?.disruptedPods?.[name]);
    if (since === undefined || deletionTimestamp) continue;
    const leftMs = since + deletionWaitMs - nowMs;
    if (leftMs < 0) overdue.push(pod);
    else {
      disruptedPods[name] = known!.disruptedPods![name]!;
      againMs = Math.min(againMs ?? leftMs, leftMs + 1);
    }
  }
  return { disruptedPods, overdue, againMs };
}

type Counts = Pick<
  PodDisruptionBudgetStatus,
  "disruptionsAllowed" | "currentHealthy" | "desiredHealthy" | "expectedPods" | "disruptedPods"
>;

function statusOf(budget: PodDisruptionBudget, counts: Counts, nowMs: number): PodDisruptionBudgetStatus {
  const { disruptedPods = {}, ...rest } = counts;
  return {
    ...rest,
    ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
    observedGeneration: budget.metadata.generation,
    conditions: conditionsOf(
      budget,
      (rest.disruptionsAllowed ?? 0) > 0 ? ["True", "SufficientPods", ""] : ["False", "InsufficientPods", ""],
      nowMs,
    ),
  };
}

/** While nothing can be told, nothing may be evicted. */
function failSafe(budget: PodDisruptionBudget, problem: string, nowMs: number): PodDisruptionBudgetStatus {
  const known = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...budget.status };
  return { ...known, disruptionsAllowed: 0, conditions: conditionsOf(budget, ["False", "SyncFailed", problem], nowMs) };
}

function conditionsOf(
  { status: known, metadata }: PodDisruptionBudget,
  [is, reason, message]: ["True" | "False", string, string],
  nowMs: number,
) {
  const type = "DisruptionAllowed";
  const before = conditionOf(known?.conditions, type);
  const lastTransitionTime = before?.status === is && before.lastTransitionTime ? before.lastTransitionTime : timestamp(nowMs);
  const next = { type, status: is, reason, message, lastTransitionTime, observedGeneration: metadata.generation };
  return [...(known?.conditions ?? []).filter((each) => each.type !== type), next];
}

function written(budget: PodDisruptionBudget, next: PodDisruptionBudgetStatus): Step[] {
  const of = ({ conditions = [], disruptedPods = {}, ...counts }: PodDisruptionBudgetStatus) =>
    JSON.stringify([
      counts.disruptionsAllowed ?? 0,
      counts.currentHealthy ?? 0,
      counts.desiredHealthy ?? 0,
      counts.expectedPods ?? 0,
      counts.observedGeneration ?? 0,
      Object.entries(disruptedPods).sort(),
      conditions.map(({ type, status: is, reason, message }) => [type, is, reason, message ?? ""]),
    ]);
  return budget.status && of(budget.status) === of(next) ? [] : [status(poddisruptionbudgets, { ...budget, status: next })];
}
