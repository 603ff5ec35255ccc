/**
 * What a Deployment does next: pure.
 *
 *     paused, or the wanted number changed ─▶ every set its share
 *     otherwise ─▶ the set of the current template grows, the others shrink; when all is new, old revisions are forgotten
 */
import { type Deployment, deployments, type ReplicaSet, replicasets } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { again, conditionOf, isAlreadyExists, type Outcome, remove, type Step, status, tell } from "#client/mod.ts";
import { desiredOf, revisionOf } from "./annotations.ts";
import { Draft } from "./draft.ts";
import { availableOf, byAge, isRolling, newestSize, proportional, replicasOf, shrunken, sumOf, wantedOf } from "./sizes.ts";
import { countsOf, hasDeadline, isComplete, nextCheckMs, rolloutStatus, setCondition } from "./status.ts";

export interface SeenDeployment {
  deployment: Deployment;
  /** Controlled by the Deployment, once `adoption` is done. */
  sets: readonly ReplicaSet[];
  adoption: readonly Step[];
  /** The oldest set of the current template. */
  newest: ReplicaSet | undefined;
  /** What the set of the current template would be called, and what has that name already. Only where there is no `newest`. */
  next?: { name: string; hash: string; taken: ReplicaSet | undefined };
  /** Uids of sets that still have pods which have not ended. Only for the strategy Recreate. */
  alive: ReadonlySet<string>;
}

export function planDeployment(seen: SeenDeployment, nowMs: number): Step[] {
  const { deployment, adoption } = seen;
  if (selectsAll(deployment)) return refuse(deployment);
  const draft = new Draft(deployment, seen.sets, seen.newest, nowMs);
  const finish = (whole: boolean, between: readonly Step[] = []) => {
    const input = { deployment: draft.deployment, all: draft.sets, newest: draft.newest, nowMs };
    draft.deployment = { ...draft.deployment, status: whole ? rolloutStatus(input) : countsOf(input) };
    const wait = whole ? nextCheckMs(draft.deployment, nowMs) : undefined;
    return [...adoption, ...draft.steps(between), ...(wait === undefined ? [] : [again(wait)])];
  };
  draft.noteNewest();
  if (deployment.metadata.deletionTimestamp) return finish(false);
  notePause(draft);
  if (deployment.spec?.paused || isScalingEvent(draft)) {
    share(draft);
    return finish(false, deployment.spec?.paused ? forgotten(draft) : []);
  }
  if (!draft.newest && isCollision(seen)) return collide(deployment);
  if (isRolling(deployment)) roll(draft, seen);
  else recreate(draft, seen);
  const resting = seen.newest !== undefined && isComplete(deployment, deployment.status);
  return finish(true, resting ? forgotten(draft) : []);
}

/** A set that could not be made is told as a lack of progress; one that is there already the next look sees. */
export function concludeDeployment({ deployment }: SeenDeployment, { failures }: Outcome, nowMs: number): Step[] {
  const failure = failures.find(({ step }) => step.do === "create");
  if (failure?.step.do !== "create" || !hasDeadline(deployment) || isAlreadyExists(failure.error)) return [];
  const message = `Failed to create new replica set "${failure.step.object.metadata.name}": ${messageOf(failure.error)}`;
  const condition = { type: "Progressing", status: "False", reason: "ReplicaSetCreateError", message };
  const conditions = setCondition(deployment.status?.conditions, condition, nowMs);
  const known = conditionOf(deployment.status?.conditions, "Progressing");
  if (known?.reason === condition.reason && known.status === condition.status) return [];
  return [status(deployments, { ...deployment, status: { ...deployment.status, conditions } })];
}

function selectsAll({ spec }: Deployment): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec?.selector ?? {};
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

function refuse(deployment: Deployment): Step[] {
  const { generation = 0 } = deployment.metadata;
  const message = "This deployment is selecting all pods. A non-empty selector is required.";
  const told = tell(deployment, "Warning", "SelectingAll", message);
  if ((deployment.status?.observedGeneration ?? 0) >= generation) return [told];
  return [told, status(deployments, { ...deployment, status: { ...deployment.status, observedGeneration: generation } })];
}

/** Pausing stops the clock of the progress deadline, resuming starts it anew; what is stuck already stays so. */
function notePause(draft: Draft): void {
  const { deployment } = draft;
  const known = conditionOf(deployment.status?.conditions, "Progressing");
  if (!hasDeadline(deployment) || known?.reason === "ProgressDeadlineExceeded") return;
  const was = known?.reason === "DeploymentPaused";
  const is = deployment.spec?.paused === true;
  if (is && !was) draft.condition({ type: "Progressing", status: "Unknown", reason: "DeploymentPaused", message: "Deployment is paused" });
  if (!is && was)
    draft.condition({ type: "Progressing", status: "Unknown", reason: "DeploymentResumed", message: "Deployment is resumed" });
}

const isActive = (set: ReplicaSet): boolean => replicasOf(set) > 0;

/** The wanted number was changed since the sets were sized. */
function isScalingEvent({ deployment, sets }: Draft): boolean {
  return sets.filter(isActive).some((set) => desiredOf(set) !== undefined && desiredOf(set) !== wantedOf(deployment));
}

function share(draft: Draft): void {
  const { deployment, newest, sets, old } = draft;
  const active = sets.filter(isActive);
  const wanted = wantedOf(deployment);
  const single = active.length === 0 ? (newest ?? byAge(old).at(-1)) : active.length === 1 ? active[0] : undefined;
  if (single) draft.resize(new Map([[single, wanted]]));
  else if (newest && isSaturated(deployment, newest)) draft.resize(new Map(old.filter(isActive).map((set) => [set, 0])));
  else if (isRolling(deployment)) draft.resize(proportional(deployment, active));
  // Sizes that are right already must learn the wanted number, or every look would be a scaling event and no rollout would start.
  draft.resize(new Map(draft.sets.filter(isActive).map((set) => [set, replicasOf(set)])), { learn: true });
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = wantedOf(deployment);
  return replicasOf(set) === wanted && desiredOf(set) === wanted && availableOf(set) === wanted;
}

function roll(draft: Draft, { next }: SeenDeployment): void {
  const { deployment } = draft;
  if (!draft.newest && next) draft.makeNewest(next.name, next.hash);
  const { newest } = draft;
  if (!newest) return;
  const grown = newestSize(deployment, replicasOf(newest), sumOf(draft.sets, replicasOf));
  if (!draft.resize(new Map([[newest, grown]]))) draft.resize(shrunken(deployment, draft.old, newest));
}

function recreate(draft: Draft, { next, alive }: SeenDeployment): void {
  if (draft.resize(new Map(draft.old.filter(isActive).map((set) => [set, 0])))) return;
  if (draft.old.some((set) => (set.status?.replicas ?? 0) > 0 || alive.has(set.metadata.uid ?? ""))) return;
  if (!draft.newest && next) draft.makeNewest(next.name, next.hash);
  if (draft.newest) draft.resize(new Map([[draft.newest, wantedOf(draft.deployment)]]));
}

/** Another template has the same hash, or a stranger has the name: the count makes another hash. */
function isCollision({ next }: SeenDeployment): boolean {
  return next?.taken !== undefined;
}

function collide(deployment: Deployment): Step[] {
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
  return [status(deployments, { ...deployment, status: { ...deployment.status, collisionCount } })];
}

/** Old sets without pods beyond the history limit, oldest revision first. */
function forgotten({ deployment, old }: Draft): Step[] {
  const limit = deployment.spec?.revisionHistoryLimit;
  if (limit === undefined || limit === 2 ** 31 - 1) return [];
  const cleanable = old.filter((set) => !set.metadata.deletionTimestamp);
  const surplus = Math.max(0, cleanable.length - limit);
  return byAge(cleanable)
    .toSorted((a, b) => Number((revisionOf(a) ?? 0n) - (revisionOf(b) ?? 0n)))
    .slice(0, surplus)
    .filter(({ metadata, spec, status: { replicas = 0, observedGeneration = 0 } = {} }) => {
      return replicas === 0 && spec?.replicas === 0 && (metadata.generation ?? 0) <= observedGeneration;
    })
    .map((set) => remove(replicasets, set));
}
