/** What every object carries: its name, labels, owners and versions. */
import { bool, type Infer, int64, list, map, raw, ref, string, struct, time } from "../schema.ts";

export const ShardInfo = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo", {
  selector: string(1, { always: true, required: true }),
});
export interface ShardInfo extends Infer<typeof ShardInfo> {}

export const ListMeta = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", {
  selfLink: string(1),
  resourceVersion: string(2),
  continue: string(3),
  remainingItemCount: int64(4, { pointer: true }),
  shardInfo: ref(ShardInfo, 5, { pointer: true }),
});
export interface ListMeta extends Infer<typeof ListMeta> {}

export const OwnerReference = struct("io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference", {
  apiVersion: string(5, { always: true, required: true }),
  kind: string(1, { always: true, required: true }),
  name: string(3, { always: true, required: true }),
  uid: string(4, { always: true, required: true }),
  controller: bool(6, { pointer: true }),
  blockOwnerDeletion: bool(7, { pointer: true }),
});
export interface OwnerReference extends Infer<typeof OwnerReference> {}

export const ManagedFieldsEntry = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry", {
  manager: string(1),
  operation: string(2),
  apiVersion: string(3),
  time: time(4, { pointer: true }),
  fieldsType: string(6),
  fieldsV1: raw(7, { pointer: true }),
  subresource: string(8),
});
export interface ManagedFieldsEntry extends Infer<typeof ManagedFieldsEntry> {}

export const ObjectMeta = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", {
  name: string(1),
  generateName: string(2),
  namespace: string(3),
  selfLink: string(4),
  uid: string(5),
  resourceVersion: string(6),
  generation: int64(7),
  creationTimestamp: time(8),
  deletionTimestamp: time(9, { pointer: true }),
  deletionGracePeriodSeconds: int64(10, { pointer: true }),
  labels: map(string, 11),
  annotations: map(string, 12),
  ownerReferences: list(OwnerReference, 13, { patchStrategy: "merge", patchMergeKey: "uid", listType: "map", listMapKeys: ["uid"] }),
  finalizers: list(string, 14, { patchStrategy: "merge", listType: "set" }),
  managedFields: list(ManagedFieldsEntry, 17, { listType: "atomic" }),
});
export interface ObjectMeta extends Infer<typeof ObjectMeta> {}

export const LabelSelectorRequirement = struct("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", {
  key: string(1, { always: true, required: true }),
  operator: string(2, { always: true, required: true }),
  values: list(string, 3, { listType: "atomic" }),
});
export interface LabelSelectorRequirement extends Infer<typeof LabelSelectorRequirement> {}

export const LabelSelector = struct("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", {
  matchLabels: map(string, 1),
  matchExpressions: list(LabelSelectorRequirement, 2, { listType: "atomic" }),
});
export interface LabelSelector extends Infer<typeof LabelSelector> {}

export const Condition = struct("io.k8s.apimachinery.pkg.apis.meta.v1.Condition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  observedGeneration: int64(3),
  lastTransitionTime: time(4, { always: true, required: true }),
  reason: string(5, { always: true, required: true }),
  message: string(6, { always: true, required: true }),
});
export interface Condition extends Infer<typeof Condition> {}
