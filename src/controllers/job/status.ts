/** What the status says after a look at the pods: uncounted ones come in, counted ones move on, an end becomes final. Pure. */
import type { Job, JobCondition, JobStatus, Pod } from "#api/mod.ts";
import { conditionOf, timestamp } from "#client/mod.ts";
import { isReady } from "../pods.ts";
import { canonical } from "../template-hash.ts";
import { countOf, formatIndexes, has, indexesOf, parseIndexes, union } from "./indexes.ts";
import { type End, isSuspended, isTrue, type Verdict } from "./judge.ts";
import { hasFailed, hasSucceeded, indexOf, isIndexed, isTracked } from "./pods.ts";
import { meaningOf } from "./policies.ts";

export interface Recorded {
  /** Absent: nothing has changed. */
  next?: JobStatus;
  told: { type: "Normal" | "Warning"; reason: string; message: string }[];
}

/** The status stays small: more than this wait for the next round. */
const mostUncounted = 500;

/** `made`: pods that the round made or, negative, ended. */
export function recorded(
  job: Job,
  own: readonly Pod[],
  verdict: Verdict,
  round: { made: number; failed: boolean },
  nowMs: number,
): Recorded {
  const { active, terminating } = verdict;
  const suspends = isSuspended(job) && !verdict.end;
  const stopped = verdict.end || suspends ? active : [];
  const standing = round.failed ? active.length : Math.max(0, active.length + round.made);
  const end = round.failed ? undefined : (verdict.end ?? completionOf(job, verdict, standing));
  const told: Recorded["told"] = [];
  const next: JobStatus = {
    ...job.status,
    active: standing,
    ready: stopped.length > 0 ? 0 : active.filter(isReady).length,
    terminating: terminating.length + Math.max(0, active.length - standing),
  };
  if (!next.startTime && !isSuspended(job)) next.startTime = timestamp(nowMs);
  const full = count(job, own, verdict, end, next);
  if (!end && !round.failed) suspension(job, next, told, nowMs);
  if (end) conclude(job, end, next, { full, told }, nowMs);
  return canonical(tidy(next)) === canonical(tidy(job.status ?? {})) ? { told: [] } : { next: tidy(next), told };
}

/** Moves on those whose finalizer is gone, and takes in those that have finished since. True when not all had room. */
function count(job: Job, own: readonly Pod[], verdict: Verdict, end: End | undefined, next: JobStatus): boolean {
  const tracked = new Map(own.filter(isTracked).map((pod) => [pod.metadata.uid ?? "", pod]));
  const known = job.status?.uncountedTerminatedPods ?? {};
  const succeeded = (known.succeeded ?? []).filter((uid) => tracked.has(uid));
  const failed = (known.failed ?? []).filter((uid) => tracked.has(uid));
  next.failed = (job.status?.failed ?? 0) + (known.failed ?? []).length - failed.length;
  next.succeeded = (job.status?.succeeded ?? 0) + (known.succeeded ?? []).length - succeeded.length;
  const before = parseIndexes(job.status?.completedIndexes, job.spec?.completions ?? 0);
  const indexes: number[] = [];
  let full = false;
  for (const [uid, pod] of tracked) {
    if (full) break;
    const index = indexOf(job, pod);
    const counts = !isIndexed(job) || index !== undefined;
    if (hasSucceeded(pod) && !failed.includes(uid)) {
      if (index !== undefined && !has(before, index)) indexes.push(index);
      else if (!isIndexed(job) && !succeeded.includes(uid)) succeeded.push(uid);
    } else if (counts && !failed.includes(uid) && !hasSucceeded(pod) && isLost(job, pod, verdict, end) && meaningOf(job, pod).counts)
      failed.push(uid);
    full = succeeded.length + failed.length + indexes.length >= mostUncounted;
  }
  next.uncountedTerminatedPods = { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
  if (isIndexed(job)) {
    const done = union(before, indexesOf(indexes));
    next.completedIndexes = formatIndexes(done);
    next.succeeded = countOf(done);
    if (verdict.failedIndexes) next.failedIndexes = formatIndexes(verdict.failedIndexes);
  }
  return full;
}

/** A pod that failed for good; when the Job fails, every pod that it still had. What success makes needless is not counted. */
function isLost(job: Job, pod: Pod, { delayed }: Verdict, end: End | undefined): boolean {
  if (end?.type === "FailureTarget") return true;
  if (!hasFailed(job, pod) || isTrue(job, "SuccessCriteriaMet")) return false;
  const index = indexOf(job, pod);
  return end !== undefined || index === undefined || delayed.get(index) !== pod;
}

function completionOf(job: Job, { succeeded }: Verdict, active: number): End | undefined {
  const { completions } = job.spec ?? {};
  const complete = active === 0 && (completions === undefined ? succeeded > 0 : succeeded >= completions);
  if (!complete || isSuspended(job)) return undefined;
  return { type: "SuccessCriteriaMet", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" };
}

function suspension(job: Job, next: JobStatus, told: Recorded["told"], nowMs: number): void {
  const known = conditionOf(job.status?.conditions, "Suspended");
  if (isSuspended(job) && known?.status !== "True") {
    next.conditions = set(next.conditions, { type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" }, nowMs);
    delete next.startTime;
    told.push({ type: "Normal", reason: "Suspended", message: "Job suspended" });
  } else if (!isSuspended(job) && known?.status === "True") {
    next.conditions = set(next.conditions, { type: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed" }, nowMs);
    next.startTime = timestamp(nowMs);
    told.push({ type: "Normal", reason: "Resumed", message: "Job resumed" });
  }
}

/** First the interim condition; the terminal one when nothing runs, nothing is on its way out and everything is counted. */
function conclude(job: Job, end: End, next: JobStatus, { full, told }: { full: boolean; told: Recorded["told"] }, nowMs: number): void {
  const { reason, message } = end;
  if (!conditionOf(next.conditions, end.type))
    next.conditions = set(next.conditions, { type: end.type, status: "True", reason, message }, nowMs);
  const { succeeded = [], failed = [] } = next.uncountedTerminatedPods ?? {};
  if (full || succeeded.length + failed.length > 0 || (next.active ?? 0) > 0 || (next.terminating ?? 0) > 0) return;
  const complete = end.type === "SuccessCriteriaMet";
  next.conditions = set(next.conditions, { type: complete ? "Complete" : "Failed", status: "True", reason, message }, nowMs);
  if (!complete) {
    told.push({ type: "Warning", reason, message });
    return;
  }
  next.completionTime = timestamp(nowMs);
  const { completions } = job.spec ?? {};
  if (completions !== undefined && (next.succeeded ?? 0) > completions)
    told.push({
      type: "Warning",
      reason: "TooManySucceededPods",
      message: "Too many succeeded pods running after completion count reached",
    });
  told.push({ type: "Normal", reason: "Completed", message: "Job completed" });
}

function set(
  conditions: readonly JobCondition[] | undefined,
  next: Omit<JobCondition, "lastProbeTime" | "lastTransitionTime">,
  nowMs: number,
) {
  const at = timestamp(nowMs);
  const made: JobCondition = { ...next, lastProbeTime: at, lastTransitionTime: at };
  return [...(conditions ?? []).filter(({ type }) => type !== next.type), made];
}

/** Zeroes are not written. */
function tidy(status: JobStatus): JobStatus {
  const { active, succeeded, failed, completedIndexes, ...rest } = status;
  return {
    ...rest,
    ...(active ? { active } : {}),
    ...(succeeded ? { succeeded } : {}),
    ...(failed ? { failed } : {}),
    ...(completedIndexes ? { completedIndexes } : {}),
  };
}
