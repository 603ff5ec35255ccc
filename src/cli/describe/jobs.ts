/** Pages of Jobs and of what makes them by the clock. */
import { humanDuration, selectorText } from "../print/values.ts";
import { longTime } from "./outline.ts";
import { type Describer, page } from "./page.ts";
import { podTemplate } from "./pod-parts.ts";

const job = page((out, object, around) => {
  const { spec, status = {} } = object;
  out.head(object);
  out.line(0, `Selector:\t${selectorText(spec.selector)}`);
  out.labels(object);
  out.controller(object);
  if (spec.parallelism !== undefined) out.line(0, `Parallelism:\t${spec.parallelism}`);
  out.line(0, `Completions:\t${spec.completions ?? "<unset>"}`);
  if (spec.completionMode) out.line(0, `Completion Mode:\t${spec.completionMode}`);
  if (spec.suspend !== undefined) out.line(0, `Suspend:\t${spec.suspend}`);
  if (spec.backoffLimit !== undefined) out.line(0, `Backoff Limit:\t${spec.backoffLimit}`);
  if (spec.ttlSecondsAfterFinished !== undefined) out.line(0, `TTL Seconds After Finished:\t${spec.ttlSecondsAfterFinished}`);
  if (status.startTime) out.line(0, `Start Time:\t${longTime(status.startTime)}`);
  if (status.completionTime) out.line(0, `Completed At:\t${longTime(status.completionTime)}`);
  if (status.startTime && status.completionTime)
    out.line(0, `Duration:\t${humanDuration(Date.parse(status.completionTime) - Date.parse(status.startTime))}`);
  if (spec.activeDeadlineSeconds !== undefined) out.line(0, `Active Deadline Seconds:\t${spec.activeDeadlineSeconds}s`);
  const ready = status.ready === undefined ? "" : ` (${status.ready} Ready)`;
  out.line(0, `Pods Statuses:\t${status.active ?? 0} Active${ready} / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed`);
  if (spec.completionMode === "Indexed") out.line(0, `Completed Indexes:\t${status.completedIndexes || "<none>"}`);
  podTemplate(out, spec.template);
  out.events(around.events);
});

const cronJob = page((out, object, around) => {
  const { spec, status = {} } = object;
  const orUnset = (value: unknown) => value ?? "<unset>";
  out.head(object);
  out.labels(object);
  out.line(0, `Schedule:\t${spec.schedule}`);
  out.line(0, `Concurrency Policy:\t${spec.concurrencyPolicy}`);
  out.line(0, `Suspend:\t${spec.suspend === undefined ? "<unset>" : spec.suspend ? "True" : "False"}`);
  out.line(0, `Time Zone:\t${orUnset(spec.timeZone)}`);
  out.line(0, `Successful Job History Limit:\t${orUnset(spec.successfulJobsHistoryLimit)}`);
  out.line(0, `Failed Job History Limit:\t${orUnset(spec.failedJobsHistoryLimit)}`);
  out.line(0, `Starting Deadline Seconds:\t${spec.startingDeadlineSeconds === undefined ? "<unset>" : `${spec.startingDeadlineSeconds}s`}`);
  const template = spec.jobTemplate?.spec ?? {};
  out.line(0, `Selector:\t${template.selector ? selectorText(template.selector) : "<unset>"}`);
  out.line(0, `Parallelism:\t${orUnset(template.parallelism)}`);
  out.line(0, `Completions:\t${orUnset(template.completions)}`);
  if (template.activeDeadlineSeconds !== undefined) out.line(0, `Active Deadline Seconds:\t${template.activeDeadlineSeconds}s`);
  podTemplate(out, template.template);
  out.line(0, `Last Schedule Time:\t${status.lastScheduleTime ? longTime(status.lastScheduleTime) : "<unset>"}`);
  const active = ((status.active ?? []) as { name: string }[]).map(({ name }) => name);
  out.line(0, `Active Jobs:\t${active.join(", ") || "<none>"}`);
  out.events(around.events);
});

export const jobDescribers: Record<string, Describer> = { "CronJob.batch": cronJob, "Job.batch": job };
