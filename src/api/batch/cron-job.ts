/** Declarations of PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule, PodFailurePolicy, . */

import { PodTemplateSpec } from "../core/pod-spec.ts";
import { ObjectReference } from "../core/references.ts";
import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, int64, kind, list, ref, string, struct, time } from "../schema.ts";

export const PodFailurePolicyOnExitCodesRequirement = struct("io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement", "Exit codes.", {
  containerName: string(1, { pointer: true, doc: "The container; any when left out." }),
  operator: string(2, {
    goType: "v1.PodFailurePolicyOnExitCodesOperator",
    always: true,
    required: true,
    enum: ["In", "NotIn"],
    doc: "In or NotIn.",
  }),
  values: list(int32, 3, { always: true, keepsEmpty: true, required: true, listType: "set", doc: "The exit codes; 0 is not a failure." }),
});
export interface PodFailurePolicyOnExitCodesRequirement extends Infer<typeof PodFailurePolicyOnExitCodesRequirement> {}

export const PodFailurePolicyOnPodConditionsPattern = struct(
  "io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern",
  "A condition of a failed pod.",
  {
    type: string(1, { goType: "v1.PodConditionType", always: true, required: true, doc: "The condition's type." }),
    status: string(2, { goType: "v1.ConditionStatus", always: true, doc: "Its status; True by default." }),
  },
);
export interface PodFailurePolicyOnPodConditionsPattern extends Infer<typeof PodFailurePolicyOnPodConditionsPattern> {}

export const PodFailurePolicyRule = struct("io.k8s.api.batch.v1.PodFailurePolicyRule", "What one kind of failure means.", {
  action: string(1, {
    goType: "v1.PodFailurePolicyAction",
    always: true,
    required: true,
    enum: ["Count", "FailIndex", "FailJob", "Ignore"],
    doc: "FailJob, FailIndex, Ignore (not counted) or Count.",
  }),
  onExitCodes: ref(PodFailurePolicyOnExitCodesRequirement, 2, { pointer: true, doc: "By exit codes." }),
  onPodConditions: list(PodFailurePolicyOnPodConditionsPattern, 3, { listType: "atomic", doc: "By conditions, such as DisruptionTarget." }),
});
export interface PodFailurePolicyRule extends Infer<typeof PodFailurePolicyRule> {}

export const PodFailurePolicy = struct("io.k8s.api.batch.v1.PodFailurePolicy", "What failures mean.", {
  rules: list(PodFailurePolicyRule, 1, {
    always: true,
    required: true,
    listType: "atomic",
    doc: "Looked at in order; the first that matches decides.",
  }),
});
export interface PodFailurePolicy extends Infer<typeof PodFailurePolicy> {}

export const SuccessPolicyRule = struct("io.k8s.api.batch.v1.SuccessPolicyRule", "One way of being done.", {
  succeededIndexes: string(1, { pointer: true, doc: "Indexes that must have succeeded, such as 0,2-4." }),
  succeededCount: int32(2, { pointer: true, doc: "How many (of these) must have succeeded." }),
});
export interface SuccessPolicyRule extends Infer<typeof SuccessPolicyRule> {}

export const SuccessPolicy = struct("io.k8s.api.batch.v1.SuccessPolicy", "When an Indexed Job counts as done.", {
  rules: list(SuccessPolicyRule, 1, {
    always: true,
    required: true,
    listType: "atomic",
    doc: "One that holds is enough; the pods that still run are ended.",
  }),
});
export interface SuccessPolicy extends Infer<typeof SuccessPolicy> {}

export const JobSpec = struct("io.k8s.api.batch.v1.JobSpec", "Which pods, how many, and what failure means.", {
  parallelism: int32(1, { pointer: true, doc: "How many pods run at once; 1 by default." }),
  completions: int32(2, { pointer: true, doc: "How many must succeed; nothing means that one success ends the Job." }),
  activeDeadlineSeconds: int64(3, { pointer: true, doc: "Seconds after the start when the Job is ended and counts as failed." }),
  podFailurePolicy: ref(PodFailurePolicy, 11, { pointer: true, doc: "What to do for certain exit codes and conditions." }),
  successPolicy: ref(SuccessPolicy, 16, { pointer: true, doc: "When an Indexed Job counts as done before all its indexes are." }),
  backoffLimit: int32(7, { pointer: true, doc: "How many failures are put up with; 6 by default." }),
  backoffLimitPerIndex: int32(12, { pointer: true, doc: "The same for each index of an Indexed Job." }),
  maxFailedIndexes: int32(13, { pointer: true, doc: "How many indexes may fail before the whole Job does." }),
  selector: ref(LabelSelector, 4, { pointer: true, doc: "Labels of its pods; set by the system." }),
  manualSelector: bool(5, { pointer: true, doc: "Whether you set the selector; rarely right." }),
  template: ref(PodTemplateSpec, 6, { always: true, required: true, doc: "The pods; their restartPolicy is Never or OnFailure." }),
  ttlSecondsAfterFinished: int32(8, { pointer: true, doc: "Seconds after its end when the Job is deleted." }),
  completionMode: string(9, {
    goType: "v1.CompletionMode",
    pointer: true,
    enum: ["Indexed", "NonIndexed"],
    doc: "NonIndexed (the default), or Indexed: each pod has a number, JOB_COMPLETION_INDEX.",
  }),
  suspend: bool(10, { pointer: true, doc: "While true, no pods run; setting it ends those that do." }),
  podReplacementPolicy: string(14, {
    goType: "v1.PodReplacementPolicy",
    pointer: true,
    enum: ["Failed", "TerminatingOrFailed"],
    doc: "TerminatingOrFailed makes a new pod as soon as the old one is ending; Failed when it has ended.",
  }),
  managedBy: string(15, {
    pointer: true,
    doc: "The controller that runs it; Kubernetes' own when left out or kubernetes.io/job-controller.",
  }),
});
export interface JobSpec extends Infer<typeof JobSpec> {}

export const JobTemplateSpec = struct("io.k8s.api.batch.v1.JobTemplateSpec", "The Jobs that a CronJob makes.", {
  metadata: ref(ObjectMeta, 1, { doc: "Labels and annotations of the Jobs." }),
  spec: ref(JobSpec, 2, { doc: "The Jobs." }),
});
export interface JobTemplateSpec extends Infer<typeof JobTemplateSpec> {}

export const CronJobSpec = struct("io.k8s.api.batch.v1.CronJobSpec", "When, and which Jobs.", {
  schedule: string(1, {
    always: true,
    required: true,
    doc: "Five fields as in cron: minute, hour, day of month, month, day of week; also @hourly, @daily and so on.",
  }),
  timeZone: string(8, {
    pointer: true,
    doc: "A name from the time zone database, such as Europe/Berlin; the controller's own zone when left out.",
  }),
  startingDeadlineSeconds: int64(2, { pointer: true, doc: "How late a Job may still be started." }),
  concurrencyPolicy: string(3, {
    goType: "v1.ConcurrencyPolicy",
    enum: ["Allow", "Forbid", "Replace"],
    doc: "Allow (the default), Forbid (not while one runs) or Replace (the running one).",
  }),
  suspend: bool(4, { pointer: true, doc: "While true, no Jobs are made." }),
  jobTemplate: ref(JobTemplateSpec, 5, { always: true, required: true, doc: "The Jobs." }),
  successfulJobsHistoryLimit: int32(6, { pointer: true, doc: "How many Jobs that succeeded are kept; 3 by default." }),
  failedJobsHistoryLimit: int32(7, { pointer: true, doc: "How many Jobs that failed are kept; 1 by default." }),
});
export interface CronJobSpec extends Infer<typeof CronJobSpec> {}

export const CronJobStatus = struct("io.k8s.api.batch.v1.CronJobStatus", "What was last done.", {
  active: list(ObjectReference, 1, { listType: "atomic", doc: "Jobs that run." }),
  lastScheduleTime: time(4, { pointer: true, doc: "When a Job was last due and made." }),
  lastSuccessfulTime: time(5, { pointer: true, doc: "When a Job last succeeded." }),
});
export interface CronJobStatus extends Infer<typeof CronJobStatus> {}

export const CronJob = kind("io.k8s.api.batch.v1.CronJob", "Makes a Job again and again by a schedule.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(CronJobSpec, 2, { required: true, doc: "What is wanted." }),
  status: ref(CronJobStatus, 3, { doc: "What was last seen; written by the system." }),
});
export interface CronJob extends Infer<typeof CronJob> {}

export const CronJobList = kind("io.k8s.api.batch.v1.CronJobList", "A list of CronJob objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(CronJob, 2, { always: true, required: true, doc: "The objects." }),
});
export interface CronJobList extends Infer<typeof CronJobList> {}

export const cronjobs = resource<CronJob>(CronJob, {
  group: "batch",
  version: "v1",
  resource: "cronjobs",
  singular: "cronjob",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["cj"],
  categories: ["all"],
  subresources: [{ name: "status", kind: "CronJob", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/cronjobs/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Schedule", type: "string" },
    { name: "Timezone", type: "string" },
    { name: "Suspend", type: "boolean" },
    { name: "Active", type: "integer" },
    { name: "Last Schedule", type: "string" },
    { name: "Age", type: "string" },
    { name: "Containers", type: "string", priority: 1 },
    { name: "Images", type: "string", priority: 1 },
    { name: "Selector", type: "string", priority: 1 },
  ],
});
