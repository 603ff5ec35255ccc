/** Declarations of RollingUpdateDaemonSet, DaemonSetUpdateStrategy, DaemonSetSpec, DaemonSetCondition, DaemonSetStatus, DaemonSet. */

import { PodTemplateSpec } from "../core/pod-spec.ts";
import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, intOrString, kind, list, ref, string, struct, time } from "../schema.ts";

export const RollingUpdateDaemonSet = struct("io.k8s.api.apps.v1.RollingUpdateDaemonSet", {
  maxUnavailable: intOrString(1, { pointer: true }),
  maxSurge: intOrString(2, { pointer: true }),
});
export interface RollingUpdateDaemonSet extends Infer<typeof RollingUpdateDaemonSet> {}

export const DaemonSetUpdateStrategy = struct("io.k8s.api.apps.v1.DaemonSetUpdateStrategy", {
  type: string(1, { enum: ["OnDelete", "RollingUpdate"] }),
  rollingUpdate: ref(RollingUpdateDaemonSet, 2, { pointer: true }),
});
export interface DaemonSetUpdateStrategy extends Infer<typeof DaemonSetUpdateStrategy> {}

export const DaemonSetSpec = struct("io.k8s.api.apps.v1.DaemonSetSpec", {
  selector: ref(LabelSelector, 1, { pointer: true, always: true, required: true }),
  template: ref(PodTemplateSpec, 2, { always: true, required: true }),
  updateStrategy: ref(DaemonSetUpdateStrategy, 3),
  minReadySeconds: int32(4),
  revisionHistoryLimit: int32(6, { pointer: true }),
});
export interface DaemonSetSpec extends Infer<typeof DaemonSetSpec> {}

export const DaemonSetCondition = struct("io.k8s.api.apps.v1.DaemonSetCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastTransitionTime: time(3),
  reason: string(4),
  message: string(5),
});
export interface DaemonSetCondition extends Infer<typeof DaemonSetCondition> {}

export const DaemonSetStatus = struct("io.k8s.api.apps.v1.DaemonSetStatus", {
  currentNumberScheduled: int32(1, { always: true, required: true }),
  numberMisscheduled: int32(2, { always: true, required: true }),
  desiredNumberScheduled: int32(3, { always: true, required: true }),
  numberReady: int32(4, { always: true, required: true }),
  observedGeneration: int64(5),
  updatedNumberScheduled: int32(6),
  numberAvailable: int32(7),
  numberUnavailable: int32(8),
  collisionCount: int32(9, { pointer: true }),
  conditions: list(DaemonSetCondition, 10, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
});
export interface DaemonSetStatus extends Infer<typeof DaemonSetStatus> {}

export const DaemonSet = kind("io.k8s.api.apps.v1.DaemonSet", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(DaemonSetSpec, 2),
  status: ref(DaemonSetStatus, 3),
});
export interface DaemonSet extends Infer<typeof DaemonSet> {}

export const DaemonSetList = kind("io.k8s.api.apps.v1.DaemonSetList", {
  metadata: ref(ListMeta, 1),
  items: list(DaemonSet, 2, { always: true, required: true }),
});
export interface DaemonSetList extends Infer<typeof DaemonSetList> {}

export const daemonsets = resource<DaemonSet>(DaemonSet, {
  group: "apps",
  version: "v1",
  resource: "daemonsets",
  singular: "daemonset",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["ds"],
  categories: ["all"],
  subresources: [{ name: "status", kind: "DaemonSet", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/daemonsets/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Desired", type: "integer" },
    { name: "Current", type: "integer" },
    { name: "Ready", type: "integer" },
    { name: "Up-to-date", type: "integer" },
    { name: "Available", type: "integer" },
    { name: "Node Selector", type: "string" },
    { name: "Age", type: "string" },
    { name: "Containers", type: "string", priority: 1 },
    { name: "Images", type: "string", priority: 1 },
    { name: "Selector", type: "string", priority: 1 },
  ],
});
