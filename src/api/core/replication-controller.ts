/** Declarations of ReplicationControllerSpec, ReplicationControllerCondition, ReplicationControllerStatus, ReplicationController. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, kind, list, map, ref, string, struct, time } from "../schema.ts";
import { PodTemplateSpec } from "./pod-spec.ts";

export const ReplicationControllerSpec = struct("io.k8s.api.core.v1.ReplicationControllerSpec", {
  replicas: int32(1, { pointer: true, default: 1 }),
  minReadySeconds: int32(4),
  selector: map(string, 2, { mapType: "atomic" }),
  template: ref(PodTemplateSpec, 3, { pointer: true }),
});
export interface ReplicationControllerSpec extends Infer<typeof ReplicationControllerSpec> {}

export const ReplicationControllerCondition = struct("io.k8s.api.core.v1.ReplicationControllerCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastTransitionTime: time(3),
  reason: string(4),
  message: string(5),
});
export interface ReplicationControllerCondition extends Infer<typeof ReplicationControllerCondition> {}

export const ReplicationControllerStatus = struct("io.k8s.api.core.v1.ReplicationControllerStatus", {
  replicas: int32(1, { always: true, required: true }),
  fullyLabeledReplicas: int32(2),
  readyReplicas: int32(4),
  availableReplicas: int32(5),
  observedGeneration: int64(3),
  conditions: list(ReplicationControllerCondition, 6, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
  }),
});
export interface ReplicationControllerStatus extends Infer<typeof ReplicationControllerStatus> {}

export const ReplicationController = kind("io.k8s.api.core.v1.ReplicationController", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ReplicationControllerSpec, 2),
  status: ref(ReplicationControllerStatus, 3),
});
export interface ReplicationController extends Infer<typeof ReplicationController> {}

export const ReplicationControllerList = kind("io.k8s.api.core.v1.ReplicationControllerList", {
  metadata: ref(ListMeta, 1),
  items: list(ReplicationController, 2, { always: true, required: true }),
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
