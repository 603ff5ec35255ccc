/** What the server knows of CronJob: defaults, what a write may set, what is refused, what tables show. */

import { cronProblem } from "../checks/cron.ts";
import { enumOf } from "../checks/declared.ts";
import { defaultTemplate } from "../checks/defaults.ts";
import { validateJobSpec } from "../checks/job-spec.ts";
import { subdomainName } from "../checks/object-meta.ts";
import { nonNegative, oneOf } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { since } from "../tables/age.ts";
import { ageOf, nameOf, none, selectorText, templateCells, unset } from "../tables/cells.ts";
import type { CronJob } from "./cron-job.ts";
import { CronJobSpec } from "./cron-job.ts";

export const cronJobRules = rules<CronJob>({
  names: subdomainName,
  status: () => ({}),
  defaults: defaultCronJob,
  check: {
    create(cronJob, problems) {
      validateCronJob(cronJob, undefined, problems);
      const name = cronJob.metadata.name ?? "";
      if (name.length > 52) problems.invalid("metadata.name", name, "must be no more than 52 characters");
    },
    update: validateCronJobUpdate,
  },
  cells: (o, now) => {
    const spec = o.spec?.jobTemplate?.spec;
    return [
      nameOf(o),
      o.spec?.schedule,
      o.spec?.timeZone ?? none,
      o.spec?.suspend === undefined ? unset : o.spec.suspend ? "True" : "False",
      o.status?.active?.length ?? 0,
      o.status?.lastScheduleTime ? since(o.status.lastScheduleTime, now) : none,
      ageOf(o, now),
      ...templateCells(spec),
      selectorText(spec?.selector),
    ];
  },
  template: ({ spec }) => spec?.jobTemplate?.spec?.template,
});

function validateCronJob(cronJob: AnyObject, old: AnyObject | undefined, problems: Problems): void {
  const spec = cronJob.spec ?? {};
  const { schedule = "", timeZone, jobTemplate } = spec;
  if (!schedule) problems.required("spec.schedule");
  else {
    const wrong = cronProblem(schedule);
    if (wrong) problems.invalid("spec.schedule", schedule, wrong);
    const hasZone = schedule.includes("TZ");
    if (hasZone && !old?.spec?.schedule?.includes("TZ"))
      problems.invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
    else if (hasZone && timeZone !== undefined)
      problems.invalid("spec.schedule", schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
  }
  nonNegative(spec.startingDeadlineSeconds, "spec.startingDeadlineSeconds", problems);
  if (timeZone !== undefined && timeZone !== old?.spec?.timeZone) validateTimeZone(timeZone, problems);
  oneOf(spec.concurrencyPolicy, enumOf(CronJobSpec, "concurrencyPolicy"), "spec.concurrencyPolicy", problems);
  const job = jobTemplate?.spec ?? {};
  validateJobSpec(job, "spec.jobTemplate.spec", problems);
  if (job.selector) problems.invalid("spec.jobTemplate.spec.selector", job.selector, "`selector` will be auto-generated");
  if (job.manualSelector) problems.notSupported("spec.jobTemplate.spec.manualSelector", job.manualSelector, ["nil", "false"]);
  nonNegative(spec.successfulJobsHistoryLimit, "spec.successfulJobsHistoryLimit", problems);
  nonNegative(spec.failedJobsHistoryLimit, "spec.failedJobsHistoryLimit", problems);
}

function validateTimeZone(zone: string, problems: Problems): void {
  const at = "spec.timeZone";
  if (zone === "") return problems.invalid(at, zone, "timeZone must be nil or non-empty string");
  if (zone.toLowerCase() === "local")
    return problems.invalid(at, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
  if (!/^[A-Za-z0-9._+\-/]+$/.test(zone) || zone.includes("..")) return problems.invalid(at, zone, `unknown time zone ${zone}`);
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    problems.invalid(at, zone, `unknown time zone ${zone}`);
  }
}

function validateCronJobUpdate(cronJob: AnyObject, old: AnyObject, problems: Problems): void {
  validateCronJob(cronJob, old, problems);
}

function defaultCronJob({ spec }: CronJob): void {
  if (!spec) return;
  spec.concurrencyPolicy ||= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  defaultTemplate(spec.jobTemplate?.spec?.template);
}
