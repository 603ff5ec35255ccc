/**
 * What a StatefulSet does next: pure. Pods come in the order of their numbers, each when all before it are available, and go in
 * the reverse order; Parallel sets do all at once. Updates go from the highest number down.
 */
import {
  type ControllerRevision,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  pods,
  type StatefulSet,
  type StatefulSetStatus,
  statefulsets,
} from "#api/mod.ts";
import { again, create, lanes, type Outcome, patch, remove, type Step, status, type Told, tell, update } from "#client/mod.ts";
import { scaledDown } from "../amounts.ts";
import { isAvailable, isFinished, isReady } from "../pods.ts";
import { type Collision, type History, surplusRevisions, templateOf } from "../revisions.ts";
import { claimsOf, firstOrdinal, identityLabels, ordinalOf, podOf, revisionOf, wantedOf } from "./identity.ts";
import { hasOtherController, isLeftBehind, ownersOf } from "./retention.ts";

export interface SeenStatefulSet {
  set: StatefulSet;
  /** Controlled by the set, once `adoption` is done. */
  own: readonly Pod[];
  adoption: readonly Step[];
  history: History | Collision;
  claimOf(name: string): PersistentVolumeClaim | undefined;
}

export function planStatefulSet(seen: SeenStatefulSet, nowMs: number): Step[] {
  const { set, adoption, history } = seen;
  if (history === "collision") {
    const collisionCount = (set.status?.collisionCount ?? 0) + 1;
    return [...adoption, status(statefulsets, { ...set, status: { ...set.status, collisionCount } as StatefulSetStatus })];
  }
  if (set.metadata.deletionTimestamp) return [];
  const members = membersOf(seen, history, nowMs);
  const pods = set.spec?.podManagementPolicy === "Parallel" ? allAtOnce(members) : oneByOne(members);
  return [...adoption, ...history.steps, ...pods, ...surplus(seen, history)];
}

/** Counts of what there was, less what the plan has ended; and a finished rollout's new revision. */
export function concludeStatefulSet(seen: SeenStatefulSet, { failures }: Outcome, nowMs: number): Step[] {
  const { set, history } = seen;
  if (history === "collision" || failures.some(({ step }) => step.do === "patch")) return [];
  const next = statusOf(seen, history, nowMs);
  const steps: Step[] = [];
  if (!same(set.status, next)) steps.push(status(statefulsets, { ...set, status: { ...set.status, ...next } }));
  const minReady = set.spec?.minReadySeconds ?? 0;
  if (minReady > 0 && next.availableReplicas !== wantedOf(set)) steps.push(again(minReady * 1000));
  return steps;
}

interface Members extends SeenStatefulSet {
  updated: ControllerRevision;
  /** In the order of numbers; a pod that is missing is the one to make. */
  wanted: Member[];
  /** Beyond the wanted number, the highest first. */
  condemned: Member[];
  available(member: Member): boolean;
}

interface Member {
  ordinal: number;
  pod: Pod;
  exists: boolean;
}

function membersOf(seen: SeenStatefulSet, history: History, nowMs: number): Members {
  const { set, own } = seen;
  const [first, count] = [firstOrdinal(set), wantedOf(set)];
  const known = own.flatMap((pod): Member[] => {
    const ordinal = ordinalOf(set, pod);
    return ordinal === undefined ? [] : [{ ordinal, pod, exists: true }];
  });
  const isWanted = ({ ordinal }: Member) => ordinal >= first && ordinal < first + count;
  const byOrdinal = new Map(known.map((member) => [member.ordinal, member]));
  const wanted = Array.from({ length: count }, (_, at): Member => {
    const ordinal = first + at;
    return byOrdinal.get(ordinal) ?? { ordinal, pod: newPod(set, history, ordinal), exists: false };
  });
  const minReady = set.spec?.minReadySeconds ?? 0;
  return {
    ...seen,
    updated: history.current,
    wanted,
    condemned: known.filter((member) => !isWanted(member)).sort((a, b) => b.ordinal - a.ordinal),
    available: ({ pod, exists }) => exists && isAvailable(pod, minReady, nowMs) && !pod.metadata.deletionTimestamp,
  };
}

/** The revision that the set comes from, as long as it is kept. */
function formerOf(set: StatefulSet, { current, old }: History): ControllerRevision {
  return old.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? current;
}

/** Below the partition, a pod that is lost comes back as it was. */
function newPod(set: StatefulSet, history: History, ordinal: number): Pod {
  const { type = "RollingUpdate", rollingUpdate } = set.spec?.updateStrategy ?? {};
  const keep = rollingUpdate ? (rollingUpdate.partition ?? 0) : type === "RollingUpdate" ? (set.status?.currentReplicas ?? 0) : 0;
  const revision = ordinal < firstOrdinal(set) + keep ? formerOf(set, history) : history.current;
  const template = revision === history.current ? set.spec?.template : templateOf(revision);
  return podOf(set, template, ordinal, revision.metadata.name!);
}

function oneByOne(members: Members): Step[] {
  const { wanted, condemned, available } = members;
  const steps: Step[] = [];
  for (const member of wanted) {
    const { steps: own, done } = present(members, member);
    steps.push(...own);
    if (!done || !available(member)) return steps;
    steps.push(...matched(members, member));
  }
  for (const member of condemned) steps.push(...claimOwners(members, member, true));
  const [highest] = condemned;
  if (!highest) return [...steps, ...updates(members)];
  // The rest goes in order, but nothing waits for one that is broken and about to go itself.
  const firstUnavailable = [...condemned].reverse().find((member) => !available(member));
  const mayGo = available(highest) || (highest === firstUnavailable && !highest.pod.metadata.deletionTimestamp);
  return mayGo ? [...steps, end(members, highest)] : steps;
}

function allAtOnce(members: Members): Step[] {
  const { wanted, condemned } = members;
  const each = wanted.map((member) => {
    const { steps, done } = present(members, member);
    return done ? [...steps, ...matched(members, member)] : steps;
  });
  for (const member of condemned)
    each.push([...claimOwners(members, member, true), ...(member.pod.metadata.deletionTimestamp ? [] : [end(members, member)])]);
  return [lanes(each.filter((steps) => steps.length > 0)), ...updates(members)];
}

/** What brings a pod into being, with its claims; `done` when it is there and nothing more is to be waited for. */
function present(members: Members, member: Member): { steps: Step[]; done: boolean } {
  const { set, claimOf } = members;
  const { pod, exists, ordinal } = member;
  if (exists && isFinished(pod)) return { steps: pod.metadata.deletionTimestamp ? [] : [end(members, member)], done: false };
  if (exists && pod.status?.phase !== "Pending") return { steps: [], done: true };
  const claims = claimsOf(set, ordinal).map(({ claim }) => ({ claim, known: claimOf(claim.metadata.name!) }));
  if (!exists && claims.some(({ known }) => known && isLeftBehind(known, { set, pod })))
    return { steps: [again(claimWaitMs)], done: false };
  const going = claims.find(({ known }) => known?.metadata.deletionTimestamp);
  if (going) {
    const message = `${exists ? "Update" : "Create"} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error: pvc ${going.claim.metadata.name} is being deleted`;
    return { steps: [tell(set, "Warning", exists ? "FailedUpdate" : "FailedCreate", message), again(claimWaitMs)], done: false };
  }
  const steps: Step[] = claims.flatMap(({ claim, known }) =>
    known ? [] : [create(persistentvolumeclaims, claim, { ifAbsent: true, told: toldOfClaim(set, pod, claim) })],
  );
  if (!exists) steps.push(create(pods, pod, { told: toldOf("Create", set, pod) }));
  else steps.push(...claimOwners(members, member, false));
  return { steps, done: exists };
}

const claimWaitMs = 5000;

/** A pod that lost a label of its identity, or whose claims belong to the wrong owner. */
function matched(members: Members, member: Member): Step[] {
  const { set } = members;
  const { pod, exists, ordinal } = member;
  if (!exists) return [];
  const steps = claimOwners(members, member, false);
  const wanted = identityLabels(pod.metadata.name!, ordinal);
  if (pod.metadata.labels?.["statefulset.kubernetes.io/pod-name"] !== pod.metadata.name)
    steps.push(patch(pods, pod, { metadata: { labels: wanted } }, { told: toldOf("Update", set, pod) }));
  return steps;
}

function claimOwners({ set, claimOf }: Members, { pod, exists, ordinal }: Member, condemned: boolean): Step[] {
  if (!exists) return [];
  return claimsOf(set, ordinal).flatMap(({ claim: { metadata } }): Step[] => {
    const claim = claimOf(metadata.name!);
    if (!claim) return [];
    const ownerReferences = ownersOf(claim, { set, pod, condemned });
    const conflict = hasOtherController(claim, { set, pod });
    const message = `PersistentVolumeClaim ${metadata.name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`;
    return [
      ...(ownerReferences && conflict ? [tell(set, "Warning", "ConflictingController", message)] : []),
      ...(ownerReferences ? [update(persistentvolumeclaims, { ...claim, metadata: { ...claim.metadata, ownerReferences } })] : []),
    ];
  });
}

/** The highest numbers first, one after another, or as many at once as may be missing. */
function updates(members: Members): Step[] {
  const { set, wanted, updated, available } = members;
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type === "OnDelete") return [];
  const partition = rollingUpdate?.partition ?? 0;
  const isOld = ({ pod, exists }: Member) => exists && revisionOf(pod) !== updated.metadata.name && !pod.metadata.deletionTimestamp;
  const candidates = wanted.slice(partition).reverse();
  const { maxUnavailable } = rollingUpdate ?? {};
  if (maxUnavailable === undefined) {
    const next = candidates.find((member) => isOld(member) || !available(member));
    return next && isOld(next) ? [end(members, next)] : [];
  }
  const room = Math.max(1, scaledDown(maxUnavailable, wantedOf(set))) - wanted.filter((member) => !available(member)).length;
  return candidates
    .filter(isOld)
    .slice(0, Math.max(0, room))
    .map((member) => end(members, member));
}

const end = ({ set }: Members, { pod }: Member): Step => remove(pods, pod, { told: toldOf("Delete", set, pod) });

function toldOf(verb: "Create" | "Update" | "Delete", set: StatefulSet, pod: Pod): Told {
  const what = `${verb} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
  return { about: set, done: [`Successful${verb}`, `${what} successful`], failed: [`Failed${verb}`, `${what} failed error: {error}`] };
}

function toldOfClaim(set: StatefulSet, pod: Pod, { metadata }: PersistentVolumeClaim): Told {
  const what = `Create Claim ${metadata.name} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
  return { about: set, done: ["SuccessfulCreate", `${what} success`], failed: ["FailedCreate", `${what} failed error: {error}`] };
}

/** Revisions that neither the set nor a pod is of count against the limit. */
function surplus({ set, own }: SeenStatefulSet, history: History): Step[] {
  const live = new Set([formerOf(set, history).metadata.name, ...own.map(revisionOf)]);
  const idle = history.old.filter(({ metadata }) => !live.has(metadata.name));
  return surplusRevisions(idle, new Set(), set.spec?.revisionHistoryLimit ?? 10);
}

type Counts = Required<Omit<StatefulSetStatus, "conditions">>;

function statusOf(seen: SeenStatefulSet, history: History, nowMs: number): Counts {
  const { set, own } = seen;
  const minReady = set.spec?.minReadySeconds ?? 0;
  const former = formerOf(set, history).metadata.name!;
  const next = history.current.metadata.name!;
  const members = own.filter((pod) => ordinalOf(set, pod) !== undefined && pod.status?.phase);
  const ready = members.filter((pod) => pod.status?.phase === "Running" && isReady(pod));
  const staying = members.filter((pod) => !pod.metadata.deletionTimestamp);
  const counts: Counts = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: members.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, minReady, nowMs)).length,
    currentReplicas: staying.filter((pod) => revisionOf(pod) === former).length,
    updatedReplicas: staying.filter((pod) => revisionOf(pod) === next).length,
    currentRevision: former,
    updateRevision: next,
    collisionCount: set.status?.collisionCount ?? 0,
  };
  const { type = "RollingUpdate" } = set.spec?.updateStrategy ?? {};
  const all = wantedOf(set);
  const complete = counts.updatedReplicas === all && counts.readyReplicas === all && counts.replicas === all;
  return type === "RollingUpdate" && complete ? { ...counts, currentReplicas: counts.updatedReplicas, currentRevision: next } : counts;
}

function same(known: StatefulSetStatus | undefined, next: Counts): boolean {
  return Object.entries(next).every(([name, value]) => (known?.[name as keyof Counts] ?? (typeof value === "number" ? 0 : "")) === value);
}
