/** Declarations of RollingUpdateStatefulSetStrategy, StatefulSetUpdateStrategy, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSe. */

import { PersistentVolumeClaim } from "../core/persistent-volume-claim.ts";
import { PodTemplateSpec } from "../core/pod-spec.ts";
import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, intOrString, kind, list, ref, string, struct, time } from "../schema.ts";

export const RollingUpdateStatefulSetStrategy = struct("io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy", {
  partition: int32(1, { pointer: true }),
  maxUnavailable: intOrString(2, { pointer: true }),
});
export interface RollingUpdateStatefulSetStrategy extends Infer<typeof RollingUpdateStatefulSetStrategy> {}

export const StatefulSetUpdateStrategy = struct("io.k8s.api.apps.v1.StatefulSetUpdateStrategy", {
  type: string(1, { enum: ["OnDelete", "RollingUpdate"] }),
  rollingUpdate: ref(RollingUpdateStatefulSetStrategy, 2, { pointer: true }),
});
export interface StatefulSetUpdateStrategy extends Infer<typeof StatefulSetUpdateStrategy> {}

export const StatefulSetPersistentVolumeClaimRetentionPolicy = struct(
  "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
  {
    whenDeleted: string(1),
    whenScaled: string(2),
  },
);
export interface StatefulSetPersistentVolumeClaimRetentionPolicy extends Infer<typeof StatefulSetPersistentVolumeClaimRetentionPolicy> {}

export const StatefulSetOrdinals = struct("io.k8s.api.apps.v1.StatefulSetOrdinals", {
  start: int32(1, { always: true }),
});
export interface StatefulSetOrdinals extends Infer<typeof StatefulSetOrdinals> {}

export const StatefulSetSpec = struct("io.k8s.api.apps.v1.StatefulSetSpec", {
  replicas: int32(1, { pointer: true }),
  selector: ref(LabelSelector, 2, { pointer: true, always: true, required: true }),
  template: ref(PodTemplateSpec, 3, { always: true, required: true }),
  volumeClaimTemplates: list(PersistentVolumeClaim, 4, { listType: "atomic" }),
  serviceName: string(5, { always: true }),
  podManagementPolicy: string(6, { enum: ["OrderedReady", "Parallel"] }),
  updateStrategy: ref(StatefulSetUpdateStrategy, 7),
  revisionHistoryLimit: int32(8, { pointer: true }),
  minReadySeconds: int32(9),
  persistentVolumeClaimRetentionPolicy: ref(StatefulSetPersistentVolumeClaimRetentionPolicy, 10, { pointer: true }),
  ordinals: ref(StatefulSetOrdinals, 11, { pointer: true }),
});
export interface StatefulSetSpec extends Infer<typeof StatefulSetSpec> {}

export const StatefulSetCondition = struct("io.k8s.api.apps.v1.StatefulSetCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastTransitionTime: time(3),
  reason: string(4),
  message: string(5),
});
export interface StatefulSetCondition extends Infer<typeof StatefulSetCondition> {}

export const StatefulSetStatus = struct("io.k8s.api.apps.v1.StatefulSetStatus", {
  observedGeneration: int64(1),
  replicas: int32(2, { always: true, required: true }),
  readyReplicas: int32(3),
  currentReplicas: int32(4),
  updatedReplicas: int32(5),
  currentRevision: string(6),
  updateRevision: string(7),
  collisionCount: int32(9, { pointer: true }),
  conditions: list(StatefulSetCondition, 10, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
  availableReplicas: int32(11, { always: true }),
});
export interface StatefulSetStatus extends Infer<typeof StatefulSetStatus> {}

export const StatefulSet = kind("io.k8s.api.apps.v1.StatefulSet", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(StatefulSetSpec, 2),
  status: ref(StatefulSetStatus, 3),
});
export interface StatefulSet extends Infer<typeof StatefulSet> {}

export const StatefulSetList = kind("io.k8s.api.apps.v1.StatefulSetList", {
  metadata: ref(ListMeta, 1),
  items: list(StatefulSet, 2, { always: true, required: true }),
});
export interface StatefulSetList extends Infer<typeof StatefulSetList> {}

export const statefulsets = resource<StatefulSet>(StatefulSet, {
  group: "apps",
  version: "v1",
  resource: "statefulsets",
  singular: "statefulset",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["sts"],
  categories: ["all"],
  subresources: [
    { name: "scale", kind: "Scale", verbs: ["get", "patch", "update"], group: "autoscaling", version: "v1" },
    { name: "status", kind: "StatefulSet", verbs: ["get", "patch", "update"] },
  ],
  storagePrefix: "/registry/statefulsets/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Ready", type: "string" },
    { name: "Age", type: "string" },
    { name: "Containers", type: "string", priority: 1 },
    { name: "Images", type: "string", priority: 1 },
  ],
});
