/** What every object carries: its name, labels, owners and versions. */
import { bool, type Infer, int64, list, map, raw, ref, string, struct, time } from "../schema.ts";

export const ShardInfo = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo", "Which part of the objects a list holds.", {
  selector: string(1, { always: true, required: true, doc: "The selector of the part." }),
});
export interface ShardInfo extends Infer<typeof ShardInfo> {}

export const ListMeta = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", "What lists have.", {
  selfLink: string(1, { doc: "No longer written." }),
  resourceVersion: string(2, { doc: "The version of the list; a watch can start from it." }),
  continue: string(3, { doc: "Where the next page begins, when there is one." }),
  remainingItemCount: int64(4, { pointer: true, doc: "How many are left, when that is known." }),
  shardInfo: ref(ShardInfo, 5, { pointer: true, doc: "Which part of the objects the list holds, if not all." }),
});
export interface ListMeta extends Infer<typeof ListMeta> {}

export const OwnerReference = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
  "An object that another depends on, of the same namespace or of none.",
  {
    apiVersion: string(5, { always: true, required: true, doc: "Its group and version." }),
    kind: string(1, { always: true, required: true, doc: "Its kind." }),
    name: string(3, { always: true, required: true, doc: "Its name." }),
    uid: string(4, { goType: "types.UID", always: true, required: true, doc: "Its uid." }),
    controller: bool(6, { pointer: true, doc: "Whether it is the one controller of the object." }),
    blockOwnerDeletion: bool(7, { pointer: true, doc: "Whether a foreground deletion of the owner waits for the object." }),
  },
);
export interface OwnerReference extends Infer<typeof OwnerReference> {}

export const ManagedFieldsEntry = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry", "Which fields somebody owns.", {
  manager: string(1, { doc: "Who." }),
  operation: string(2, { goType: "v1.ManagedFieldsOperationType", doc: "Apply or Update: how they were set." }),
  apiVersion: string(3, { doc: "The version in which fieldsV1 is written." }),
  time: time(4, { pointer: true, doc: "When it last changed." }),
  fieldsType: string(6, { doc: "FieldsV1." }),
  fieldsV1: raw(7, { pointer: true, doc: "The fields: f: before a field, k: before the keys of an item, v: before a value." }),
  subresource: string(8, { doc: "The subresource by which they were set." }),
});
export interface ManagedFieldsEntry extends Infer<typeof ManagedFieldsEntry> {}

export const ObjectMeta = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "What every object has.", {
  name: string(1, { doc: "Its name, unique for its kind in its namespace; cannot be changed." }),
  generateName: string(2, { doc: "The beginning of a name that the server completes." }),
  namespace: string(3, { doc: "Its namespace; default when left out." }),
  selfLink: string(4, { doc: "No longer written." }),
  uid: string(5, { goType: "types.UID", doc: "Its id, unique in space and time; set by the server." }),
  resourceVersion: string(6, { doc: "Changes with every change; an update with an old one is refused. Opaque." }),
  generation: int64(7, { doc: "Counts the changes of the spec; set by the server." }),
  creationTimestamp: time(8, { omitZero: true, doc: "CreationTimestamp is a timestamp of when the server created the object." }),
  deletionTimestamp: time(9, { pointer: true, doc: "When it will be or was to be gone; set by a deletion that must wait." }),
  deletionGracePeriodSeconds: int64(10, { pointer: true, doc: "How long it may take to end; set by the deletion." }),
  labels: map(string, 11, { keepsEmpty: true, doc: "Keys and values by which objects are chosen." }),
  annotations: map(string, 12, { doc: "Keys and values for tools and people; not for choosing." }),
  ownerReferences: list(OwnerReference, 13, {
    patchStrategy: "merge",
    patchMergeKey: "uid",
    listType: "map",
    listMapKeys: ["uid"],
    doc: "Objects that it depends on: it is deleted when all of them are gone.",
  }),
  finalizers: list(string, 14, {
    patchStrategy: "merge",
    listType: "set",
    doc: "What must be done before it may go; who does it removes its own entry.",
  }),
  managedFields: list(ManagedFieldsEntry, 17, { listType: "atomic", doc: "Who owns which fields, for server-side apply." }),
});
export interface ObjectMeta extends Infer<typeof ObjectMeta> {}

export const LabelSelectorRequirement = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement",
  "A requirement of a selector.",
  {
    key: string(1, { always: true, required: true, doc: "The field or label." }),
    operator: string(2, { goType: "v1.LabelSelectorOperator", always: true, required: true, doc: "In, NotIn, Exists or DoesNotExist." }),
    values: list(string, 3, { listType: "atomic", doc: "What In and NotIn compare with; nothing for the others." }),
  },
);
export interface LabelSelectorRequirement extends Infer<typeof LabelSelectorRequirement> {}

export const LabelSelector = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
  "A choice of objects by labels; all must hold. An empty one chooses all, none chooses nothing.",
  {
    matchLabels: map(string, 1, { doc: "Labels and the values that they must have." }),
    matchExpressions: list(LabelSelectorRequirement, 2, { listType: "atomic", doc: "Requirements." }),
  },
);
export interface LabelSelector extends Infer<typeof LabelSelector> {}

export const Condition = struct("io.k8s.apimachinery.pkg.apis.meta.v1.Condition", "A statement about the state of an object.", {
  type: string(1, { always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
  status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
  observedGeneration: int64(3, {
    doc: "The metadata.generation that this condition was judged for; a smaller number than the object's means that it is out of date.",
  }),
  lastTransitionTime: time(4, { always: true, required: true, doc: "When the status last changed." }),
  reason: string(5, {
    always: true,
    required: true,
    doc: "Why the condition has this status: one word in CamelCase that programs can match.",
  }),
  message: string(6, { always: true, required: true, doc: "The same for people, in a sentence." }),
});
export interface Condition extends Infer<typeof Condition> {}
