/** What a node's silence means: conditions, taints, and pods that get no traffic. Pure. */
import { type Node, type NodeCondition, nodes, type Pod, pods, type Taint } from "#api/mod.ts";
import { again, conditionOf, lanes, patch, type Step, tell, timestamp } from "#client/mod.ts";
import { readyOf } from "../pods.ts";

export interface Grace {
  graceMs: number;
  startupGraceMs: number;
}

export interface SeenNode {
  node: Node;
  /** Pods bound to the node. */
  pods: readonly Pod[];
  /** How long nobody has heard from it, by our own clock: its clock may be wrong. */
  silentMs: number;
  /** What may be said of the pods of nodes that are not ready: see `evictionOf`. */
  eviction: Eviction;
  /** When its pods may be evicted, where others of its zone came first. */
  waitMs?: number;
  /** Absent: the usual. */
  grace?: Grace;
  /** Seen for the first time since this controller began. */
  isNew?: boolean;
}

/** It was there at the last look. */
export interface GoneNode {
  gone: Node;
}

const told = (node: Node, reason: string, what: string): Step => tell(node, "Normal", reason, `Node ${node.metadata.name} event: ${what}`);

export function planAnyNode(seen: SeenNode | GoneNode, nowMs: number): Step[] {
  if ("gone" in seen) return [told(seen.gone, "RemovingNode", `Removing Node ${seen.gone.metadata.name} from Controller`)];
  const { node, isNew } = seen;
  const first = isNew ? [told(node, "RegisteredNode", `Registered Node ${node.metadata.name} in Controller`)] : [];
  return [...first, ...planNode(seen, nowMs)];
}

/** A node that has not been heard from for this long is Unknown; one that never spoke gets a little more. */
/** Upstream's: how long a node may be silent, and how long it may take for its first word. */
export const usualGrace: Grace = { graceMs: 50_000, startupGraceMs: 60_000 };

export const notReadyTaint = "node.kubernetes.io/not-ready";
export const unreachableTaint = "node.kubernetes.io/unreachable";
const unschedulableTaint = "node.kubernetes.io/unschedulable";
/** Taints that follow a condition: type → status → key. */
const byCondition: Record<string, Record<string, string>> = {
  Ready: { False: notReadyTaint, Unknown: unreachableTaint },
  MemoryPressure: { True: "node.kubernetes.io/memory-pressure" },
  DiskPressure: { True: "node.kubernetes.io/disk-pressure" },
  PIDPressure: { True: "node.kubernetes.io/pid-pressure" },
  NetworkUnavailable: { True: "node.kubernetes.io/network-unavailable" },
};
const ours = new Set([unschedulableTaint, ...Object.values(byCondition).flatMap((each) => Object.values(each))]);

export function planNode({ node: seen, pods: own, silentMs, eviction, waitMs, grace = usualGrace }: SeenNode, nowMs: number): Step[] {
  const { name } = seen.metadata;
  const steps: Step[] = [];
  const spoke = conditionOf(seen.status?.conditions, "Ready");
  const leftMs = (spoke ? grace.graceMs : grace.startupGraceMs) - silentMs;
  let node = seen;
  const conditions = leftMs <= 0 ? silentConditions(seen, nowMs) : undefined;
  if (conditions) {
    node = { ...seen, status: { ...seen.status, conditions } };
    steps.push(patch(nodes, seen, { status: { conditions } }, { subresource: "status" }));
    if (spoke?.status === "True") steps.push(tell(seen, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`));
  }
  const taints = wantedTaints(node, eviction, nowMs);
  const labels = betaLabels(node);
  if (taints || labels) {
    // The whole list is written: that of another version must not be.
    const metadata = { ...(conditions ? {} : { resourceVersion: seen.metadata.resourceVersion }), ...(labels ? { labels } : {}) };
    steps.push(patch(nodes, seen, { metadata, ...(taints ? { spec: { taints } } : {}) }));
  }
  const ready = conditionOf(node.status?.conditions, "Ready");
  const misled =
    ready && ready.status !== "True" ? own.filter((pod) => !pod.metadata.deletionTimestamp && readyOf(pod)?.status === "True") : [];
  if (misled.length > 0) steps.push(lanes(misled.map((pod) => withoutTraffic(pod, nowMs))));
  if (leftMs > 0) steps.push(again(leftMs + 100));
  if (waitMs !== undefined) steps.push(again(waitMs));
  return steps;
}

function withoutTraffic(pod: Pod, nowMs: number): Step[] {
  const condition = {
    type: "Ready",
    status: "False",
    lastTransitionTime: timestamp(nowMs),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
  return [
    patch(pods, pod, { status: { conditions: [condition] } }, { subresource: "status" }),
    tell(pod, "Warning", "NodeNotReady", "Node is not ready"),
  ];
}

/** The node's conditions once nobody has heard from it for too long; undefined when they are right already. */
function silentConditions(node: Node, nowMs: number): NodeCondition[] | undefined {
  const known = node.status?.conditions ?? [];
  const unknown = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];
  if (unknown.every((type) => conditionOf(known, type)?.status === "Unknown")) return undefined;
  const made = unknown.map((type): NodeCondition => {
    const before = conditionOf(known, type);
    if (before?.status === "Unknown") return before;
    return {
      type,
      status: "Unknown",
      reason: before ? "NodeStatusUnknown" : "NodeStatusNeverUpdated",
      message: before ? "Kubelet stopped posting node status." : "Kubelet never posted node status.",
      lastHeartbeatTime: before?.lastHeartbeatTime ?? node.metadata.creationTimestamp,
      lastTransitionTime: timestamp(nowMs),
    };
  });
  return [...made, ...known.filter((condition) => !unknown.includes(condition.type ?? ""))];
}

/** The taints that the node should have; undefined when it has them. Times of taints that stay are kept. */
function wantedTaints(node: Node, eviction: Eviction, nowMs: number): Taint[] | undefined {
  const before = node.spec?.taints ?? [];
  const has = (key: string, effect: string) => before.find((taint) => taint.key === key && taint.effect === effect);
  const wanted: Taint[] = [];
  for (const key of conditionTaints(node)) {
    wanted.push({ key, effect: "NoSchedule" });
    const evicts = key === notReadyTaint || key === unreachableTaint;
    if (evicts && (eviction === "may begin" || (eviction === "goes on" && hasEvicting(before)))) wanted.push({ key, effect: "NoExecute" });
  }
  if (node.spec?.unschedulable) wanted.push({ key: unschedulableTaint, effect: "NoSchedule" });
  const others = before.filter((taint) => !ours.has(taint.key ?? ""));
  const next = [...others, ...wanted.map(({ key, effect }) => has(key!, effect!) ?? { key, effect, timeAdded: timestamp(nowMs) })];
  const of = (taints: readonly Taint[]) => JSON.stringify(taints.map(({ key, value, effect }) => `${key}=${value ?? ""}:${effect}`).sort());
  return of(before) === of(next) ? undefined : next;
}

const hasEvicting = (taints: readonly Taint[]): boolean =>
  taints.some(({ key, effect }) => effect === "NoExecute" && (key === notReadyTaint || key === unreachableTaint));

function conditionTaints(node: Node): Set<string> {
  const keys = new Set<string>();
  for (const { type = "", status = "" } of node.status?.conditions ?? []) {
    const key = byCondition[type]?.[status];
    if (key) keys.add(key);
  }
  if (!conditionOf(node.status?.conditions, "Ready")) keys.add(notReadyTaint);
  return keys;
}

/** Old clients select nodes by the beta names of these labels. */
function betaLabels({ metadata }: Node): Record<string, string> | undefined {
  const out: Record<string, string> = {};
  for (const word of ["os", "arch"]) {
    const value = metadata.labels?.[`kubernetes.io/${word}`];
    if (value !== undefined && metadata.labels?.[`beta.kubernetes.io/${word}`] !== value) out[`beta.kubernetes.io/${word}`] = value;
  }
  return Object.keys(out).length > 0 ? out : undefined;
}

/** Whether nodes that are not ready get the taints that evict their pods. */
export type Eviction = "may begin" | "begins slowly" | "goes on" | "off";

/** Of one zone a node after another: whose pods move must find room before the next are moved. */
export interface Evictions {
  /** Between two nodes, and where most of a large zone are not ready; infinite: none begins. */
  everyMs: number;
  slowlyMs: number;
  /** A zone of more nodes is large. */
  largeZone: number;
  /** So great a part of a zone's nodes not ready means that the zone itself is ill. */
  unhealthyPart: number;
}

/** Upstream's. */
export const usualEvictions: Evictions = { everyMs: 10_000, slowlyMs: 100_000, largeZone: 50, unhealthyPart: 0.55 };

/** Whether its pods may be evicted now; `begun`: when the last eviction of each zone began, by the same clock. */
export function paced(
  { node, silentMs, eviction, grace = usualGrace }: Pick<SeenNode, "node" | "silentMs" | "eviction" | "grace">,
  begun: Map<string, number>,
  now: number,
  { everyMs, slowlyMs }: Evictions = usualEvictions,
): Pick<SeenNode, "eviction" | "waitMs"> {
  const pace = eviction === "may begin" ? everyMs : eviction === "begins slowly" ? slowlyMs : undefined;
  if (pace === undefined) return { eviction };
  const isWell = conditionOf(node.status?.conditions, "Ready")?.status === "True" && silentMs < grace.graceMs;
  if (isWell || hasEvicting(node.spec?.taints ?? [])) return { eviction: "may begin" };
  if (pace === Number.POSITIVE_INFINITY) return { eviction: "goes on" };
  const zone = zoneOf(node);
  const leftMs = (begun.get(zone) ?? Number.NEGATIVE_INFINITY) + pace - now;
  if (leftMs > 0) return { eviction: "goes on", waitMs: leftMs };
  for (const [each, at] of begun) if (now - at > Math.max(everyMs, slowlyMs)) begun.delete(each);
  begun.set(zone, now);
  return { eviction: "may begin" };
}

const zoneLabels = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

/**
 * When no node at all is ready, it is we who are cut off: nothing is evicted. When most nodes of a small zone are not ready, moving
 * their pods would only bury the rest: what has begun goes on, nothing begins. In a large zone it begins slowly.
 */
export function evictionOf(node: Node, all: readonly Node[], { largeZone, unhealthyPart }: Evictions = usualEvictions): Eviction {
  const isReady = (each: Node) => conditionOf(each.status?.conditions, "Ready")?.status === "True";
  if (!all.some(isReady)) return "off";
  const zone = zoneOf(node);
  const near = all.filter((each) => zoneOf(each) === zone);
  const unready = near.filter((each) => !isReady(each)).length;
  if (unready === near.length || unready <= 2 || unready / near.length < unhealthyPart) return "may begin";
  return near.length > largeZone ? "begins slowly" : "goes on";
}

const zoneOf = ({ metadata }: Node): string => zoneLabels.map((label) => metadata.labels?.[label] ?? "").join("/");
