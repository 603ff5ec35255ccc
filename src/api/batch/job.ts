/** Declarations of JobCondition, UncountedTerminatedPods, JobStatus, Job. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, ref, string, struct, time } from "../schema.ts";
import { JobSpec } from "./cron-job.ts";

export const JobCondition = struct("io.k8s.api.batch.v1.JobCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastProbeTime: time(3),
  lastTransitionTime: time(4),
  reason: string(5),
  message: string(6),
});
export interface JobCondition extends Infer<typeof JobCondition> {}

export const UncountedTerminatedPods = struct("io.k8s.api.batch.v1.UncountedTerminatedPods", {
  succeeded: list(string, 1, { listType: "set" }),
  failed: list(string, 2, { listType: "set" }),
});
export interface UncountedTerminatedPods extends Infer<typeof UncountedTerminatedPods> {}

export const JobStatus = struct("io.k8s.api.batch.v1.JobStatus", {
  conditions: list(JobCondition, 1, { patchStrategy: "merge", patchMergeKey: "type", listType: "atomic" }),
  startTime: time(2, { pointer: true }),
  completionTime: time(3, { pointer: true }),
  active: int32(4),
  succeeded: int32(5),
  failed: int32(6),
  terminating: int32(11, { pointer: true }),
  completedIndexes: string(7),
  failedIndexes: string(10, { pointer: true }),
  uncountedTerminatedPods: ref(UncountedTerminatedPods, 8, { pointer: true }),
  ready: int32(9, { pointer: true }),
});
export interface JobStatus extends Infer<typeof JobStatus> {}

export const Job = kind("io.k8s.api.batch.v1.Job", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(JobSpec, 2),
  status: ref(JobStatus, 3),
});
export interface Job extends Infer<typeof Job> {}

export const JobList = kind("io.k8s.api.batch.v1.JobList", {
  metadata: ref(ListMeta, 1),
  items: list(Job, 2, { always: true, required: true }),
});
export interface JobList extends Infer<typeof JobList> {}

export const jobs = resource<Job>(Job, {
  group: "batch",
  version: "v1",
  resource: "jobs",
  singular: "job",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  categories: ["all"],
  subresources: [{ name: "status", kind: "Job", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/jobs/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Status", type: "string" },
    { name: "Completions", type: "string" },
    { name: "Duration", type: "string" },
    { name: "Age", type: "string" },
    { name: "Containers", type: "string", priority: 1 },
    { name: "Images", type: "string", priority: 1 },
    { name: "Selector", type: "string", priority: 1 },
  ],
});
