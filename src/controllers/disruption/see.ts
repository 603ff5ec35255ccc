/** Keeps the counts of disruption budgets, so that evictions know what they may. */
import {
  deployments,
  type Pod,
  type PodDisruptionBudget,
  poddisruptionbudgets,
  pods,
  replicasets,
  replicationcontrollers,
  statefulsets,
} from "#api/mod.ts";
import {
  again,
  type Caches,
  conditionOf,
  controllerOf,
  index,
  keyOf,
  patch,
  reconciler,
  type Step,
  timeOf,
  timestamp,
  via,
} from "#client/mod.ts";
import { labelSelectorFrom, matchesLabels } from "#codec/mod.ts";
import { podsIn } from "../pods.ts";
import { asksForScale, planBudget, type SeenBudget } from "./plan.ts";

const budgetsIn = index(poddisruptionbudgets, (budget) => [budget.metadata.namespace ?? ""]);
const selects = ({ spec }: PodDisruptionBudget, pod: Pod) => matchesLabels(labelSelectorFrom(spec?.selector), pod.metadata.labels);

export const disruptionBudgets = reconciler<PodDisruptionBudget, SeenBudget>({
  name: "disruption-controller",
  component: "controllermanager",
  workers: 1,
  of: poddisruptionbudgets,
  also: [
    via(pods, (pod, caches) =>
      caches
        .by(budgetsIn, pod.metadata.namespace ?? "")
        .filter((budget) => selects(budget, pod))
        .map(keyOf),
    ),
  ],
  reads: [deployments, replicasets, replicationcontrollers, statefulsets],
  see(key, caches) {
    const budget = caches.get(poddisruptionbudgets, key);
    if (!budget || budget.metadata.deletionTimestamp) return undefined;
    const selected = caches.by(podsIn, budget.metadata.namespace ?? "").filter((pod) => selects(budget, pod));
    return { budget, pods: selected, ...(asksForScale(budget) ? { scale: scaleOf(selected, caches) } : {}) };
  },
  plan: planBudget,
});

/** What the controllers of these pods want in all; each controller counts once. */
function scaleOf(selected: readonly Pod[], caches: Caches): number | { problem: string } {
  const scales = new Map<string, number>();
  for (const pod of selected) {
    const owner = controllerOf(pod);
    if (!owner || scales.has(owner.uid ?? "")) continue;
    const key = `${pod.metadata.namespace}/${owner.name}`;
    const found = ownerScale(owner.kind ?? "", key, caches);
    if (typeof found === "string") return { problem: found };
    if (!found) return { problem: `found no controllers for pod ${JSON.stringify(pod.metadata.name)}` };
    scales.set(found.uid, found.scale);
  }
  return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
}

function ownerScale(kind: string, key: string, caches: Caches): { uid: string; scale: number } | string | undefined {
  const scaled = (object: { metadata: { uid?: string }; spec?: { replicas?: number } } | undefined) =>
    object && { uid: object.metadata.uid ?? "", scale: object.spec?.replicas ?? 1 };
  switch (kind) {
    case "ReplicaSet": {
      const set = caches.get(replicasets, key);
      const above = set && controllerOf(set);
      if (above?.kind !== "Deployment") return scaled(set);
      return scaled(caches.get(deployments, `${set?.metadata.namespace}/${above.name}`));
    }
    case "ReplicationController":
      return scaled(caches.get(replicationcontrollers, key));
    case "StatefulSet":
      return scaled(caches.get(statefulsets, key));
    case "DaemonSet":
      return "daemonsets.apps does not implement the scale subresource";
    case "Job":
      return "jobs.batch does not implement the scale subresource";
    default:
      return undefined;
  }
}

const staleAfterMs = 2 * 60_000;

/** A pod that was to be disrupted and was not is no longer marked so. */
export const staleDisruptions = reconciler<Pod, Pod>({
  name: "stale-pod-disruption",
  account: "disruption-controller",
  workers: 1,
  of: pods,
  when: ({ type, object }) => type !== "deleted" && isMarked(object),
  see: (key, caches) => caches.get(pods, key),
  plan: planMark,
});

const markOf = (pod: Pod) => conditionOf(pod.status?.conditions, "DisruptionTarget");
const isMarked = (pod: Pod): boolean =>
  markOf(pod)?.status === "True" && !pod.metadata.deletionTimestamp && pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed";

export function planMark(pod: Pod, nowMs: number): Step[] {
  const since = timeOf(markOf(pod)?.lastTransitionTime);
  if (!isMarked(pod) || since === undefined) return [];
  const waitMs = since + staleAfterMs - nowMs;
  if (waitMs > 0) return [again(waitMs)];
  const condition = { type: "DisruptionTarget", status: "False", lastTransitionTime: timestamp(nowMs) };
  return [patch(pods, pod, { status: { conditions: [condition] } }, { subresource: "status" })];
}
