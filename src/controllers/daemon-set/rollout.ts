/** Which pods a rolling update replaces next: old ones make room first (maxUnavailable) or new ones come first (maxSurge). */
import type { DaemonSet, Pod } from "#api/mod.ts";
import { atLeastOneOf, scaledUp } from "../amounts.ts";
import { isAvailable } from "../pods.ts";
import { revisionLabel } from "../revisions.ts";

export interface NodePods {
  node: string;
  /** Whether a pod shall be there; false for nodes that are gone too. */
  run: boolean;
  /** Not finished and going; the oldest first. */
  pods: readonly Pod[];
}

export interface Replacement {
  remove: Pod[];
  /** Nodes that get a new pod beside the old one. */
  add: string[];
}

export interface Bounds {
  maxSurge: number;
  maxUnavailable: number;
}

/** Both at zero would never end: one pod may be missing then. */
export function boundsOf(set: DaemonSet, desired: number): Bounds {
  const { maxSurge, maxUnavailable } = set.spec?.updateStrategy?.rollingUpdate ?? {};
  return atLeastOneOf({ maxSurge: scaledUp(maxSurge ?? 0, desired), maxUnavailable: scaledUp(maxUnavailable ?? 1, desired) });
}

export function replacements(set: DaemonSet, nodes: readonly NodePods[], hash: string, nowMs: number): Replacement {
  const desired = nodes.filter(({ run }) => run).length;
  const bounds = boundsOf(set, desired);
  const minReady = set.spec?.minReadySeconds ?? 0;
  const situations = nodes.filter(({ pods }) => pods.length > 0).map((each) => situationOf(each, hash, minReady, nowMs));
  return bounds.maxSurge === 0 ? roomFirst(situations, bounds) : newFirst(situations, bounds, desired);
}

interface Situation {
  node: string;
  run: boolean;
  /** Several old or several new ones: whoever keeps one pod a node has to act first. */
  crowded: boolean;
  fresh?: Pod;
  old?: Pod;
  freshAvailable: boolean;
  oldAvailable: boolean;
}

function situationOf({ node, run, pods }: NodePods, hash: string, minReady: number, nowMs: number): Situation {
  const staying = pods.filter((pod) => !pod.metadata.deletionTimestamp);
  const fresh = staying.filter((pod) => pod.metadata.labels?.[revisionLabel] === hash);
  const old = staying.filter((pod) => pod.metadata.labels?.[revisionLabel] !== hash);
  const available = (pod: Pod | undefined) => pod !== undefined && isAvailable(pod, minReady, nowMs);
  return {
    node,
    run,
    crowded: fresh.length > 1 || old.length > 1,
    fresh: fresh[0],
    old: old[0],
    freshAvailable: available(fresh[0]),
    oldAvailable: available(old[0]),
  };
}

function roomFirst(situations: readonly Situation[], { maxUnavailable }: Bounds): Replacement {
  let unavailable = 0;
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  for (const { crowded, fresh, old, freshAvailable, oldAvailable } of situations) {
    if (crowded || Boolean(fresh) === Boolean(old)) unavailable++;
    else if (fresh) unavailable += freshAvailable ? 0 : 1;
    else if (!oldAvailable) {
      broken.push(old!);
      unavailable++;
    } else candidates.push(old!);
  }
  return { remove: [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))], add: [] };
}

function newFirst(situations: readonly Situation[], { maxSurge }: Bounds, desired: number): Replacement {
  const remove: Pod[] = [];
  const leaving: Pod[] = [];
  const broken: string[] = [];
  const candidates: string[] = [];
  let [surge, available] = [0, 0];
  for (const { node, run, crowded, fresh, old, freshAvailable, oldAvailable } of situations) {
    if (crowded) {
      surge++;
      continue;
    }
    if (old ? oldAvailable : freshAvailable) available++;
    if (!old) continue;
    if (!fresh) {
      if (!run) (oldAvailable ? leaving : remove).push(old);
      else (oldAvailable ? candidates : broken).push(node);
    } else if (freshAvailable) remove.push(old);
    else surge++;
  }
  // Pods of nodes that are not meant any more go as far as enough others are available.
  remove.push(...leaving.slice(0, Math.max(0, available - desired)));
  return { remove, add: [...broken, ...candidates.slice(0, Math.max(0, maxSurge - surge))] };
}
