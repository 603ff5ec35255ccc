/** A Job's pods: how they ended, which index they are of, how long to wait after failures, and the pod of a template. */
import type { Container, Job, Pod, PodTemplateSpec } from "#api/mod.ts";
import { conditionOf, timeOf } from "#client/mod.ts";
import { podFromTemplate } from "../pods.ts";
import { meaningOf } from "./policies.ts";

/** Keeps a pod until it has been counted. */
export const trackingFinalizer = "batch.kubernetes.io/job-tracking";
export const indexKey = "batch.kubernetes.io/job-completion-index";
const failureCountKey = "batch.kubernetes.io/job-index-failure-count";
const ignoredCountKey = "batch.kubernetes.io/job-index-ignored-failure-count";

export const isIndexed = (job: Job): boolean => job.spec?.completionMode === "Indexed";
export const isTracked = (pod: Pod): boolean => (pod.metadata.finalizers ?? []).includes(trackingFinalizer);
export const hasSucceeded = (pod: Pod): boolean => pod.status?.phase === "Succeeded";

/** Only pods that have really ended are replaced; otherwise one that is on its way out counts as failed at once. */
export const replacesOnlyFailed = ({ spec }: Job): boolean =>
  spec?.podReplacementPolicy === "Failed" || spec?.podFailurePolicy !== undefined;

export function hasFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === "Failed") return true;
  return !replacesOnlyFailed(job) && pod.metadata.deletionTimestamp !== undefined && !hasSucceeded(pod);
}

/** undefined: of no index that the Job has. */
export function indexOf(job: Job, pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[indexKey] ?? "";
  return /^\d{1,10}$/.test(text) && Number(text) < (job.spec?.completions ?? 0) ? Number(text) : undefined;
}

const numberOf = (pod: Pod, key: string): number => {
  const text = pod.metadata.annotations?.[key] ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
};
/** Failures of its index before this pod that count, and all of them. */
export const failuresBefore = (pod: Pod): number => numberOf(pod, failureCountKey);
export const allFailuresBefore = (pod: Pod): number => numberOf(pod, failureCountKey) + numberOf(pod, ignoredCountKey);

export function podOf(job: Job, index?: number, replaced?: Pod): Pod {
  const template = job.spec?.template;
  const finalizers = [...new Set([...(template?.metadata?.finalizers ?? []), trackingFinalizer])];
  if (index === undefined) return podFromTemplate({ ...template, metadata: { ...template?.metadata, finalizers } }, job);
  const number = String(index);
  const annotations = {
    ...template?.metadata?.annotations,
    [indexKey]: number,
    ...(job.spec?.backoffLimitPerIndex === undefined ? {} : failureCounts(job, replaced)),
  };
  const labels = { ...template?.metadata?.labels, [indexKey]: number };
  const hostname = `${job.metadata.name}-${number}`;
  const indexed: PodTemplateSpec = {
    ...template,
    metadata: { ...template?.metadata, labels, annotations, finalizers },
    spec: {
      ...template?.spec,
      hostname,
      containers: (template?.spec?.containers ?? []).map(withIndex),
      ...(template?.spec?.initContainers ? { initContainers: template.spec.initContainers.map(withIndex) } : {}),
    },
  };
  const pod = podFromTemplate(indexed, job);
  return { ...pod, metadata: { ...pod.metadata, generateName: generatedName(job.metadata.name ?? "", index) } };
}

function failureCounts(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (!replaced) return { [failureCountKey]: "0" };
  const counts = meaningOf(job, replaced).counts;
  const ignored = numberOf(replaced, ignoredCountKey) + (counts ? 0 : 1);
  return {
    [failureCountKey]: String(failuresBefore(replaced) + (counts ? 1 : 0)),
    ...(ignored > 0 ? { [ignoredCountKey]: String(ignored) } : {}),
  };
}

const indexVariable = "JOB_COMPLETION_INDEX";

function withIndex(container: Container): Container {
  if ((container.env ?? []).some(({ name }) => name === indexVariable)) return container;
  const valueFrom = { fieldRef: { apiVersion: "v1", fieldPath: `metadata.labels['${indexKey}']` } };
  return { ...container, env: [...(container.env ?? []), { name: indexVariable, valueFrom }] };
}

/** What the server can still complete by five characters. */
const longestGenerateName = 58;

function generatedName(job: string, index: number): string {
  const end = `-${index}-`;
  return `${job.slice(0, longestGenerateName - end.length)}${end}`;
}

/** When a pod ended: its last container, or when it ceased to be ready, or was to be gone. */
export function finishedAt(pod: Pod): number {
  const { status, metadata } = pod;
  const ends = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map(({ state }) =>
    timeOf(state?.terminated?.finishedAt),
  );
  if (ends.length > 0 && ends.every((end) => end !== undefined)) return Math.max(...(ends as number[]));
  const ready = conditionOf(status?.conditions, "Ready");
  const unreadySince = ready?.status === "False" ? timeOf(ready.lastTransitionTime) : undefined;
  const toBeGone = timeOf(metadata.deletionTimestamp);
  const grace = (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return unreadySince ?? (toBeGone === undefined ? undefined : toBeGone - grace) ?? timeOf(metadata.creationTimestamp) ?? 0;
}

const [firstWaitMs, longestWaitMs] = [10_000, 600_000];

/** Until the next pod may be made, after so many failures in a row. */
export function waitMsAfter(failures: number, lastMs: number, nowMs: number): number {
  if (failures === 0) return 0;
  return Math.max(0, Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures - 1, 20)) - (nowMs - lastMs));
}

/** Failures since the last success, of the pods that are still there. */
export function failuresInARow(succeeded: readonly Pod[], failed: readonly Pod[]): { count: number; lastMs: number } {
  const lastSuccess = Math.max(Number.NEGATIVE_INFINITY, ...succeeded.map(finishedAt));
  const times = failed.map(finishedAt).filter((ms) => ms > lastSuccess);
  return { count: times.length, lastMs: Math.max(0, ...times) };
}
