/** Declarations of PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule, PodFailurePolicy, . */

import { PodTemplateSpec } from "../core/pod-spec.ts";
import { ObjectReference } from "../core/references.ts";
import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, int64, kind, list, ref, string, struct, time } from "../schema.ts";

export const PodFailurePolicyOnExitCodesRequirement = struct("io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement", {
  containerName: string(1, { pointer: true }),
  operator: string(2, { always: true, required: true, enum: ["In", "NotIn"] }),
  values: list(int32, 3, { always: true, required: true, listType: "set" }),
});
export interface PodFailurePolicyOnExitCodesRequirement extends Infer<typeof PodFailurePolicyOnExitCodesRequirement> {}

export const PodFailurePolicyOnPodConditionsPattern = struct("io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true }),
});
export interface PodFailurePolicyOnPodConditionsPattern extends Infer<typeof PodFailurePolicyOnPodConditionsPattern> {}

export const PodFailurePolicyRule = struct("io.k8s.api.batch.v1.PodFailurePolicyRule", {
  action: string(1, { always: true, required: true, enum: ["Count", "FailIndex", "FailJob", "Ignore"] }),
  onExitCodes: ref(PodFailurePolicyOnExitCodesRequirement, 2, { pointer: true }),
  onPodConditions: list(PodFailurePolicyOnPodConditionsPattern, 3, { listType: "atomic" }),
});
export interface PodFailurePolicyRule extends Infer<typeof PodFailurePolicyRule> {}

export const PodFailurePolicy = struct("io.k8s.api.batch.v1.PodFailurePolicy", {
  rules: list(PodFailurePolicyRule, 1, { always: true, required: true, listType: "atomic" }),
});
export interface PodFailurePolicy extends Infer<typeof PodFailurePolicy> {}

export const SuccessPolicyRule = struct("io.k8s.api.batch.v1.SuccessPolicyRule", {
  succeededIndexes: string(1, { pointer: true }),
  succeededCount: int32(2, { pointer: true }),
});
export interface SuccessPolicyRule extends Infer<typeof SuccessPolicyRule> {}

export const SuccessPolicy = struct("io.k8s.api.batch.v1.SuccessPolicy", {
  rules: list(SuccessPolicyRule, 1, { always: true, required: true, listType: "atomic" }),
});
export interface SuccessPolicy extends Infer<typeof SuccessPolicy> {}

export const JobSpec = struct("io.k8s.api.batch.v1.JobSpec", {
  parallelism: int32(1, { pointer: true }),
  completions: int32(2, { pointer: true }),
  activeDeadlineSeconds: int64(3, { pointer: true }),
  podFailurePolicy: ref(PodFailurePolicy, 11, { pointer: true }),
  successPolicy: ref(SuccessPolicy, 16, { pointer: true }),
  backoffLimit: int32(7, { pointer: true }),
  backoffLimitPerIndex: int32(12, { pointer: true }),
  maxFailedIndexes: int32(13, { pointer: true }),
  selector: ref(LabelSelector, 4, { pointer: true }),
  manualSelector: bool(5, { pointer: true }),
  template: ref(PodTemplateSpec, 6, { always: true, required: true }),
  ttlSecondsAfterFinished: int32(8, { pointer: true }),
  completionMode: string(9, { pointer: true, enum: ["Indexed", "NonIndexed"] }),
  suspend: bool(10, { pointer: true }),
  podReplacementPolicy: string(14, { pointer: true, enum: ["Failed", "TerminatingOrFailed"] }),
  managedBy: string(15, { pointer: true }),
});
export interface JobSpec extends Infer<typeof JobSpec> {}

export const JobTemplateSpec = struct("io.k8s.api.batch.v1.JobTemplateSpec", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(JobSpec, 2),
});
export interface JobTemplateSpec extends Infer<typeof JobTemplateSpec> {}

export const CronJobSpec = struct("io.k8s.api.batch.v1.CronJobSpec", {
  schedule: string(1, { always: true, required: true }),
  timeZone: string(8, { pointer: true }),
  startingDeadlineSeconds: int64(2, { pointer: true }),
  concurrencyPolicy: string(3, { enum: ["Allow", "Forbid", "Replace"] }),
  suspend: bool(4, { pointer: true }),
  jobTemplate: ref(JobTemplateSpec, 5, { always: true, required: true }),
  successfulJobsHistoryLimit: int32(6, { pointer: true }),
  failedJobsHistoryLimit: int32(7, { pointer: true }),
});
export interface CronJobSpec extends Infer<typeof CronJobSpec> {}

export const CronJobStatus = struct("io.k8s.api.batch.v1.CronJobStatus", {
  active: list(ObjectReference, 1, { listType: "atomic" }),
  lastScheduleTime: time(4, { pointer: true }),
  lastSuccessfulTime: time(5, { pointer: true }),
});
export interface CronJobStatus extends Infer<typeof CronJobStatus> {}

export const CronJob = kind("io.k8s.api.batch.v1.CronJob", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(CronJobSpec, 2, { required: true }),
  status: ref(CronJobStatus, 3),
});
export interface CronJob extends Infer<typeof CronJob> {}

export const CronJobList = kind("io.k8s.api.batch.v1.CronJobList", {
  metadata: ref(ListMeta, 1),
  items: list(CronJob, 2, { always: true, required: true }),
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
