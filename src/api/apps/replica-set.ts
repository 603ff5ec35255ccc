/** Declarations of ReplicaSetSpec, ReplicaSetCondition, ReplicaSetStatus, ReplicaSet. */

import { PodTemplateSpec } from "../core/pod-spec.ts";
import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, kind, list, ref, string, struct, time } from "../schema.ts";

export const ReplicaSetSpec = struct("io.k8s.api.apps.v1.ReplicaSetSpec", "How many pods, and which.", {
  replicas: int32(1, { pointer: true, doc: "How many pods shall run; 1 by default." }),
  minReadySeconds: int32(4, { doc: "Seconds that a pod must be ready before it counts as available; 0 by default." }),
  selector: ref(LabelSelector, 2, {
    pointer: true,
    always: true,
    required: true,
    doc: "Labels of the pods that belong to it; must match the template and cannot be changed.",
  }),
  template: ref(PodTemplateSpec, 3, { doc: "The pods that are made." }),
});
export interface ReplicaSetSpec extends Infer<typeof ReplicaSetSpec> {}

export const ReplicaSetCondition = struct("io.k8s.api.apps.v1.ReplicaSetCondition", "A statement about the state of an object.", {
  type: string(1, { goType: "v1.ReplicaSetConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
  status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
  lastTransitionTime: time(3, { doc: "When the status last changed." }),
  reason: string(4, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
  message: string(5, { doc: "The same for people, in a sentence." }),
});
export interface ReplicaSetCondition extends Infer<typeof ReplicaSetCondition> {}

export const ReplicaSetStatus = struct("io.k8s.api.apps.v1.ReplicaSetStatus", "What was last counted.", {
  replicas: int32(1, { always: true, required: true, doc: "How many pods there are." }),
  fullyLabeledReplicas: int32(2, { doc: "How many have all labels of the template." }),
  readyReplicas: int32(4, { doc: "How many are ready." }),
  availableReplicas: int32(5, { doc: "How many have been ready for minReadySeconds." }),
  terminatingReplicas: int32(7, { pointer: true, doc: "How many are ending and not yet gone." }),
  observedGeneration: int64(3, { doc: "The generation that these counts are about." }),
  conditions: list(ReplicaSetCondition, 6, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Statements about it.",
  }),
});
export interface ReplicaSetStatus extends Infer<typeof ReplicaSetStatus> {}

export const ReplicaSet = kind(
  "io.k8s.api.apps.v1.ReplicaSet",
  "Keeps so many equal pods running. A Deployment makes one for each version of its template.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(ReplicaSetSpec, 2, { doc: "What is wanted." }),
    status: ref(ReplicaSetStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface ReplicaSet extends Infer<typeof ReplicaSet> {}

export const ReplicaSetList = kind("io.k8s.api.apps.v1.ReplicaSetList", "A list of ReplicaSet objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ReplicaSet, 2, { always: true, required: true, doc: "The objects." }),
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
