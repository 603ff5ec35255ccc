/** What a job's status may become: counters, indexes, times and conditions that other controllers of jobs must keep to as well. */

import { nonNegative } from "../checks/primitives.ts";
import { omitted, type Problems } from "../checks/problems.ts";
import type { AnyObject } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";

const holds = ({ status }: AnyObject, type: string, wanted = "True"): boolean =>
  (status?.conditions ?? []).some((condition: AnyObject) => condition.type === type && condition.status === wanted);
const isFinished = (job: AnyObject): boolean => holds(job, "Complete") || holds(job, "Failed");
const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000);

/** What is wrong is told only where it changes: a status that has become wrong by a change of the spec can be mended in steps. */
export function checkJobStatus(job: AnyObject, old: AnyObject, problems: Problems): void {
  const [status, before] = [job.status ?? {}, old.status ?? {}];
  const differs = (...names: string[]) => names.some((name) => !semanticEqual(status[name], before[name]));
  const turned = (...types: string[]) => types.some((type) => holds(job, type) !== holds(old, type));
  const finishedTurned = isFinished(job) !== isFinished(old);
  for (const name of ["active", "succeeded", "failed", "ready", "terminating"]) nonNegative(status[name], `status.${name}`, problems);
  checkUncounted(status.uncountedTerminatedPods, problems);
  const wrong = (detail: string) => problems.invalid("status.conditions", omitted, detail);
  const isComplete = holds(job, "Complete");
  if (turned("Complete", "Failed") && isComplete && holds(job, "Failed")) wrong("cannot set Complete=True and Failed=true conditions");
  if (turned("Complete", "FailureTarget") && isComplete && holds(job, "FailureTarget"))
    wrong("cannot set Complete=True and FailureTarget=true conditions");
  checkTimes(job, { changed: turned("Complete") || differs("completionTime"), ordered: differs("startTime", "completionTime") }, problems);
  if ((turned("Failed") || differs("failedIndexes")) && holds(job, "Failed") && !holds(job, "FailureTarget"))
    wrong("cannot set Failed=True condition without the FailureTarget=true condition");
  if (turned("Complete", "SuccessCriteriaMet") && isComplete && !holds(job, "SuccessCriteriaMet"))
    wrong("cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  if (isFinished(job)) checkFinished(job, { finishedTurned, differs }, problems);
  checkIndexes(job, { completed: differs("completedIndexes"), failed: differs("failedIndexes") }, problems);
  if ((finishedTurned || differs("terminating")) && status.terminating > 0 && isFinished(job))
    problems.invalid("status.terminating", status.terminating, "terminating>0 is invalid for finished job");
  if (differs("ready", "active") && status.ready !== undefined && status.ready > (status.active ?? 0))
    problems.invalid("status.ready", status.ready, "cannot set more ready pods than active");
  if (holds(job, "SuccessCriteriaMet"))
    for (const other of ["Failed", "FailureTarget"])
      if (holds(job, other)) wrong(`cannot set SuccessCriteriaMet=True and ${other}=true conditions`);
  if (job.spec?.successPolicy && isComplete && !holds(job, "SuccessCriteriaMet"))
    wrong("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
  checkChange(job, old, problems);
}

function checkUncounted(uncounted: AnyObject | undefined, problems: Problems): void {
  const seen = new Set<string>();
  for (const list of ["succeeded", "failed"])
    for (const [i, uid] of (uncounted?.[list] ?? []).entries()) {
      const at = `status.uncountedTerminatedPods.${list}[${i}]`;
      if (!uid) problems.invalid(at, uid, "must not be empty");
      else if (seen.has(uid)) problems.duplicate(at, uid);
      seen.add(uid);
    }
}

function checkTimes(job: AnyObject, { changed, ordered }: { changed: boolean; ordered: boolean }, problems: Problems): void {
  const { startTime, completionTime } = job.status ?? {};
  const at = "status.completionTime";
  if (changed && completionTime && !holds(job, "Complete"))
    problems.invalid(at, completionTime, "cannot set completionTime when there is no Complete=True condition");
  if (changed && !completionTime && holds(job, "Complete")) problems.required(at, "completionTime is required for Complete jobs");
  if (ordered && startTime && completionTime && secondsOf(completionTime) < secondsOf(startTime))
    problems.invalid(at, completionTime, "must be equal to or after `startTime`");
}

interface Changes {
  finishedTurned: boolean;
  differs(...names: string[]): boolean;
}

function checkFinished({ spec, status }: AnyObject, { finishedTurned, differs }: Changes, problems: Problems): void {
  if ((finishedTurned || differs("active")) && status.active > 0)
    problems.invalid("status.active", status.active, "active>0 is invalid for finished job");
  const neverRuns = spec?.suspend === true && spec?.completions === 0;
  if ((finishedTurned || differs("startTime")) && !neverRuns && !status.startTime)
    problems.required("status.startTime", "startTime is required for finished job");
  const uncounted = status.uncountedTerminatedPods;
  if ((finishedTurned || differs("uncountedTerminatedPods")) && (uncounted?.failed?.length || uncounted?.succeeded?.length))
    problems.invalid("status.uncountedTerminatedPods", uncounted, "must be empty for finished job");
}

function checkIndexes({ spec = {}, status = {} }: AnyObject, changed: { completed: boolean; failed: boolean }, problems: Problems): void {
  const { completedIndexes = "", failedIndexes } = status;
  const { completions, backoffLimitPerIndex } = spec;
  const parse = (name: string, text: string) => {
    const fault = faultOf(text, completions);
    if (fault) problems.invalid(`status.${name}`, text, `error parsing ${name}: ${fault}`);
  };
  if (changed.completed && completions !== undefined) parse("completedIndexes", completedIndexes);
  if (changed.failed && completions !== undefined && backoffLimitPerIndex !== undefined && failedIndexes !== undefined)
    parse("failedIndexes", failedIndexes);
  if (changed.completed && completedIndexes && spec.completionMode !== "Indexed")
    problems.invalid("status.completedIndexes", completedIndexes, "cannot set non-empty completedIndexes when non-indexed completion mode");
  if (changed.failed && backoffLimitPerIndex === undefined && failedIndexes !== undefined)
    problems.invalid("status.failedIndexes", failedIndexes, "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
  if ((changed.completed || changed.failed) && completions !== undefined && failedIndexes !== undefined) {
    const both = overlap(completedIndexes, failedIndexes, completions);
    if (both !== undefined)
      problems.invalid("status.failedIndexes", failedIndexes, `failedIndexes and completedIndexes overlap at index: ${both}`);
  }
}

type Interval = [first: number, last: number];

/** An interval, or what is wrong with it. */
function intervalOf(text: string, completions: number): Interval | string {
  const parts = text.split("-");
  const quoted = JSON.stringify(text);
  if (parts.length > 2)
    return `the fragment ${quoted} violates the requirement that an index interval can have at most two parts separated by '-'`;
  const ends: number[] = [];
  for (const part of parts) {
    if (!/^\d+$/.test(part)) return `cannot convert string to integer for index: ${JSON.stringify(part)}`;
    if (Number(part) >= completions) return `too large index: ${JSON.stringify(part)}`;
    ends.push(Number(part));
  }
  const [first, last = first] = ends as Interval;
  return ends.length === 2 && first >= last ? `non-increasing order, previous: ${first}, current: ${last}` : [first, last];
}

function faultOf(indexes: string, completions: number): string | undefined {
  let previous: number | undefined;
  for (const text of indexes === "" ? [] : indexes.split(",")) {
    const interval = intervalOf(text, completions);
    if (typeof interval === "string") return interval;
    if (previous !== undefined && previous >= interval[0]) return `non-increasing order, previous: ${previous}, current: ${interval[0]}`;
    previous = interval[1];
  }
  return undefined;
}

/** The first index in both, as upstream walks two lists in order. */
function overlap(completed: string, failed: string, completions: number): number | undefined {
  const lists = [completed, failed].map((text) =>
    text.split(",").flatMap((part) => {
      const interval = intervalOf(part, completions);
      return typeof interval === "string" ? [] : [interval];
    }),
  );
  const [a, b] = lists as [Interval[], Interval[]];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i]!, b[j]!];
    if (x[0] <= y[1] && y[0] <= x[1]) return Math.max(x[0], y[0]);
    if (x[0] <= y[0]) i++;
    else j++;
  }
  return undefined;
}

function checkChange(job: AnyObject, old: AnyObject, problems: Problems): void {
  const [status, before] = [job.status ?? {}, old.status ?? {}];
  const { spec = {} } = job;
  const wrong = (detail: string) => problems.invalid("status.conditions", omitted, detail);
  for (const type of ["Failed", "Complete", "FailureTarget"])
    if (holds(old, type) && !holds(job, type)) wrong(`cannot disable the terminal ${type}=True condition`);
  if ((status.failed ?? 0) < (before.failed ?? 0))
    problems.invalid("status.failed", status.failed ?? 0, "cannot decrease the failed counter");
  const mayShrink = spec.completionMode === "Indexed" && spec.completions === spec.parallelism;
  if (!mayShrink && (status.succeeded ?? 0) < (before.succeeded ?? 0))
    problems.invalid("status.succeeded", status.succeeded ?? 0, "cannot decrease the succeeded counter");
  if (status.completionTime && before.completionTime && status.completionTime !== before.completionTime)
    problems.invalid("status.completionTime", status.completionTime, "field is immutable");
  const resumes = holds(old, "Suspended") && holds(job, "Suspended", "False");
  if (before.startTime && status.startTime !== before.startTime && !resumes && spec.suspend !== true)
    problems.invalid("status.startTime", status.startTime ?? null, "field is immutable for unsuspended job once set");
  if (holds(old, "SuccessCriteriaMet") && !holds(job, "SuccessCriteriaMet")) wrong("cannot disable the SuccessCriteriaMet=True condition");
  if (holds(old, "Complete") && !holds(old, "SuccessCriteriaMet") && holds(job, "SuccessCriteriaMet"))
    wrong("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions");
}
