/** Declarations of ReplicationControllerSpec, ReplicationControllerCondition, ReplicationControllerStatus, ReplicationController. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, kind, list, map, ref, string, struct, time } from "../schema.ts";
import { PodTemplateSpec } from "./pod-spec.ts";

export const ReplicationControllerSpec = struct("io.k8s.api.core.v1.ReplicationControllerSpec", "How many pods, and which.", {
  replicas: int32(1, { pointer: true, default: 1, doc: "How many pods shall run; 1 by default." }),
  minReadySeconds: int32(4, { doc: "Seconds that a pod must be ready before it counts as available." }),
  selector: map(string, 2, { mapType: "atomic", doc: "Labels of the pods that are counted; the template's labels when left out." }),
  template: ref(PodTemplateSpec, 3, { pointer: true, doc: "The pods that are made." }),
});
export interface ReplicationControllerSpec extends Infer<typeof ReplicationControllerSpec> {}

export const ReplicationControllerCondition = struct(
  "io.k8s.api.core.v1.ReplicationControllerCondition",
  "A statement about the state of an object.",
  {
    type: string(1, {
      goType: "v1.ReplicationControllerConditionType",
      always: true,
      required: true,
      doc: "The aspect that is judged, in CamelCase.",
    }),
    status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
    message: string(5, { doc: "The same for people, in a sentence." }),
  },
);
export interface ReplicationControllerCondition extends Infer<typeof ReplicationControllerCondition> {}

export const ReplicationControllerStatus = struct("io.k8s.api.core.v1.ReplicationControllerStatus", "What was last counted.", {
  replicas: int32(1, { always: true, required: true, doc: "How many pods there are." }),
  fullyLabeledReplicas: int32(2, { doc: "How many have all labels of the template." }),
  readyReplicas: int32(4, { doc: "How many are ready." }),
  availableReplicas: int32(5, { doc: "How many have been ready for minReadySeconds." }),
  observedGeneration: int64(3, { doc: "The generation that these counts are about." }),
  conditions: list(ReplicationControllerCondition, 6, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "ReplicaFailure, when pods cannot be made.",
  }),
});
export interface ReplicationControllerStatus extends Infer<typeof ReplicationControllerStatus> {}

export const ReplicationController = kind(
  "io.k8s.api.core.v1.ReplicationController",
  "Keeps so many pods of a template running; the forerunner of ReplicaSet.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(ReplicationControllerSpec, 2, { doc: "What is wanted." }),
    status: ref(ReplicationControllerStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface ReplicationController extends Infer<typeof ReplicationController> {}

export const ReplicationControllerList = kind("io.k8s.api.core.v1.ReplicationControllerList", "A list of ReplicationController objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ReplicationController, 2, { always: true, required: true, doc: "The objects." }),
});
export interface ReplicationControllerList extends Infer<typeof ReplicationControllerList> {}

export const replicationcontrollers = resource<ReplicationController>(ReplicationController, {
  group: "",
  version: "v1",
  resource: "replicationcontrollers",
  singular: "replicationcontroller",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["rc"],
  categories: ["all"],
  subresources: [
    { name: "scale", kind: "Scale", verbs: ["get", "patch", "update"], group: "autoscaling", version: "v1" },
    { name: "status", kind: "ReplicationController", verbs: ["get", "patch", "update"] },
  ],
  storagePrefix: "/registry/controllers/",
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
