import assert from "node:assert/strict";
import { test } from "node:test";
import { type Job, jobs, type Pod, pods } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { isTracked } from "./pods.ts";
import { jobOrphans, jobReconciler } from "./see.ts";
import { aJob, aWorker } from "./situations.ts";

const fresh = (spec: Job["spec"] = {}): Job => ({ ...aJob(spec), status: {} });

test("a Job makes its pod, counts it once and is complete", async () => {
  const { all, get, put, told, settled, close } = await trial(jobReconciler, [[jobs, fresh()]]);
  const [pod] = await all<Pod>(pods);
  assert.ok(isTracked(pod!));
  assert.equal(get(jobs, "default/work")?.status?.active, 1);
  put(pods, { ...pod!, status: { phase: "Succeeded" } });
  await settled();
  const { status } = get(jobs, "default/work")!;
  assert.deepEqual([status?.succeeded, status?.active, status?.uncountedTerminatedPods], [1, undefined, {}]);
  assert.deepEqual(
    status?.conditions?.map(({ type }) => type),
    ["SuccessCriteriaMet", "Complete"],
  );
  assert.ok(!isTracked((await all<Pod>(pods))[0]!));
  assert.deepEqual((await told()).slice(1), ["Normal Completed Job completed"]);
  await close();
});

test("a Job of another controller is left alone", async () => {
  const { all, close } = await trial(jobReconciler, [[jobs, fresh({ managedBy: "example.com/queue" })]]);
  assert.equal((await all(pods)).length, 0);
  await close();
});

test("a pod whose Job is gone loses its finalizer; one whose Job is there keeps it", async () => {
  const job = fresh();
  const owner = { apiVersion: "batch/v1", kind: "Job", name: "work", uid: job.metadata.uid!, controller: true };
  const of = (pod: Pod, uid: string): Pod => ({ ...pod, metadata: { ...pod.metadata, ownerReferences: [{ ...owner, uid }] } });
  const [kept, lost, free] = [of(aWorker("Running"), job.metadata.uid!), of(aWorker("Running"), "of a former one"), aWorker("Running")];
  const { get, close } = await trial(jobOrphans, [
    [jobs, job],
    [pods, kept],
    [pods, lost],
    [pods, free],
  ]);
  const tracked = (pod: Pod) => isTracked(get(pods, `default/${pod.metadata.name}`)!);
  assert.deepEqual([tracked(kept), tracked(lost), tracked(free)], [true, false, false]);
  await close();
});
