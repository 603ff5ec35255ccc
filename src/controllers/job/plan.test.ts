import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job, Pod } from "#api/mod.ts";
import type { Step } from "#client/mod.ts";
import { firstMissing, formatIndexes, has, overlap, parseIndexes, union } from "./indexes.ts";
import { concludeJob, planJob } from "./plan.ts";
import { indexKey, podOf } from "./pods.ts";
import { aJob, aWorker, nowMs, secondsAgo } from "./situations.ts";

const seenOf = (job: Job, own: Pod[]) => ({ job, own, adoption: [] });

/** `+` a pod made (with its index), `-` one ended, `~` one that loses its finalizer, `wait` in seconds. */
function summary(steps: readonly Step[]): string {
  return steps
    .map((step) => {
      if (step.do === "create") return `+${step.object.metadata.annotations?.[indexKey] ?? ""}`;
      if (step.do === "delete") return "-";
      if (step.do === "patch") return "~";
      return step.do === "again" ? `wait ${step.ms / 1000}` : step.do;
    })
    .join(" ");
}

const indexed = (completions: number, more: Job["spec"] = {}): Job["spec"] => ({
  completionMode: "Indexed",
  completions,
  parallelism: completions,
  ...more,
});
const running = (index?: number) => aWorker("Running", { index });

const situations: [name: string, job: Job, own: Pod[], expected: string][] = [
  ["as many as may run at once", aJob({ parallelism: 2, completions: 5 }), [], "+ +"],
  ["not more than are left to succeed", aJob({ parallelism: 3, completions: 3 }, { succeeded: 2 }), [], "+"],
  ["nothing while enough run", aJob({ parallelism: 2, completions: 5 }), [running(), running()], ""],
  ["too many end", aJob({ parallelism: 1, completions: 5 }), [running(), running()], "-"],
  ["work queue: parallelism until the first success", aJob({ parallelism: 2, completions: undefined }), [running()], "+"],
  ["work queue: then those that run may end", aJob({ parallelism: 2, completions: undefined }, { succeeded: 1 }), [running()], ""],
  ["after a failure: ten seconds", aJob(), [aWorker("Failed", { ended: 4 })], "wait 6"],
  ["after two: twenty", aJob(), [aWorker("Failed", { ended: 100 }), aWorker("Failed", { ended: 5 })], "wait 15"],
  ["a success starts the count anew", aJob({ completions: 2 }), [aWorker("Failed", { ended: 9 }), aWorker("Succeeded", { ended: 5 })], "+"],
  [
    "never more than ten minutes",
    aJob({ backoffLimit: 20 }),
    Array.from({ length: 12 }, () => aWorker("Failed", { ended: 60 })),
    "wait 540",
  ],
  ["one that is going is replaced at once", aJob(), [aWorker("Running", { deleting: true })], "+"],
  [
    "or when it has ended, where only failed ones are replaced",
    aJob({ podReplacementPolicy: "Failed" }),
    [aWorker("Running", { deleting: true })],
    "",
  ],
  ["suspended: all end", aJob({ suspend: true, parallelism: 2, completions: 2 }), [running(), running()], "- -"],
  [
    "too many failures: all end",
    aJob({ backoffLimit: 1, parallelism: 2, completions: 9 }),
    [aWorker("Failed"), aWorker("Failed"), running()],
    "-",
  ],
  ["too late: all end", aJob({ activeDeadlineSeconds: 600 }), [running()], "-"],
  ["in time: until the deadline", aJob({ activeDeadlineSeconds: 4000 }), [running()], "wait 400"],
  ["indexes: the lowest that are free", aJob(indexed(4, { parallelism: 3 }), { completedIndexes: "0" }), [running(2)], "+1 +3"],
  ["indexes: one pod for each", aJob(indexed(2)), [running(0), running(0), running(1)], "-"],
  ["indexes: none that the Job does not have", aJob(indexed(1)), [running(0), running(7)], "-"],
  [
    "indexes: a failed one comes back later",
    aJob(indexed(2, { backoffLimitPerIndex: 2 })),
    [running(0), aWorker("Failed", { index: 1, failures: 0, ended: 4 })],
    "wait 6",
  ],
  [
    "indexes: others need not wait for it",
    aJob(indexed(3, { backoffLimitPerIndex: 2 })),
    [running(0), aWorker("Failed", { index: 1, failures: 0, ended: 4 })],
    "+2",
  ],
  [
    "indexes: one that has failed for good stays away",
    aJob(indexed(3, { backoffLimitPerIndex: 0 }), { failedIndexes: "1" }),
    [running(0)],
    "+2",
  ],
  [
    "a pod whose end is written loses its finalizer",
    aJob({ completions: 2 }, withUncounted([], ["u"])),
    [counted("u", aWorker("Failed"))],
    "~ +",
  ],
  ["one whose end is not written keeps it", aJob({ completions: 2 }), [aWorker("Succeeded", { ended: 1 })], "+"],
  [
    "an index that is written needs no more",
    aJob(indexed(2), { completedIndexes: "0", succeeded: 1 }),
    [aWorker("Succeeded", { index: 0 }), running(1)],
    "~",
  ],
  [
    "a Job that is over lets all go",
    aJob({}, { conditions: [condition("Complete")] }),
    [aWorker("Succeeded"), aWorker("Succeeded", { counted: true })],
    "~",
  ],
  ["a Job that is being deleted lets all go", deleted(aJob({ parallelism: 2, completions: 2 })), [running()], "~"],
];

function withUncounted(succeeded: string[], failed: string[]): Job["status"] {
  return { uncountedTerminatedPods: { succeeded, failed } };
}
function counted(uid: string, pod: Pod): Pod {
  pod.metadata.uid = uid;
  return pod;
}
function deleted(job: Job): Job {
  job.metadata.deletionTimestamp = secondsAgo(1);
  return job;
}
function condition(type: string, reason = "", message = "") {
  return { type, status: "True", reason, message, lastTransitionTime: secondsAgo(0), lastProbeTime: secondsAgo(0) };
}

for (const [name, job, own, expected] of situations)
  test(`pods: ${name}`, () => assert.equal(summary(planJob(seenOf(job, own), nowMs)), expected));

/** The status that the round writes, and what users are told. */
function after(job: Job, own: Pod[]): { status: NonNullable<Job["status"]>; told: string[] } {
  const steps = concludeJob(seenOf(job, own), { wrote: [], failures: [] }, nowMs);
  const [step] = steps;
  return {
    status: step?.do === "status" ? ((step.object as Job).status ?? {}) : (job.status ?? {}),
    told: steps.flatMap((each) => (each.do === "event" ? `${each.type} ${each.reason} ${each.message}` : [])),
  };
}
const conditions = ({ status }: { status: Job["status"] }) =>
  (status?.conditions ?? []).map(({ type, status: is, reason }) => `${type}=${is} ${reason}`);

test("an end is written, then counted: neither lost nor doubled", () => {
  const done = counted("u", aWorker("Succeeded"));
  const first = after(aJob(), [done]);
  assert.deepEqual(first.status.uncountedTerminatedPods, { succeeded: ["u"] });
  assert.equal(first.status.succeeded, undefined);
  assert.deepEqual(conditions(first), ["SuccessCriteriaMet=True CompletionsReached"]);
  const again = after(aJob({}, first.status), [done]);
  assert.deepEqual(again.status.uncountedTerminatedPods, { succeeded: ["u"] });
  const last = after(aJob({}, first.status), [{ ...done, metadata: { ...done.metadata, finalizers: [] } }]);
  assert.deepEqual([last.status.succeeded, last.status.uncountedTerminatedPods], [1, {}]);
  assert.deepEqual(conditions(last), ["SuccessCriteriaMet=True CompletionsReached", "Complete=True CompletionsReached"]);
  assert.deepEqual(last.told, ["Normal Completed Job completed"]);
  assert.equal(last.status.completionTime, secondsAgo(0));
});

test("a Job fails when no pod runs any more", () => {
  const job = aJob({ backoffLimit: 0, parallelism: 2, completions: 2 });
  const [failed, other] = [counted("a", aWorker("Failed")), counted("b", running())];
  const first = after(job, [failed, other]);
  assert.deepEqual(conditions(first), ["FailureTarget=True BackoffLimitExceeded"]);
  assert.deepEqual(first.status.uncountedTerminatedPods, { failed: ["a", "b"] });
  const going = { ...other, metadata: { ...other.metadata, finalizers: [], deletionTimestamp: secondsAgo(1) } };
  const waiting = after(aJob(job.spec, first.status), [going]);
  assert.deepEqual(conditions(waiting), ["FailureTarget=True BackoffLimitExceeded"]);
  const last = after(aJob(job.spec, waiting.status), []);
  assert.deepEqual([last.status.failed, conditions(last)[1]], [2, "Failed=True BackoffLimitExceeded"]);
  assert.deepEqual(last.told, ["Warning BackoffLimitExceeded Job has reached the specified backoff limit"]);
});

const failurePolicy = (action: string): Job["spec"] => ({
  completions: 3,
  parallelism: 1,
  podFailurePolicy: { rules: [{ action, onExitCodes: { operator: "In", values: [42] } }] },
});
const with42 = () => counted("u", aWorker("Failed", { exitCode: 42 }));

test("failure policy: Ignore does not count, Count does, FailJob fails", () => {
  assert.deepEqual(after(aJob(failurePolicy("Ignore")), [with42()]).status.uncountedTerminatedPods, {});
  assert.deepEqual(after(aJob(failurePolicy("Count")), [with42()]).status.uncountedTerminatedPods, { failed: ["u"] });
  const failed = after(aJob(failurePolicy("FailJob")), [with42()]);
  assert.deepEqual(conditions(failed), ["FailureTarget=True PodFailurePolicy"]);
  assert.match(
    failed.status.conditions?.[0]?.message ?? "",
    /^Container c for pod default\/work-x-\d+ failed with exit code 42 matching FailJob rule at index 0$/,
  );
});

test("failure policy: by condition", () => {
  const rules = [{ action: "FailJob", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }];
  const pod = aWorker("Failed", { exitCode: 1 });
  pod.status!.conditions = [{ type: "DisruptionTarget", status: "True" }];
  const failed = after(aJob({ podFailurePolicy: { rules } }), [pod]);
  assert.equal(
    failed.status.conditions?.[0]?.message,
    `Pod default/${pod.metadata.name} has condition DisruptionTarget matching FailJob rule at index 0`,
  );
});

test("indexes: done, failed for good, and a Job of failed indexes", () => {
  const own = [
    aWorker("Succeeded", { index: 0 }),
    aWorker("Failed", { index: 1, failures: 1 }),
    aWorker("Failed", { index: 2, failures: 0 }),
  ];
  const job = aJob(indexed(4, { backoffLimitPerIndex: 1, backoffLimit: 99 }));
  const { status } = after(job, own);
  assert.deepEqual([status.completedIndexes, status.failedIndexes, status.succeeded], ["0", "1", 1]);
  assert.deepEqual(conditions(after(aJob(indexed(2, { backoffLimitPerIndex: 1, backoffLimit: 99 })), own.slice(0, 2))), [
    "FailureTarget=True FailedIndexes",
  ]);
  const many = aJob(indexed(9, { backoffLimitPerIndex: 1, maxFailedIndexes: 0, backoffLimit: 99 }));
  assert.deepEqual(conditions(after(many, own)), ["FailureTarget=True MaxFailedIndexesExceeded"]);
});

test("success policy: enough is enough, and what still runs is not counted", () => {
  const job = aJob(indexed(5, { successPolicy: { rules: [{ succeededIndexes: "0,2-3", succeededCount: 2 }] } }));
  const own = [aWorker("Succeeded", { index: 0 }), aWorker("Succeeded", { index: 3 }), running(1)];
  const met = after(job, own);
  assert.deepEqual(conditions(met), ["SuccessCriteriaMet=True SuccessPolicy"]);
  assert.equal(met.status.conditions?.[0]?.message, "Matched rules at index 0");
  assert.equal(summary(planJob(seenOf(job, own), nowMs)), "-");
  const going = { ...own[2]!, metadata: { ...own[2]!.metadata, deletionTimestamp: secondsAgo(1) } };
  assert.equal(after(aJob(job.spec, met.status), [going]).status.failed, undefined);
});

test("suspending takes the start away, going on sets it anew", () => {
  const off = after(aJob({ suspend: true }), [running()]);
  assert.deepEqual([off.status.startTime, off.status.active, conditions(off)[0]], [undefined, undefined, "Suspended=True JobSuspended"]);
  assert.deepEqual(off.told, ["Normal Suspended Job suspended"]);
  const on = after(aJob({}, off.status), []);
  assert.deepEqual(
    [on.status.startTime, conditions(on)[0], on.told[0]],
    [secondsAgo(0), "Suspended=False JobResumed", "Normal Resumed Job resumed"],
  );
});

test("restarts within a pod count for OnFailure", () => {
  const template = { metadata: {}, spec: { containers: [], restartPolicy: "OnFailure" } };
  const pod = running();
  pod.status!.containerStatuses = [{ name: "c", image: "", imageID: "", ready: true, restartCount: 2 }];
  assert.deepEqual(conditions(after(aJob({ template, backoffLimit: 2 }), [pod])), ["FailureTarget=True BackoffLimitExceeded"]);
  assert.deepEqual(conditions(after(aJob({ template, backoffLimit: 3 }), [pod])), []);
});

test("a pod knows its index: by name, label, annotation, host name and variable", () => {
  const pod = podOf(aJob(indexed(3, { backoffLimitPerIndex: 5 })), 2, aWorker("Failed", { index: 2, failures: 3 }));
  assert.equal(pod.metadata.generateName, "work-2-");
  assert.equal(pod.metadata.labels?.[indexKey], "2");
  assert.deepEqual(pod.metadata.annotations, { [indexKey]: "2", "batch.kubernetes.io/job-index-failure-count": "4" });
  assert.equal(pod.spec?.hostname, "work-2");
  assert.deepEqual(pod.spec?.containers?.[0]?.env, [
    { name: "JOB_COMPLETION_INDEX", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: `metadata.labels['${indexKey}']` } } },
  ]);
});

test("sets of indexes", () => {
  const set = parseIndexes("5,0-2,1-3,9-20", 12);
  assert.equal(formatIndexes(set), "0-3,5,9-11");
  assert.equal(formatIndexes(union(set, [[4, 4]])), "0-5,9-11");
  assert.equal(formatIndexes(parseIndexes("1,2", 9)), "1,2");
  assert.deepEqual([has(set, 3), has(set, 4), has(set, 11), has(set, 12)], [true, false, true, false]);
  assert.deepEqual(firstMissing(set, 3, 12), [4, 6, 7]);
  assert.equal(overlap(set, parseIndexes("3-9", 12)), 3);
  assert.deepEqual(parseIndexes("x,7-1", 9), []);
});
