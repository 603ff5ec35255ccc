/** Which Jobs a CronJob makes and ends now, what its status says, and when to look again: pure. */
import { type CronJob, type CronJobStatus, cronjobs, type Job, jobs, type ObjectReference } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { again, controllerReference, create, type Outcome, remove, type Step, status, tell, timeOf, timestamp } from "#client/mod.ts";
import { dueBetween, type Schedule, scheduleOf } from "./schedule.ts";

export interface SeenCronJob {
  cron: CronJob;
  /** Controlled by it. */
  own: readonly Job[];
}

/** A little later than due, so that clocks that differ do not come too early. */
const slackMs = 100;

export function planCronJob(seen: SeenCronJob, nowMs: number): Step[] {
  const { cron, own } = seen;
  const steps: Step[] = [...surplus(own, cron), ...news(seen)];
  if (cron.metadata.deletionTimestamp) return steps;
  const { timeZone, suspend } = cron.spec ?? {};
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
    return [...steps, tell(cron, "Warning", "UnknownTimeZone", message)];
  }
  if (suspend) return steps;
  steps.push(...zoneInSchedule(cron));
  const schedule = readSchedule(cron);
  if ("problem" in schedule) return [...steps, schedule.problem];
  const next = schedule.after(nowMs);
  if (next === undefined) {
    const why = "time difference between two schedules is less than 1 second";
    return [...steps, tell(cron, "Warning", "InvalidSchedule", `invalid schedule: ${cron.spec?.schedule} : ${why}`)];
  }
  return [...steps, ...startOf(seen, schedule, nowMs).steps, again(next - nowMs + slackMs)];
}

export function concludeCronJob({ cron, own }: SeenCronJob, { wrote, failures }: Outcome, nowMs: number): Step[] {
  const started = wrote.find(
    ({ kind, metadata }) => kind === "Job" && metadata.ownerReferences?.some(({ uid }) => uid === cron.metadata.uid),
  );
  const adopted = started || failures.length > 0 ? undefined : forgotten({ cron, own }, nowMs);
  const gone = new Set(wrote.length === 0 && failures.length > 0 ? [] : replaced({ cron, own }, nowMs).map(({ metadata }) => metadata.uid));
  const known = (cron.status?.active ?? []).filter(
    ({ uid }) => own.some((job) => job.metadata.uid === uid && !isFinished(job)) && !gone.has(uid),
  );
  const newest = (started as Job | undefined) ?? adopted;
  const active = newest ? [...known, referenceTo(newest)] : known;
  const lastScheduleTime = newest ? timestamp(scheduledFor(newest) ?? nowMs) : cron.status?.lastScheduleTime;
  const lastSuccessfulTime = latest([
    cron.status?.lastSuccessfulTime,
    ...own.filter(isComplete).map(({ status: of }) => of?.completionTime),
  ]);
  const next: CronJobStatus = {
    ...(active.length > 0 ? { active } : {}),
    ...(lastScheduleTime ? { lastScheduleTime } : {}),
    ...(lastSuccessfulTime ? { lastSuccessfulTime } : {}),
  };
  return same(cron.status, next) ? [] : [status(cronjobs, { ...cron, status: next })];
}

const conditionsOf = (job: Job) => (job.status?.conditions ?? []).filter((each) => each.status === "True");
const endOf = (job: Job) => conditionsOf(job).find(({ type }) => type === "Complete" || type === "Failed")?.type;
const isFinished = (job: Job): boolean => endOf(job) !== undefined;
const isComplete = (job: Job): boolean => endOf(job) === "Complete";

/** What users are told of Jobs that have ended, went missing or came from elsewhere. */
function news({ cron, own }: SeenCronJob): Step[] {
  const active = cron.status?.active ?? [];
  const isActive = (job: Job) => active.some(({ uid }) => uid === job.metadata.uid);
  const steps: Step[] = [];
  for (const job of own) {
    const { name } = job.metadata;
    if (!isActive(job) && !isFinished(job))
      steps.push(tell(cron, "Warning", "UnexpectedJob", `Saw a job that the controller did not create or forgot: ${name}`));
    else if (isActive(job) && isFinished(job))
      steps.push(tell(cron, "Normal", "SawCompletedJob", `Saw completed job: ${name}, condition: ${endOf(job)}`));
  }
  for (const { name, uid } of active)
    if (!own.some(({ metadata }) => metadata.uid === uid))
      steps.push(tell(cron, "Normal", "MissingJob", `Active job went missing: ${name}`));
  return steps;
}

const docs = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/";

/** A zone in the schedule itself is only in CronJobs of old: new ones are refused. */
function zoneInSchedule(cron: CronJob): Step[] {
  const { schedule = "" } = cron.spec ?? {};
  if (!schedule.includes("TZ")) return [];
  const message = `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see ${docs} for more details`;
  return [tell(cron, "Warning", "UnsupportedSchedule", message)];
}

function readSchedule(cron: CronJob): Schedule | { problem: Step } {
  const { schedule = "", timeZone } = cron.spec ?? {};
  try {
    return scheduleOf(schedule, timeZone);
  } catch (error) {
    return {
      problem: tell(cron, "Warning", "UnparseableSchedule", `unparseable schedule: ${JSON.stringify(schedule)} : ${messageOf(error)}`),
    };
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What is due now; undefined: nothing, or it has been done. */
function dueOf({ cron }: SeenCronJob, schedule: Schedule, nowMs: number) {
  const { startingDeadlineSeconds } = cron.spec ?? {};
  const last = timeOf(cron.status?.lastScheduleTime);
  const windowMs = startingDeadlineSeconds === undefined ? Number.POSITIVE_INFINITY : startingDeadlineSeconds * 1000;
  const since = Math.max(last ?? timeOf(cron.metadata.creationTimestamp) ?? nowMs, nowMs - windowMs);
  const due = dueBetween(schedule, since, nowMs);
  return due.lastMs === undefined || due.lastMs === last ? undefined : { ms: due.lastMs, tooMany: due.tooMany };
}

function startOf(seen: SeenCronJob, schedule: Schedule, nowMs: number): { steps: Step[] } {
  const { cron, own } = seen;
  const due = dueOf(seen, schedule, nowMs);
  if (!due) return { steps: [] };
  const steps: Step[] = [];
  if (due.tooMany) {
    const message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
    steps.push(tell(cron, "Warning", "TooManyMissedTimes", message));
  }
  const job = jobOf(cron, due.ms);
  // Made by a round whose status was lost: the conclusion notes it.
  if (own.some(({ metadata }) => metadata.name === job.metadata.name)) return { steps };
  const running = runningOf(seen);
  if (cron.spec?.concurrencyPolicy === "Forbid" && running.length > 0) {
    const message = "Not starting job because prior execution is running and concurrency policy is Forbid";
    return { steps: [...steps, tell(cron, "Normal", "JobAlreadyActive", message)] };
  }
  steps.push(...replaced(seen, nowMs).map((each) => removal(cron, each)));
  const told = {
    about: cron,
    done: ["SuccessfulCreate", "Created job {name}"],
    failed: ["FailedCreate", "Error creating job: {error}"],
  } as const;
  steps.push(create(jobs, job, { told }));
  return { steps };
}

/** The Job of the moment that is due now, made already, and in no status. */
function forgotten(seen: SeenCronJob, nowMs: number): Job | undefined {
  const { cron, own } = seen;
  if (cron.metadata.deletionTimestamp || cron.spec?.suspend || !isTimeZone(cron.spec?.timeZone ?? "UTC")) return undefined;
  const schedule = readSchedule(cron);
  const due = "problem" in schedule ? undefined : dueOf(seen, schedule, nowMs);
  if (!due) return undefined;
  const { name } = jobOf(cron, due.ms).metadata;
  const job = own.find(({ metadata }) => metadata.name === name);
  return job && (cron.status?.active ?? []).some(({ uid }) => uid === job.metadata.uid) ? undefined : job;
}

const removal = (cron: CronJob, job: Job): Step =>
  remove(jobs, job, {
    policy: "Background",
    told: { about: cron, done: ["SuccessfulDelete", "Deleted job {name}"], failed: ["FailedDelete", "Deleted job: {error}"] },
  });

const runningOf = ({ cron, own }: SeenCronJob): Job[] =>
  own.filter((job) => !isFinished(job) && (cron.status?.active ?? []).some(({ uid }) => uid === job.metadata.uid));

/** Jobs that make room for the one that is due. */
function replaced(seen: SeenCronJob, nowMs: number): Job[] {
  const { cron } = seen;
  if (cron.spec?.concurrencyPolicy !== "Replace" || cron.spec.suspend || cron.metadata.deletionTimestamp) return [];
  const schedule = readSchedule(cron);
  return "problem" in schedule || !dueOf(seen, schedule, nowMs) ? [] : runningOf(seen);
}

const scheduledKey = "batch.kubernetes.io/cronjob-scheduled-timestamp";
const scheduledFor = (job: Job): number | undefined => timeOf(job.metadata.annotations?.[scheduledKey]);
const longestName = 52;

/** The name tells the minute: the same moment never makes two Jobs. */
function jobOf(cron: CronJob, dueMs: number): Job {
  const { metadata, spec } = cron.spec?.jobTemplate ?? {};
  return {
    apiVersion: jobs.apiVersion,
    kind: jobs.kind,
    metadata: {
      name: `${(cron.metadata.name ?? "").slice(0, longestName)}-${Math.floor(dueMs / 60_000)}`,
      namespace: cron.metadata.namespace,
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      annotations: { ...metadata?.annotations, [scheduledKey]: timestamp(dueMs) },
      ownerReferences: [controllerReference(cron)],
    },
    spec: spec ?? {},
  };
}

function referenceTo({ metadata }: Job): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { kind: "Job", namespace, name, uid, apiVersion: "batch/v1", resourceVersion };
}

/** Finished Jobs beyond the limits, oldest first. */
function surplus(own: readonly Job[], cron: CronJob): Step[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cron.spec ?? {};
  const startOrder = (a: Job, b: Job) =>
    (a.status?.startTime ?? "").localeCompare(b.status?.startTime ?? "") || (a.metadata.name! < b.metadata.name! ? -1 : 1);
  const beyond = (type: string, limit: number) => {
    const all = own.filter((job) => endOf(job) === type && !job.metadata.deletionTimestamp).sort(startOrder);
    return all.slice(0, Math.max(0, all.length - limit));
  };
  const all = [...beyond("Complete", successfulJobsHistoryLimit), ...beyond("Failed", failedJobsHistoryLimit)];
  return all.map((job) => removal(cron, job));
}

const latest = (times: readonly (string | undefined)[]): string | undefined =>
  times.reduce((last, time) => ((timeOf(time) ?? 0) > (timeOf(last) ?? 0) ? time : last));

function same(known: CronJobStatus | undefined, next: CronJobStatus): boolean {
  const of = ({ active = [], lastScheduleTime, lastSuccessfulTime }: CronJobStatus) =>
    JSON.stringify([active.map(({ uid }) => uid), lastScheduleTime ?? "", lastSuccessfulTime ?? ""]);
  return of(known ?? {}) === of(next);
}
