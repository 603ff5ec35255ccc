/** Which of an owner's pods go first when there are too many: upstream's order, which the command line and autoscalers rely on. */
import type { Pod } from "#api/mod.ts";
import { timeOf } from "#client/mod.ts";
import { isActive, isReady, readyOf } from "./pods.ts";

const costAnnotation = "controller.kubernetes.io/pod-deletion-cost";
const phases: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/** `related`: pods of the owner's siblings and its own: a node that holds many of them gives them up first. */
export function firstToGo(pods: readonly Pod[], count: number, related: readonly Pod[], nowMs: number): Pod[] {
  if (count >= pods.length) return [...pods];
  const crowd = new Map<string, number>();
  for (const pod of related) if (isActive(pod)) crowd.set(pod.spec?.nodeName ?? "", (crowd.get(pod.spec?.nodeName ?? "") ?? 0) + 1);
  const ranked = pods.map((pod) => rankOf(pod, crowd.get(pod.spec?.nodeName ?? "") ?? 0));
  return ranked
    .sort((a, b) => compare(a, b, nowMs))
    .slice(0, count)
    .map(({ pod }) => pod);
}

interface Rank {
  pod: Pod;
  assigned: number;
  phase: number;
  ready: number;
  cost: number;
  crowd: number;
  readySince: number | undefined;
  restarts: number;
  madeAt: number | undefined;
}

function rankOf(pod: Pod, crowd: number): Rank {
  return {
    pod,
    assigned: Number(Boolean(pod.spec?.nodeName)),
    phase: phases[pod.status?.phase ?? "Pending"] ?? 0,
    ready: Number(isReady(pod)),
    cost: costOf(pod),
    crowd,
    readySince: isReady(pod) ? timeOf(readyOf(pod)?.lastTransitionTime) : undefined,
    restarts: Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount ?? 0)),
    madeAt: timeOf(pod.metadata.creationTimestamp),
  };
}

function compare(a: Rank, b: Rank, nowMs: number): number {
  const plain = a.assigned - b.assigned || a.phase - b.phase || a.ready - b.ready || a.cost - b.cost || b.crowd - a.crowd;
  if (plain) return plain;
  if (a.ready && a.readySince !== b.readySince) return byAge(a, b, a.readySince, b.readySince, nowMs);
  if (a.restarts !== b.restarts) return b.restarts - a.restarts;
  return a.madeAt === b.madeAt ? 0 : byAge(a, b, a.madeAt, b.madeAt, nowMs);
}

/** Younger first; ages of one order of magnitude count as equal, and the uid decides: a lot that is the same everywhere. */
function byAge(a: Rank, b: Rank, from: number | undefined, other: number | undefined, nowMs: number): number {
  if (from === undefined || other === undefined) return from === undefined ? -1 : 1;
  return magnitude(nowMs - from) - magnitude(nowMs - other) || ((a.pod.metadata.uid ?? "") < (b.pod.metadata.uid ?? "") ? -1 : 1);
}

/** Of nanoseconds, as upstream counts; -1 for what begins later. */
function magnitude(ms: number): number {
  return ms <= 0 ? -1 : Math.floor(Math.log2(ms * 1e6));
}

/** A 32-bit number as Go prints it; everything else counts as none. */
function costOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[costAnnotation] ?? "";
  const cost = /^(0|-?[1-9]\d{0,9})$/.test(text) ? Number(text) : 0;
  return cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : 0;
}
