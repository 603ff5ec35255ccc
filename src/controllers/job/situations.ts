/** Jobs and their pods, for tables of situations. */
import type { Job, Pod } from "#api/mod.ts";
import { aMeta, aPod, nowMs, secondsAgo } from "../situations.ts";
import { indexKey, trackingFinalizer } from "./pods.ts";

export const labels = { job: "work" };

export function aJob(spec: Job["spec"] = {}, status: Job["status"] = {}): Job {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: aMeta("work"),
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "work" }], restartPolicy: "Never" } },
      ...spec,
    },
    status: { startTime: secondsAgo(3600), ...status },
  };
}

export interface WorkerOptions {
  index?: number;
  failures?: number;
  /** Already counted: without the finalizer. */
  counted?: boolean;
  exitCode?: number;
  /** Seconds since it ended. */
  ended?: number;
  deleting?: boolean;
  readyFor?: number;
}

let serial = 0;

/** A pod of the Job, that ended long ago unless told. */
export function aWorker(phase: "Pending" | "Running" | "Succeeded" | "Failed", options: WorkerOptions = {}): Pod {
  const { index, failures, counted, exitCode = 0, ended = 3000, deleting, readyFor } = options;
  const annotations = {
    ...(index === undefined ? {} : { [indexKey]: String(index) }),
    ...(failures === undefined ? {} : { "batch.kubernetes.io/job-index-failure-count": String(failures) }),
  };
  const pod = aPod({ name: `work-${index ?? "x"}-${++serial}`, labels, annotations, phase, deleting, readyFor });
  if (!counted) pod.metadata.finalizers = [trackingFinalizer];
  const over = phase === "Succeeded" || phase === "Failed";
  const terminated = { exitCode, finishedAt: secondsAgo(ended) };
  if (over) pod.status!.containerStatuses = [{ name: "c", image: "", imageID: "", ready: false, restartCount: 0, state: { terminated } }];
  return pod;
}

export { nowMs, secondsAgo };
