/** When a pod fits nowhere: which lower-priority pods would have to go from which node, chosen to hurt least. */
import type { Random } from "#base/mod.ts";
import type { Cluster } from "./cluster.ts";
import type { Nominations } from "./nominations.ts";
import type { Plugin } from "./plugin.ts";
import type { PodInfo } from "./pod-info.ts";
import { describeFailure, refusalHere, type Unschedulable } from "./schedule.ts";

export interface DisruptionBudget {
  allowed: number;
  matches(pod: PodInfo): boolean;
}

export interface Preemption {
  node: string;
  victims: PodInfo[];
}

/** `hopeless`: nothing that leaves could make room, so a promise of before is void. */
export type PreemptionResult = { ok: true; candidates: readonly Candidate[] } | { ok: false; message: string; hopeless?: true };

export interface Candidate extends Preemption {
  /** How many victims a budget would keep. */
  violations: number;
  /** All pods there that matter less. */
  onNode: readonly PodInfo[];
}

export interface PreemptionCase {
  pod: PodInfo;
  cluster: Cluster;
  /** Why it fitted nowhere. */
  failure: Unschedulable;
  plugins: readonly Plugin[];
  budgets: readonly DisruptionBudget[];
  nominations?: Nominations;
  random: Random;
  sampling?: CandidateSampling;
}

/** On how many nodes victims are looked for: a share of all, and not fewer than a number. */
export interface CandidateSampling {
  percent: number;
  least: number;
}
export const usualSampling: CandidateSampling = { percent: 10, least: 100 };

/** Where room could be made. Tries out removals on the picture itself and puts everything back before it returns. */
export function preempt(of: PreemptionCase): PreemptionResult {
  const { pod, cluster, failure, random } = of;
  if (pod.pod.spec?.preemptionPolicy === "Never") return { ok: false, message: "preemption: not eligible due to preemptionPolicy=Never." };
  if (hasVictimLeaving(of)) return { ok: false, message: "preemption: not eligible due to a terminating pod on the nominated node." };
  const verdict: Unschedulable = { nodes: failure.nodes, refusals: new Map(), plugins: new Set() };
  const helpful: number[] = [];
  for (let index = 0; index < cluster.capacity; index++) {
    if (!cluster.rows[index]) continue;
    const refusal = failure.refusals.get(index);
    if (!failure.overall && refusal && !refusal.final) helpful.push(index);
    else verdict.refusals.set(index, { reasons: ["Preemption is not helpful for scheduling"], final: true });
  }
  const candidates = candidatesOn(of, helpful, verdict, helpful.length > 1 ? random.int(helpful.length) : 0);
  if (candidates.length === 0) return { ok: false, hopeless: true, message: `preemption: ${describeFailure(verdict)}` };
  return { ok: true, candidates };
}

/** The one that hurts least. */
export const leastHarm = (candidates: readonly Candidate[]): Preemption | undefined => candidates.toSorted(hurtsLess)[0];

/** Enough of them to choose from, one of which breaks no budget if there is such a one. */
function candidatesOn(of: PreemptionCase, rows: readonly number[], verdict: Unschedulable, start: number): Candidate[] {
  const { percent, least } = of.sampling ?? usualSampling;
  const enough = Math.min(rows.length, Math.max(least, Math.floor((rows.length * percent) / 100)));
  const candidates: Candidate[] = [];
  let harmless = false;
  for (let step = 0; step < rows.length; step++) {
    const index = rows[(start + step) % rows.length]!;
    const found = victimsOn(of, index);
    if ("reasons" in found) {
      verdict.refusals.set(index, { reasons: found.reasons, final: false });
      continue;
    }
    candidates.push(found);
    harmless ||= found.violations === 0;
    if (harmless && candidates.length >= enough) break;
  }
  return candidates;
}

function hasVictimLeaving({ pod, cluster, failure, nominations }: PreemptionCase): boolean {
  const nominated = nominations?.nodeOf(pod.uid) ?? pod.pod.status?.nominatedNodeName;
  const index = cluster.rowOf.get(nominated ?? "");
  // Where it can never fit any more, nothing is to be waited for.
  if (index === undefined || failure.refusals.get(index)?.final) return false;
  const row = cluster.rows[index]!;
  return [...row.pods.values()].some(
    (other) =>
      other.priority < pod.priority &&
      other.pod.metadata.deletionTimestamp !== undefined &&
      other.pod.status?.conditions?.some(
        (c) => c.type === "DisruptionTarget" && c.status === "True" && c.reason === "PreemptionByScheduler",
      ),
  );
}

function victimsOn({ pod, cluster, plugins, budgets, nominations }: PreemptionCase, index: number): Candidate | { reasons: string[] } {
  const node = cluster.rows[index]!.name;
  const lower = [...cluster.rows[index]!.pods.values()].filter((other) => other.priority < pod.priority);
  if (lower.length === 0) return { reasons: ["No preemption victims found for incoming pod"] };
  const gone = new Set(lower);
  const fits = () => refusalHere({ pod, cluster, plugins, nominations }, index);
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
    return { node, victims, onNode: lower, violations: victims.filter((victim) => violating.has(victim)).length };
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
