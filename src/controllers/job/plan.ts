/**
 * What a Job does next: pure. A finished pod is first written into the status (uncounted, or as a completed index), then loses
 * its finalizer, then becomes part of a count: a crash between any two of these neither loses nor doubles it.
 */
import { type Job, jobs, type Pod, pods } from "#api/mod.ts";
import { again, create, type Outcome, patch, remove, type Step, status, tell } from "#client/mod.ts";
import { toldOfCreate, toldOfDelete } from "../pods.ts";
import { firstToGo } from "../removal-order.ts";
import { firstMissing, has, indexesOf, parseIndexes, union } from "./indexes.ts";
import { isOver, isSuspended, isTrue, judge, type Verdict } from "./judge.ts";
import {
  failuresBefore,
  failuresInARow,
  finishedAt,
  hasFailed,
  hasSucceeded,
  indexOf,
  isIndexed,
  isTracked,
  podOf,
  replacesOnlyFailed,
  trackingFinalizer,
  waitMsAfter,
} from "./pods.ts";
import { meaningOf } from "./policies.ts";
import { recorded } from "./status.ts";

export interface SeenJob {
  job: Job;
  /** Controlled by the Job, once `adoption` is done. */
  own: readonly Pod[];
  adoption: readonly Step[];
}

/** A single round never does more than this. */
const burst = 500;

export function planJob({ job, own, adoption }: SeenJob, nowMs: number): Step[] {
  if (isOver(job) || job.metadata.deletionTimestamp) return own.filter(isTracked).map(release);
  const verdict = judge(job, own, nowMs);
  const steps = [...adoption, ...own.filter((pod) => isTracked(pod) && isRecorded(job, pod, verdict)).map(release)];
  if (verdict.end || isSuspended(job)) steps.push(...ended(job, verdict.active));
  else steps.push(...managed(job, own, verdict, nowMs));
  if (verdict.deadlineMs) steps.push(again(verdict.deadlineMs));
  return steps;
}

export function concludeJob({ job, own }: SeenJob, { failures }: Outcome, nowMs: number): Step[] {
  if (isOver(job) || job.metadata.deletionTimestamp || failures.some(({ step }) => step.do === "patch")) return [];
  const verdict = judge(job, own, nowMs);
  const lost = failures.filter(({ step }) => step.do === "delete").length;
  const made = failures.some(({ step }) => step.do === "create") ? 0 : planned(job, own, verdict, nowMs);
  const { next, told } = recorded(job, own, verdict, { made, failed: lost > 0 }, nowMs);
  const steps: Step[] = [];
  if (next) steps.push(status(jobs, { ...job, status: next }));
  steps.push(...told.map(({ type, reason, message }) => tell(job, type, reason, message)));
  return steps;
}

/** How many pods the plan makes or, as a negative number, ends. */
function planned(job: Job, own: readonly Pod[], verdict: Verdict, nowMs: number): number {
  if (verdict.end || isSuspended(job)) return -verdict.active.length;
  const steps = managed(job, own, verdict, nowMs);
  return steps.filter((step) => step.do === "create").length - steps.filter((step) => step.do === "delete").length;
}

const release = (pod: Pod): Step => patch(pods, pod, { metadata: { "$deleteFromPrimitiveList/finalizers": [trackingFinalizer] } });

/** Whether the stored status knows how the pod ended, or need not know. */
function isRecorded(job: Job, pod: Pod, { delayed }: Verdict): boolean {
  const { succeeded = [], failed = [] } = job.status?.uncountedTerminatedPods ?? {};
  const uid = pod.metadata.uid ?? "";
  if (succeeded.includes(uid) || failed.includes(uid)) return true;
  const index = indexOf(job, pod);
  const nobodys = isIndexed(job) && index === undefined;
  if (hasSucceeded(pod)) {
    const { completions = 0 } = job.spec ?? {};
    return nobodys || (index !== undefined && has(parseIndexes(job.status?.completedIndexes, completions), index));
  }
  // What success has made needless is not counted at all.
  if (isTrue(job, "SuccessCriteriaMet")) return true;
  if (!hasFailed(job, pod) || (index !== undefined && delayed.get(index) === pod)) return false;
  return nobodys || !meaningOf(job, pod).counts;
}

function ended(job: Job, going: readonly Pod[]): Step[] {
  const told = toldOfDelete(job);
  return going.map((pod) => remove(pods, pod, { told }));
}

function managed(job: Job, own: readonly Pod[], verdict: Verdict, nowMs: number): Step[] {
  const { active, terminating } = verdict;
  const wanted = wantedOf(job, verdict);
  const going = surplus(job, verdict, Math.max(0, active.length - wanted), nowMs);
  if (going.length > 0) return ended(job, going.slice(0, burst));
  const missing = wanted - active.length - (replacesOnlyFailed(job) ? terminating.length : 0);
  if (missing <= 0) return [];
  if (!verdict.failedIndexes) {
    const { count, lastMs } = failuresInARow(
      own.filter(hasSucceeded),
      own.filter((pod) => hasFailed(job, pod)),
    );
    const waitMs = waitMsAfter(count, lastMs, nowMs);
    if (waitMs > 0) return [again(waitMs)];
  }
  const told = toldOfCreate(job);
  if (!isIndexed(job)) return Array.from({ length: Math.min(missing, burst) }, () => create(pods, podOf(job), { told }));
  const { now, waitMs } = nextIndexes(job, verdict, Math.min(missing, burst), nowMs);
  if (now.length === 0) return waitMs > 0 ? [again(waitMs)] : [];
  return now.map((index) => create(pods, podOf(job, index, verdict.delayed.get(index)), { told }));
}

function wantedOf(job: Job, { succeeded, active }: Verdict): number {
  const { completions, parallelism = 1 } = job.spec ?? {};
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

/** Pods of no index and second pods of one go in any case; then as many as are too many. */
function surplus(job: Job, { active }: Verdict, atLeast: number, nowMs: number): Pod[] {
  if (!isIndexed(job)) return atLeast > 0 ? firstToGo(active, atLeast, [], nowMs) : [];
  const byIndex = Map.groupBy(active, (pod) => indexOf(job, pod) ?? -1);
  const needless: Pod[] = [];
  for (const [index, same] of byIndex)
    needless.push(...(index < 0 ? same : same.length > 1 ? firstToGo(same, same.length - 1, [], nowMs) : []));
  const left = active.filter((pod) => !needless.includes(pod));
  const more = atLeast - needless.length;
  return more > 0 ? [...needless, ...firstToGo(left, more, [], nowMs)] : needless;
}

/** The lowest indexes that nobody works on; each waits for itself where indexes fail for themselves. */
function nextIndexes(job: Job, verdict: Verdict, count: number, nowMs: number): { now: number[]; waitMs: number } {
  const { active, terminating, done, failedIndexes = [], delayed } = verdict;
  const busy = [...active, ...(replacesOnlyFailed(job) ? terminating : [])].flatMap((pod) => indexOf(job, pod) ?? []);
  const free = firstMissing(union(done, failedIndexes, indexesOf(busy)), count, job.spec?.completions ?? 0);
  const waits = free.map((index) => {
    const last = delayed.get(index);
    return last ? waitMsAfter(failuresBefore(last) + 1, finishedAt(last), nowMs) : 0;
  });
  const later = waits.filter((ms) => ms > 0);
  return { now: free.filter((_, at) => waits[at] === 0), waitMs: later.length > 0 ? Math.min(...later) : 0 };
}
