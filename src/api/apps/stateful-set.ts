/** Declarations of RollingUpdateStatefulSetStrategy, StatefulSetUpdateStrategy, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSe. */

import { PersistentVolumeClaim } from "../core/persistent-volume-claim.ts";
import { PodTemplateSpec } from "../core/pod-spec.ts";
import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, intOrString, kind, list, ref, string, struct, time } from "../schema.ts";

export const RollingUpdateStatefulSetStrategy = struct(
  "io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy",
  "Settings of a StatefulSet's rolling update.",
  {
    partition: int32(1, { pointer: true, doc: "Only pods with this ordinal or a higher one are renewed; 0 by default." }),
    maxUnavailable: intOrString(2, { pointer: true, disabled: true, doc: "How many pods may be missing meanwhile; 1 by default." }),
  },
);
export interface RollingUpdateStatefulSetStrategy extends Infer<typeof RollingUpdateStatefulSetStrategy> {}

export const StatefulSetUpdateStrategy = struct("io.k8s.api.apps.v1.StatefulSetUpdateStrategy", "How a StatefulSet's pods are replaced.", {
  type: string(1, {
    goType: "v1.StatefulSetUpdateStrategyType",
    enum: ["OnDelete", "RollingUpdate"],
    doc: "RollingUpdate (the default, highest number first), or OnDelete: only when somebody deletes the old pod.",
  }),
  rollingUpdate: ref(RollingUpdateStatefulSetStrategy, 2, { pointer: true, doc: "Settings of RollingUpdate." }),
});
export interface StatefulSetUpdateStrategy extends Infer<typeof StatefulSetUpdateStrategy> {}

export const StatefulSetPersistentVolumeClaimRetentionPolicy = struct(
  "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
  "What becomes of claims that the template made.",
  {
    whenDeleted: string(1, {
      goType: "v1.PersistentVolumeClaimRetentionPolicyType",
      doc: "When the StatefulSet is deleted: Retain (the default) or Delete.",
    }),
    whenScaled: string(2, {
      goType: "v1.PersistentVolumeClaimRetentionPolicyType",
      doc: "When it is scaled down: Retain (the default) or Delete.",
    }),
  },
);
export interface StatefulSetPersistentVolumeClaimRetentionPolicy extends Infer<typeof StatefulSetPersistentVolumeClaimRetentionPolicy> {}

export const StatefulSetOrdinals = struct("io.k8s.api.apps.v1.StatefulSetOrdinals", "How pods are numbered.", {
  start: int32(1, { always: true, doc: "The first number; 0 by default." }),
});
export interface StatefulSetOrdinals extends Infer<typeof StatefulSetOrdinals> {}

export const StatefulSetSpec = struct("io.k8s.api.apps.v1.StatefulSetSpec", "How many pods, which, with what storage.", {
  replicas: int32(1, { pointer: true, doc: "How many pods shall run; 1 by default." }),
  selector: ref(LabelSelector, 2, {
    pointer: true,
    always: true,
    required: true,
    doc: "Labels of the pods that belong to it; must match the template and cannot be changed.",
  }),
  template: ref(PodTemplateSpec, 3, { always: true, required: true, doc: "The pods that are made." }),
  volumeClaimTemplates: list(PersistentVolumeClaim, 4, {
    listType: "atomic",
    doc: "Claims that each pod gets of its own, named TEMPLATE-POD; they outlive the pod.",
  }),
  serviceName: string(5, { always: true, doc: "The headless Service by which the pods get DNS names." }),
  podManagementPolicy: string(6, {
    goType: "v1.PodManagementPolicyType",
    enum: ["OrderedReady", "Parallel"],
    doc: "OrderedReady (the default) starts and ends one after another; Parallel all at once.",
  }),
  updateStrategy: ref(StatefulSetUpdateStrategy, 7, { doc: "How pods are replaced when the template changes." }),
  revisionHistoryLimit: int32(8, { pointer: true, doc: "How many old revisions are kept for rolling back; 10 by default." }),
  minReadySeconds: int32(9, { doc: "Seconds that a pod must be ready before it counts as available; 0 by default." }),
  persistentVolumeClaimRetentionPolicy: ref(StatefulSetPersistentVolumeClaimRetentionPolicy, 10, {
    pointer: true,
    doc: "What becomes of the claims.",
  }),
  ordinals: ref(StatefulSetOrdinals, 11, { pointer: true, doc: "How pods are numbered." }),
});
export interface StatefulSetSpec extends Infer<typeof StatefulSetSpec> {}

export const StatefulSetCondition = struct("io.k8s.api.apps.v1.StatefulSetCondition", "A statement about the state of an object.", {
  type: string(1, { goType: "v1.StatefulSetConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
  status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
  lastTransitionTime: time(3, { doc: "When the status last changed." }),
  reason: string(4, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
  message: string(5, { doc: "The same for people, in a sentence." }),
});
export interface StatefulSetCondition extends Infer<typeof StatefulSetCondition> {}

export const StatefulSetStatus = struct("io.k8s.api.apps.v1.StatefulSetStatus", "What was last counted.", {
  observedGeneration: int64(1, { doc: "The generation that these counts are about." }),
  replicas: int32(2, { always: true, required: true, doc: "How many pods there are." }),
  readyReplicas: int32(3, { doc: "How many are ready." }),
  currentReplicas: int32(4, { doc: "How many pods are of currentRevision." }),
  updatedReplicas: int32(5, { doc: "How many are of the newest template." }),
  currentRevision: string(6, { doc: "The revision of the pods that are not renewed yet." }),
  updateRevision: string(7, { doc: "The newest revision." }),
  collisionCount: int32(9, { pointer: true, doc: "How often the hash of a new revision met one that was taken." }),
  conditions: list(StatefulSetCondition, 10, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Statements about it.",
  }),
  availableReplicas: int32(11, { always: true, doc: "How many have been ready for minReadySeconds." }),
});
export interface StatefulSetStatus extends Infer<typeof StatefulSetStatus> {}

export const StatefulSet = kind("io.k8s.api.apps.v1.StatefulSet", "Pods with lasting names, order and storage: web-0, web-1 and so on.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(StatefulSetSpec, 2, { doc: "What is wanted." }),
  status: ref(StatefulSetStatus, 3, { doc: "What was last seen; written by the system." }),
});
export interface StatefulSet extends Infer<typeof StatefulSet> {}

export const StatefulSetList = kind("io.k8s.api.apps.v1.StatefulSetList", "A list of StatefulSet objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(StatefulSet, 2, { always: true, required: true, doc: "The objects." }),
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
