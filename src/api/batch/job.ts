/** Declarations of JobCondition, UncountedTerminatedPods, JobStatus, Job. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, ref, string, struct, time } from "../schema.ts";
import { JobSpec } from "./cron-job.ts";

export const JobCondition = struct("io.k8s.api.batch.v1.JobCondition", "A statement about the state of an object.", {
  type: string(1, { goType: "v1.JobConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
  status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
  lastProbeTime: time(3, { doc: "When the condition was last looked at." }),
  lastTransitionTime: time(4, { doc: "When the status last changed." }),
  reason: string(5, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
  message: string(6, { doc: "The same for people, in a sentence." }),
});
export interface JobCondition extends Infer<typeof JobCondition> {}

export const UncountedTerminatedPods = struct(
  "io.k8s.api.batch.v1.UncountedTerminatedPods",
  "Pods that ended and are not counted yet, so that none is lost or counted twice.",
  {
    succeeded: list(string, 1, { goType: "types.UID", listType: "set", doc: "Uids of those that succeeded." }),
    failed: list(string, 2, { goType: "types.UID", listType: "set", doc: "Uids of those that failed." }),
  },
);
export interface UncountedTerminatedPods extends Infer<typeof UncountedTerminatedPods> {}

export const JobStatus = struct("io.k8s.api.batch.v1.JobStatus", "What was last counted.", {
  conditions: list(JobCondition, 1, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "atomic",
    doc: "Complete, Failed, Suspended and others.",
  }),
  startTime: time(2, { pointer: true, doc: "When it began, or went on after it was suspended." }),
  completionTime: time(3, { pointer: true, doc: "When it succeeded." }),
  active: int32(4, { doc: "Pods that run or wait." }),
  succeeded: int32(5, { doc: "Pods that succeeded." }),
  failed: int32(6, { doc: "Pods that failed." }),
  terminating: int32(11, { pointer: true, doc: "Pods that are ending." }),
  completedIndexes: string(7, { doc: "Indexes that are done, such as 1,3-5." }),
  failedIndexes: string(10, { pointer: true, doc: "Indexes that failed, in the same form." }),
  uncountedTerminatedPods: ref(UncountedTerminatedPods, 8, { pointer: true, doc: "Pods that ended and are not counted yet." }),
  ready: int32(9, { pointer: true, doc: "Pods that are ready." }),
});
export interface JobStatus extends Infer<typeof JobStatus> {}

export const Job = kind("io.k8s.api.batch.v1.Job", "Runs pods until enough of them have succeeded.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(JobSpec, 2, { doc: "What is wanted." }),
  status: ref(JobStatus, 3, { doc: "What was last seen; written by the system." }),
});
export interface Job extends Infer<typeof Job> {}

export const JobList = kind("io.k8s.api.batch.v1.JobList", "A list of Job objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Job, 2, { always: true, required: true, doc: "The objects." }),
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
