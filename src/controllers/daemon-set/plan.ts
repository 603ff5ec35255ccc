/** Which pods a DaemonSet makes and ends, and what its status says: pure. */
import { type ControllerRevision, type DaemonSet, type DaemonSetStatus, daemonsets, type Node, type Pod, pods } from "#api/mod.ts";
import { again, create, type Outcome, remove, type Step, status, tell } from "#client/mod.ts";
import { isAvailable, isFinished, isReady, toldOfCreate, toldOfDelete } from "../pods.ts";
import { type Collision, type History, labelOf, revisionLabel, surplusRevisions } from "../revisions.ts";
import { fitOf, nodeOf, podOn } from "./placement.ts";
import { boundsOf, type NodePods, replacements } from "./rollout.ts";

export interface SeenDaemonSet {
  set: DaemonSet;
  nodes: readonly Node[];
  /** Controlled by the set, once `adoption` is done. */
  own: readonly Pod[];
  adoption: readonly Step[];
  history: History | Collision;
  /** Failed pods whose node has waited long enough since the last one failed there, by uid. */
  mayGo: ReadonlySet<string>;
  /** When the next failed pod may go. */
  waitMs?: number;
}

/** A single round never does more than this. */
const burst = 250;

export function planDaemonSet(seen: SeenDaemonSet, nowMs: number): Step[] {
  const { set, adoption, history } = seen;
  if (set.metadata.deletionTimestamp) return [];
  if (selectsAll(set))
    return [tell(set, "Warning", "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.")];
  if (history === "collision") {
    const collisionCount = (set.status?.collisionCount ?? 0) + 1;
    return [...adoption, status(daemonsets, { ...set, status: { ...set.status, collisionCount } as DaemonSetStatus })];
  }
  const hash = labelOf(history.current);
  const nodes = nodePodsOf(seen);
  const steps = [...adoption, ...history.steps];
  const kept = keepOne(seen, nodes, hash, nowMs);
  steps.push(...kept.told, ...changes(set, kept, hash));
  if (kept.add.length + kept.remove.length === 0 && (set.spec?.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate")
    steps.push(...changes(set, replacements(set, nodes, hash, nowMs), hash));
  steps.push(...surplusRevisions(history.old, liveRevisions(seen.own), set.spec?.revisionHistoryLimit ?? 10));
  if (seen.waitMs !== undefined) steps.push(again(seen.waitMs));
  return steps;
}

export function concludeDaemonSet(seen: SeenDaemonSet, { failures }: Outcome, nowMs: number): Step[] {
  const { set, own, history } = seen;
  if (set.metadata.deletionTimestamp || selectsAll(set) || history === "collision") return [];
  // Who may not be adopted or let go makes every count wrong.
  if (failures.some(({ step }) => step.do === "patch")) return [];
  const next = statusOf(seen, history.current, nowMs);
  const steps: Step[] = [];
  if (!same(set.status, next)) steps.push(status(daemonsets, { ...set, status: { ...set.status, ...next } }));
  const minReady = set.spec?.minReadySeconds ?? 0;
  if (minReady > 0 && next.numberReady !== next.numberAvailable && own.length > 0) steps.push(again(minReady * 1000));
  return steps;
}

const selectsAll = ({ spec }: DaemonSet): boolean => {
  const { matchLabels = {}, matchExpressions = [] } = spec?.selector ?? {};
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
};

interface Kept {
  remove: Pod[];
  add: string[];
  told: Step[];
}

/** One pod on every node that shall have one, none where none may stay; two only while a new one takes over. */
function keepOne(
  seen: SeenDaemonSet,
  nodes: readonly (NodePods & { stay: boolean; exists: boolean })[],
  hash: string,
  nowMs: number,
): Kept {
  const kept: Kept = { remove: [], add: [], told: [] };
  const surges = boundsOf(seen.set, nodes.filter(({ run }) => run).length).maxSurge > 0;
  for (const { node, run, stay, exists, pods: all } of nodes) {
    const staying = all.filter((pod) => !pod.metadata.deletionTimestamp);
    if (!exists) {
      // The node is gone, or never came: what was bound to it is the garbage collector's.
      kept.remove.push(...staying.filter((pod) => !pod.spec?.nodeName));
    } else if (run && all.length === 0) {
      kept.add.push(node);
    } else if (!stay) {
      kept.remove.push(...staying);
    } else {
      for (const pod of staying.filter(isFinished)) finish(seen, pod, node, kept);
      const running = staying.filter((pod) => !isFinished(pod));
      if (!surges) kept.remove.push(...running.slice(1));
      else if (running.length > 1) kept.remove.push(...beside(seen.set, running, hash, nowMs));
      else if (running.length === 0 && run) kept.add.push(node);
    }
  }
  return kept;
}

function finish({ set, mayGo }: SeenDaemonSet, pod: Pod, node: string, kept: Kept): void {
  const name = `${pod.metadata.namespace}/${pod.metadata.name} on node ${node}`;
  if (pod.status?.phase === "Succeeded") {
    kept.told.push(tell(set, "Normal", "SucceededDaemonPod", `Found succeeded daemon pod ${name}, will try to delete it`));
    kept.remove.push(pod);
  } else if (mayGo.has(pod.metadata.uid ?? "")) {
    kept.told.push(tell(set, "Warning", "FailedDaemonPod", `Found failed daemon pod ${name}, will try to kill it`));
    kept.remove.push(pod);
  }
}

/** Of several running pods of a surging set: the oldest old one may stay while it serves and the oldest new one does not yet. */
function beside(set: DaemonSet, running: readonly Pod[], hash: string, nowMs: number): Pod[] {
  const fresh = running.filter((pod) => pod.metadata.labels?.[revisionLabel] === hash);
  const old = running.filter((pod) => pod.metadata.labels?.[revisionLabel] !== hash);
  const surplus = [...fresh.slice(1), ...old.slice(1)];
  if (!fresh[0] || !old[0]) return surplus;
  const takenOver = !isReady(old[0]) || isAvailable(fresh[0], set.spec?.minReadySeconds ?? 0, nowMs);
  return takenOver ? [...surplus, old[0]] : surplus;
}

function changes(set: DaemonSet, { add, remove: gone }: Pick<Kept, "add" | "remove">, hash: string): Step[] {
  const [made, ended] = [toldOfCreate(set), toldOfDelete(set)];
  return [
    ...add.slice(0, burst).map((node) => create(pods, podOn(set, node, hash), { told: made })),
    ...gone.slice(0, burst).map((pod) => remove(pods, pod, { told: ended })),
  ];
}

/** Every node that is there or has pods; the pods that were bound come first, then the oldest. */
function nodePodsOf({ set, nodes, own }: SeenDaemonSet): (NodePods & { stay: boolean; exists: boolean })[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of own) {
    const node = nodeOf(pod);
    // Over and going: somebody else sees to the rest.
    if (node === undefined || (isFinished(pod) && pod.metadata.deletionTimestamp)) continue;
    const there = byNode.get(node);
    if (there) there.push(pod);
    else byNode.set(node, [pod]);
  }
  for (const each of byNode.values()) each.sort(boundThenOldest);
  const known = nodes.map((node) => {
    const name = node.metadata.name ?? "";
    const there = byNode.get(name) ?? [];
    byNode.delete(name);
    return { node: name, ...fitOf(set, node), exists: true, pods: there };
  });
  return [...known, ...[...byNode].map(([node, there]) => ({ node, run: false, stay: false, exists: false, pods: there }))];
}

function boundThenOldest(a: Pod, b: Pod): number {
  const bound = Number(!a.spec?.nodeName) - Number(!b.spec?.nodeName);
  const older = (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "");
  return bound || older || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);
}

const liveRevisions = (own: readonly Pod[]): Set<string> => new Set(own.map((pod) => pod.metadata.labels?.[revisionLabel] ?? ""));

type Counts = Required<Omit<DaemonSetStatus, "collisionCount" | "conditions">>;

function statusOf(seen: SeenDaemonSet, current: ControllerRevision, nowMs: number): Counts {
  const { set } = seen;
  const hash = labelOf(current);
  const minReady = set.spec?.minReadySeconds ?? 0;
  const nodes = nodePodsOf(seen).filter(({ exists }) => exists);
  const wanted = nodes.filter(({ run }) => run);
  const first = wanted.flatMap(({ pods: [pod] }) => pod ?? []);
  const available = first.filter((pod) => isAvailable(pod, minReady, nowMs)).length;
  return {
    currentNumberScheduled: first.length,
    numberMisscheduled: nodes.filter(({ run, pods: there }) => !run && there.length > 0).length,
    desiredNumberScheduled: wanted.length,
    numberReady: first.filter(isReady).length,
    observedGeneration: set.metadata.generation ?? 0,
    updatedNumberScheduled: first.filter((pod) => pod.metadata.labels?.[revisionLabel] === hash).length,
    numberAvailable: available,
    numberUnavailable: wanted.length - available,
  };
}

function same(status: DaemonSetStatus | undefined, counts: Counts): boolean {
  return Object.entries(counts).every(([name, count]) => (status?.[name as keyof Counts] ?? 0) === count);
}
