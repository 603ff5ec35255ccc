/** When a pod fits nowhere: which lower-priority pods would have to go from which node, chosen to hurt least. */
import type { Cluster } from "./cluster.ts";
import type { Plugin } from "./plugin.ts";
import type { PodInfo } from "./pod-info.ts";
import { describeFailure, refusalOf, type Unschedulable } from "./schedule.ts";

export interface DisruptionBudget {
  allowed: number;
  matches(pod: PodInfo): boolean;
}

export interface Preemption {
  node: string;
  victims: PodInfo[];
}

export type PreemptionResult = { ok: true; preemption: Preemption } | { ok: false; message: string };

interface Candidate extends Preemption {
  violations: number;
}

/** Tries out removals on the picture itself and puts everything back before it returns. */
export function preempt(
  pod: PodInfo,
  cluster: Cluster,
  failure: Unschedulable,
  plugins: readonly Plugin[],
  budgets: readonly DisruptionBudget[],
): PreemptionResult {
  if (pod.pod.spec?.preemptionPolicy === "Never") return { ok: false, message: "preemption: not eligible due to preemptionPolicy=Never." };
  if (hasVictimLeaving(pod, cluster))
    return { ok: false, message: "preemption: not eligible due to a terminating pod on the nominated node." };
  const verdict: Unschedulable = { nodes: failure.nodes, refusals: new Map(), plugins: new Set() };
  const candidates: Candidate[] = [];
  for (let index = 0; index < cluster.capacity; index++) {
    if (!cluster.rows[index]) continue;
    const refusal = failure.refusals.get(index);
    if (failure.overall || !refusal || refusal.final) {
      verdict.refusals.set(index, { reasons: ["Preemption is not helpful for scheduling"], final: true });
      continue;
    }
    const found = victimsOn(pod, cluster, index, plugins, budgets);
    if ("reasons" in found) verdict.refusals.set(index, { reasons: found.reasons, final: false });
    else candidates.push(found);
  }
  const best = candidates.toSorted(hurtsLess)[0];
  if (!best) return { ok: false, message: `preemption: ${describeFailure(verdict)}` };
  return { ok: true, preemption: { node: best.node, victims: best.victims } };
}

function hasVictimLeaving(pod: PodInfo, cluster: Cluster): boolean {
  const nominated = pod.pod.status?.nominatedNodeName;
  const row = nominated === undefined ? undefined : cluster.rows[cluster.rowOf.get(nominated) ?? -1];
  if (!row) return false;
  return [...row.pods.values()].some(
    (other) =>
      other.priority < pod.priority &&
      other.pod.metadata.deletionTimestamp !== undefined &&
      other.pod.status?.conditions?.some(
        (c) => c.type === "DisruptionTarget" && c.status === "True" && c.reason === "PreemptionByScheduler",
      ),
  );
}

function victimsOn(
  pod: PodInfo,
  cluster: Cluster,
  index: number,
  plugins: readonly Plugin[],
  budgets: readonly DisruptionBudget[],
): Candidate | { reasons: string[] } {
  const node = cluster.rows[index]!.name;
  const lower = [...cluster.rows[index]!.pods.values()].filter((other) => other.priority < pod.priority);
  if (lower.length === 0) return { reasons: ["No preemption victims found for incoming pod"] };
  const gone = new Set(lower);
  const fits = () => {
    const rules = plugins.flatMap((plugin) => {
      const rule = plugin.prepare(pod, cluster);
      return rule && typeof rule !== "string" ? [{ plugin, rule }] : [];
    });
    return refusalOf(cluster, rules, index);
  };
  for (const victim of lower) cluster.removePod(victim.uid);
  try {
    const still = fits();
    if (still) return { reasons: still.refusal.reasons };
    // Spare as many as possible, the most important first, those under a budget before the others.
    const left = budgets.map((budget) => ({ budget, allowed: budget.allowed }));
    const violating = new Set<PodInfo>();
    for (const victim of lower) {
      for (const entry of left) if (entry.budget.matches(victim) && --entry.allowed < 0) violating.add(victim);
    }
    const order = lower.toSorted((a, b) => Number(violating.has(b)) - Number(violating.has(a)) || moreImportant(a, b));
    for (const victim of order) {
      cluster.addPod(victim, node);
      if (fits()) cluster.removePod(victim.uid);
      else gone.delete(victim);
    }
    const victims = lower.filter((victim) => gone.has(victim)).toSorted(moreImportant);
    return { node, victims, violations: victims.filter((victim) => violating.has(victim)).length };
  } finally {
    for (const victim of gone) cluster.addPod(victim, node);
  }
}

function moreImportant(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || startedAt(a) - startedAt(b);
}

function startedAt(pod: PodInfo): number {
  return Date.parse(pod.pod.status?.startTime ?? pod.pod.metadata.creationTimestamp ?? "") || 0;
}

/** Upstream's order: budgets, highest victim, sum of priorities, number of victims, latest start of the highest. */
function hurtsLess(a: Candidate, b: Candidate): number {
  const offset = 2 ** 31;
  const sum = (c: Candidate) => c.victims.reduce((total, victim) => total + victim.priority + offset, 0);
  return (
    a.violations - b.violations ||
    (a.victims[0]?.priority ?? 0) - (b.victims[0]?.priority ?? 0) ||
    sum(a) - sum(b) ||
    a.victims.length - b.victims.length ||
    startedAt(b.victims[0]!) - startedAt(a.victims[0]!)
  );
}
