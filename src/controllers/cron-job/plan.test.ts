import assert from "node:assert/strict";
import { test } from "node:test";
import type { CronJob, Job } from "#api/mod.ts";
import { controllerReference, type Step, timestamp } from "#client/mod.ts";
import { aMeta, nowMs, secondsAgo } from "../situations.ts";
import { concludeCronJob, planCronJob } from "./plan.ts";
import { dueBetween, scheduleOf } from "./schedule.ts";

/** Half a minute past midnight. */
const atMs = nowMs + 30_000;

function aCron(spec: CronJob["spec"] = {}, status: CronJob["status"] = {}): CronJob {
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: aMeta("tick", { creationTimestamp: secondsAgo(30) }),
    spec: { schedule: "* * * * *", concurrencyPolicy: "Allow", jobTemplate: { metadata: { labels: { of: "tick" } }, spec: {} }, ...spec },
    status,
  };
}

function aJob(name: string, end?: "Complete" | "Failed", more: Job["status"] = {}): Job {
  const conditions = end ? [{ type: end, status: "True" }] : [];
  const annotations = { "batch.kubernetes.io/cronjob-scheduled-timestamp": secondsAgo(3600) };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: aMeta(name, { annotations, ownerReferences: [controllerReference(aCron())] }),
    status: { conditions, ...more },
  };
}
const referenceTo = ({ metadata }: Job) => ({
  kind: "Job",
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
  apiVersion: "batch/v1",
});

function summary(steps: readonly Step[]): string {
  return steps
    .map((step) => {
      if (step.do === "create") return `+${step.object.metadata.name}`;
      if (step.do === "delete") return `-${step.ref.name}`;
      if (step.do === "again") return `in ${step.ms / 1000}`;
      return step.do === "event" ? step.reason : step.do;
    })
    .join(" ");
}

const minute = Math.floor(nowMs / 60_000);
const running = aJob("running");
const withRunning = { active: [referenceTo(running)], lastScheduleTime: timestamp(nowMs - 60_000) };

const situations: [name: string, cron: CronJob, own: Job[], expected: string][] = [
  ["what is due is made, once, and the next look is set", aCron(), [], `+tick-${minute} in 30.1`],
  ["what was made is not made again", aCron({}, { lastScheduleTime: timestamp(nowMs) }), [], "in 30.1"],
  ["nor when only the status was lost", aCron(), [aJob(`tick-${minute}`)], "UnexpectedJob in 30.1"],
  ["a Job of somebody else is told", aCron({ suspend: true }), [aJob("manual")], "UnexpectedJob"],
  ["nothing is due yet", aCron({ schedule: "0 12 * * *" }), [], "in 43170.1"],
  ["suspended", aCron({ suspend: true }), [], ""],
  ["Allow runs beside", aCron({}, withRunning), [running], `+tick-${minute} in 30.1`],
  ["Forbid does not", aCron({ concurrencyPolicy: "Forbid" }, withRunning), [running], "JobAlreadyActive in 30.1"],
  ["Replace ends the one that runs", aCron({ concurrencyPolicy: "Replace" }, withRunning), [running], `-running +tick-${minute} in 30.1`],
  ["too late to start", aCron({ startingDeadlineSeconds: 10 }), [], "in 30.1"],
  ["late, but in time", aCron({ startingDeadlineSeconds: 40 }), [], `+tick-${minute} in 30.1`],
  ["a zone that is none", aCron({ timeZone: "Nowhere/City" }), [], "UnknownTimeZone"],
  ["a zone that is none, while suspended", aCron({ timeZone: "Nowhere/City", suspend: true }), [], "UnknownTimeZone"],
  ["a day that no month has", aCron({ schedule: "59 23 31 2 *" }), [], "InvalidSchedule"],
  ["a zone in the schedule", aCron({ schedule: "TZ=UTC * * * * *" }), [], `UnsupportedSchedule +tick-${minute} in 30.1`],
  ["a schedule that is none", aCron({ schedule: "every day" }), [], "UnparseableSchedule"],
  [
    "a hundred and more missed: one is made, and it is told",
    aCron({}, { lastScheduleTime: timestamp(nowMs - 86_400_000) }),
    [],
    `TooManyMissedTimes +tick-${minute} in 30.1`,
  ],
];
for (const [name, cron, own, expected] of situations)
  test(`due: ${name}`, () => assert.equal(summary(planCronJob({ cron, own }, atMs)), expected));

test("a Job carries the template, the moment that it is for and its owner", () => {
  const [step] = planCronJob({ cron: aCron(), own: [] }, atMs);
  const job = step?.do === "create" ? (step.object as Job) : undefined;
  assert.deepEqual(job?.metadata.labels, { of: "tick" });
  assert.deepEqual(job?.metadata.annotations, { "batch.kubernetes.io/cronjob-scheduled-timestamp": timestamp(nowMs) });
  assert.equal(job?.metadata.ownerReferences?.[0]?.kind, "CronJob");
});

test("the status lists what runs, and when it last started and succeeded", () => {
  const cron = aCron({}, { active: [referenceTo(running)] });
  const done = aJob("done", "Complete", { completionTime: secondsAgo(7) });
  const [step] = planCronJob({ cron, own: [] }, atMs).filter((each) => each.do === "create");
  const wrote = [{ ...step!.object, metadata: { ...step!.object.metadata, uid: "new" } }];
  const [written] = concludeCronJob({ cron, own: [running, done] }, { wrote, failures: [] }, atMs);
  const status = written?.do === "status" ? (written.object as CronJob).status : undefined;
  assert.deepEqual(
    status?.active?.map(({ name }) => name),
    ["running", `tick-${minute}`],
  );
  assert.deepEqual([status?.lastScheduleTime, status?.lastSuccessfulTime], [timestamp(nowMs), secondsAgo(7)]);
});

test("a Job that ended leaves the list, one that is gone too, and both are told", () => {
  const done = aJob("done", "Failed");
  const cron = aCron({ suspend: true }, { active: [referenceTo(done), referenceTo(aJob("lost"))] });
  assert.equal(summary(planCronJob({ cron, own: [done] }, atMs)), "SawCompletedJob MissingJob");
  const [written] = concludeCronJob({ cron, own: [done] }, { wrote: [], failures: [] }, atMs);
  assert.deepEqual(written?.do === "status" && (written.object as CronJob).status, {});
});

test("a Job whose status was lost is noted as the one that is due", () => {
  const lost = aJob(`tick-${minute}`);
  lost.metadata.annotations!["batch.kubernetes.io/cronjob-scheduled-timestamp"] = timestamp(nowMs);
  const [written] = concludeCronJob({ cron: aCron(), own: [lost] }, { wrote: [], failures: [] }, atMs);
  const status = written?.do === "status" ? (written.object as CronJob).status : undefined;
  assert.deepEqual([status?.active?.[0]?.name, status?.lastScheduleTime], [`tick-${minute}`, timestamp(nowMs)]);
  assert.deepEqual(concludeCronJob({ cron: aCron({ suspend: true }), own: [lost] }, { wrote: [], failures: [] }, atMs), []);
});

test("a day that no month has is told in upstream's words", () => {
  const [step] = planCronJob({ cron: aCron({ schedule: "59 23 31 2 *" }), own: [] }, atMs);
  assert.equal(
    step?.do === "event" && step.message,
    "invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second",
  );
});

test("what goes beyond the limits is told", () => {
  const own = ["a", "b"].map((name) => aJob(name, "Failed"));
  const [step] = planCronJob({ cron: aCron({ suspend: true }), own }, atMs);
  assert.deepEqual(step?.do === "delete" && step.told?.done, ["SuccessfulDelete", "Deleted job {name}"]);
});

test("finished Jobs beyond the limits go, oldest first", () => {
  const own = [1, 2, 3, 4, 5].map((age) => aJob(`ok-${age}`, "Complete", { startTime: secondsAgo(age * 100) }));
  own.push(aJob("bad-1", "Failed", { startTime: secondsAgo(9) }), aJob("bad-2", "Failed", { startTime: secondsAgo(8) }));
  assert.equal(summary(planCronJob({ cron: aCron({ suspend: true }), own }, atMs)), "-ok-5 -ok-4 -bad-1");
});

const runs = (schedule: string, zone: string | undefined, from: string, count: number): string[] => {
  const parsed = scheduleOf(schedule, zone);
  const times: string[] = [];
  for (let at = parsed.after(Date.parse(from)); at !== undefined && times.length < count; at = parsed.after(at)) times.push(timestamp(at));
  return times;
};

test("an hour that summer time leaves out is not made up for", () => {
  assert.deepEqual(runs("30 2 * * *", "America/New_York", "2026-03-07T00:00:00Z", 2), ["2026-03-07T07:30:00Z", "2026-03-09T06:30:00Z"]);
});

test("day of month or day of week, nicknames, @every", () => {
  assert.deepEqual(runs("0 0 13 * 5", undefined, "2026-01-08T00:00:00Z", 3), [
    "2026-01-09T00:00:00Z",
    "2026-01-13T00:00:00Z",
    "2026-01-16T00:00:00Z",
  ]);
  assert.deepEqual(runs("@weekly", undefined, "2026-01-01T00:00:00Z", 1), ["2026-01-04T00:00:00Z"]);
  assert.deepEqual(runs("@every 1h30m", undefined, "2026-01-01T00:00:00Z", 2), ["2026-01-01T01:30:00Z", "2026-01-01T03:00:00Z"]);
  assert.deepEqual(runs("0 0 30 2 *", undefined, "2026-01-01T00:00:00Z", 1), []);
});

test("years of missed minutes are found without walking through them", () => {
  const due = dueBetween(scheduleOf("* * * * *"), Date.parse("2016-01-01T00:00:00Z"), atMs);
  assert.deepEqual(due, { lastMs: nowMs, tooMany: true });
});

test("how many were missed is estimated from the first two", () => {
  const hours = scheduleOf("0 9-10 * * *");
  assert.equal(dueBetween(hours, Date.parse("2026-01-01T00:00:00Z"), Date.parse("2026-01-05T12:00:00Z")).tooMany, false);
  assert.equal(dueBetween(hours, Date.parse("2026-01-01T00:00:00Z"), Date.parse("2026-01-05T13:00:00Z")).tooMany, true);
  assert.equal(dueBetween(hours, Date.parse("2026-01-01T09:30:00Z"), Date.parse("2026-01-05T13:00:00Z")).tooMany, false);
});
