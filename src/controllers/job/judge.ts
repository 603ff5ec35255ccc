/** What a Job's pods add up to: counts, indexes, and whether it has come to its end. Pure. */
import type { Job, JobCondition, Pod } from "#api/mod.ts";
import { conditionOf, timeOf } from "#client/mod.ts";
import { isActive, isTerminating } from "../pods.ts";
import { countOf, has, type Indexes, indexesOf, parseIndexes, union } from "./indexes.ts";
import { allFailuresBefore, failuresBefore, finishedAt, hasFailed, hasSucceeded, indexOf, isIndexed, isTracked } from "./pods.ts";
import { meaningOf, successOf } from "./policies.ts";

/** The interim condition that leads to the terminal one as soon as no pod runs any more. */
export interface End {
  type: "FailureTarget" | "SuccessCriteriaMet";
  reason: string;
  message: string;
}

export interface Verdict {
  active: Pod[];
  terminating: Pod[];
  /** Finished since the status was last written, in the order of indexes. */
  newSucceeded: Pod[];
  newFailed: Pod[];
  succeeded: number;
  failed: number;
  /** For Indexed Jobs: all that succeeded, and all that may fail no more. */
  done: Indexes;
  failedIndexes?: Indexes;
  /** By index: the last failed pod, which stays until its successor carries its count. */
  delayed: ReadonlyMap<number, Pod>;
  end?: End;
  /** Until the deadline. */
  deadlineMs?: number;
}

export const isSuspended = (job: Job): boolean => job.spec?.suspend === true;
export const isOver = (job: Job): boolean => isTrue(job, "Complete") || isTrue(job, "Failed");
export const isTrue = (job: Job, type: string): boolean => conditionOf(job.status?.conditions, type)?.status === "True";

export function judge(job: Job, own: readonly Pod[], nowMs: number): Verdict {
  const { succeeded: counted = [], failed: countedFailed = [] } = job.status?.uncountedTerminatedPods ?? {};
  const active = own.filter(isActive);
  const tracked = own.filter(isTracked).sort((a, b) => (indexOf(job, a) ?? -1) - (indexOf(job, b) ?? -1));
  const valid = tracked.filter((pod) => !isIndexed(job) || indexOf(job, pod) !== undefined);
  const newSucceeded = valid.filter((pod) => hasSucceeded(pod) && !counted.includes(pod.metadata.uid!));
  const newFailed = valid.filter((pod) => hasFailed(job, pod) && !countedFailed.includes(pod.metadata.uid!));
  const done = isIndexed(job) ? doneOf(job, valid) : [];
  const failedIndexes = isIndexed(job) && job.spec?.backoffLimitPerIndex !== undefined ? failedOf(job, valid) : undefined;
  const verdict: Verdict = {
    active,
    terminating: own.filter(isTerminating),
    newSucceeded,
    newFailed,
    succeeded: isIndexed(job) ? countOf(done) : (job.status?.succeeded ?? 0) + newSucceeded.length + counted.length,
    failed: (job.status?.failed ?? 0) + newFailed.filter((pod) => meaningOf(job, pod).counts).length + countedFailed.length,
    done,
    failedIndexes,
    delayed: failedIndexes ? delayedOf(job, valid, active, done, failedIndexes) : new Map(),
  };
  const started = timeOf(job.status?.startTime) ?? nowMs;
  const seconds = job.spec?.activeDeadlineSeconds;
  const deadlineMs = seconds === undefined || isSuspended(job) ? undefined : Math.max(0, started + seconds * 1000 - nowMs);
  const end = endOf(job, own, verdict, deadlineMs);
  return { ...verdict, ...(end ? { end } : {}), ...(deadlineMs === undefined || end ? {} : { deadlineMs }) };
}

function doneOf(job: Job, pods: readonly Pod[]): Indexes {
  const before = parseIndexes(job.status?.completedIndexes, job.spec?.completions ?? 0);
  return union(before, indexesOf(pods.filter(hasSucceeded).map((pod) => indexOf(job, pod)!)));
}

function failedOf(job: Job, pods: readonly Pod[]): Indexes {
  const before = parseIndexes(job.status?.failedIndexes, job.spec?.completions ?? 0);
  const limit = job.spec?.backoffLimitPerIndex ?? 0;
  const spent = pods.filter((pod) => {
    if (!hasFailed(job, pod)) return false;
    const { counts, action } = meaningOf(job, pod);
    return action === "FailIndex" || (counts && failuresBefore(pod) >= limit);
  });
  return union(before, indexesOf(spent.map((pod) => indexOf(job, pod)!)));
}

function delayedOf(job: Job, pods: readonly Pod[], active: readonly Pod[], done: Indexes, failed: Indexes): Map<number, Pod> {
  const running = new Set(active.map((pod) => indexOf(job, pod)));
  const last = new Map<number, Pod>();
  for (const pod of pods) {
    const index = indexOf(job, pod)!;
    if (!hasFailed(job, pod) || has(done, index) || has(failed, index) || running.has(index)) continue;
    const known = last.get(index);
    if (!known || (allFailuresBefore(known) <= allFailuresBefore(pod) && finishedAt(pod) >= finishedAt(known))) last.set(index, pod);
  }
  return last;
}

/** Once reached, an end stays. */
function endOf(job: Job, own: readonly Pod[], verdict: Verdict, deadlineMs: number | undefined): End | undefined {
  const known = ["SuccessCriteriaMet", "FailureTarget"]
    .map((type) => conditionOf(job.status?.conditions, type))
    .find((condition): condition is JobCondition => condition?.status === "True");
  if (known) return { type: known.type as End["type"], reason: known.reason ?? "", message: known.message ?? "" };
  const failure = (reason: string, message: string): End => ({ type: "FailureTarget", reason, message });
  for (const pod of own) {
    if (!hasFailed(job, pod)) continue;
    const { failsJob } = meaningOf(job, pod);
    if (failsJob) return failure("PodFailurePolicy", failsJob);
  }
  const { backoffLimit = 6, maxFailedIndexes, completions = 0 } = job.spec ?? {};
  if (verdict.failed > backoffLimit || restartsBeyond(job, own, backoffLimit))
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  if (deadlineMs === 0) return failure("DeadlineExceeded", "Job was active longer than specified deadline");
  const failed = countOf(verdict.failedIndexes ?? []);
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes)
    return failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  if (failed > 0 && failed + countOf(verdict.done) >= completions) return failure("FailedIndexes", "Job has failed indexes");
  const met = isIndexed(job) ? successOf(job, verdict.done) : undefined;
  return met === undefined ? undefined : { type: "SuccessCriteriaMet", reason: "SuccessPolicy", message: met };
}

/** With OnFailure, containers are started again within their pod: those restarts count. */
function restartsBeyond(job: Job, own: readonly Pod[], limit: number): boolean {
  if (job.spec?.template?.spec?.restartPolicy !== "OnFailure") return false;
  const alive = own.filter((pod) => pod.status?.phase === "Running" || pod.status?.phase === "Pending");
  const statuses = alive.flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]);
  const restarts = statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}
