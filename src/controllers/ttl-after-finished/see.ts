/** Deletes Jobs some time after they have finished, where they ask for it. */
import { type Job, jobs } from "#api/mod.ts";
import { again, reconciler, remove, type Step, timeOf } from "#client/mod.ts";

export const ttlAfterFinished = reconciler<Job, Job>({
  name: "ttl-after-finished-controller",
  workers: 5,
  of: jobs,
  when: ({ type, object }) => type !== "deleted" && object.spec?.ttlSecondsAfterFinished !== undefined,
  see: (key, caches) => caches.get(jobs, key),
  plan: planExpiry,
});

export function planExpiry(job: Job, nowMs: number): Step[] {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  const end = (job.status?.conditions ?? []).find(({ type, status }) => status === "True" && (type === "Complete" || type === "Failed"));
  const finished = timeOf(end?.lastTransitionTime);
  if (seconds === undefined || finished === undefined || job.metadata.deletionTimestamp) return [];
  const waitMs = finished + seconds * 1000 - nowMs;
  return waitMs > 0 ? [again(waitMs)] : [remove(jobs, job, { policy: "Foreground" })];
}
