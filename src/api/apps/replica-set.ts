/** Declarations of ReplicaSetSpec, ReplicaSetCondition, ReplicaSetStatus, ReplicaSet. */

import { PodTemplateSpec } from "../core/pod-spec.ts";
import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, kind, list, ref, string, struct, time } from "../schema.ts";

export const ReplicaSetSpec = struct("io.k8s.api.apps.v1.ReplicaSetSpec", {
  replicas: int32(1, { pointer: true }),
  minReadySeconds: int32(4),
  selector: ref(LabelSelector, 2, { pointer: true, always: true, required: true }),
  template: ref(PodTemplateSpec, 3),
});
export interface ReplicaSetSpec extends Infer<typeof ReplicaSetSpec> {}

export const ReplicaSetCondition = struct("io.k8s.api.apps.v1.ReplicaSetCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastTransitionTime: time(3),
  reason: string(4),
  message: string(5),
});
export interface ReplicaSetCondition extends Infer<typeof ReplicaSetCondition> {}

export const ReplicaSetStatus = struct("io.k8s.api.apps.v1.ReplicaSetStatus", {
  replicas: int32(1, { always: true, required: true }),
  fullyLabeledReplicas: int32(2),
  readyReplicas: int32(4),
  availableReplicas: int32(5),
  terminatingReplicas: int32(7, { pointer: true }),
  observedGeneration: int64(3),
  conditions: list(ReplicaSetCondition, 6, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
});
export interface ReplicaSetStatus extends Infer<typeof ReplicaSetStatus> {}

export const ReplicaSet = kind("io.k8s.api.apps.v1.ReplicaSet", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ReplicaSetSpec, 2),
  status: ref(ReplicaSetStatus, 3),
});
export interface ReplicaSet extends Infer<typeof ReplicaSet> {}

export const ReplicaSetList = kind("io.k8s.api.apps.v1.ReplicaSetList", {
  metadata: ref(ListMeta, 1),
  items: list(ReplicaSet, 2, { always: true, required: true }),
});
export interface ReplicaSetList extends Infer<typeof ReplicaSetList> {}

export const replicasets = resource<ReplicaSet>(ReplicaSet, {
  group: "apps",
  version: "v1",
  resource: "replicasets",
  singular: "replicaset",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["rs"],
  categories: ["all"],
  subresources: [
    { name: "scale", kind: "Scale", verbs: ["get", "patch", "update"], group: "autoscaling", version: "v1" },
    { name: "status", kind: "ReplicaSet", verbs: ["get", "patch", "update"] },
  ],
  storagePrefix: "/registry/replicasets/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Desired", type: "integer" },
    { name: "Current", type: "integer" },
    { name: "Ready", type: "integer" },
    { name: "Age", type: "string" },
    { name: "Containers", type: "string", priority: 1 },
    { name: "Images", type: "string", priority: 1 },
    { name: "Selector", type: "string", priority: 1 },
  ],
});
