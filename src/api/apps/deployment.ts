/** Declarations of RollingUpdateDeployment, DeploymentStrategy, DeploymentSpec, DeploymentCondition, DeploymentStatus, Deployment. */

import { PodTemplateSpec } from "../core/pod-spec.ts";
import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, int64, intOrString, kind, list, ref, string, struct, time } from "../schema.ts";

export const RollingUpdateDeployment = struct("io.k8s.api.apps.v1.RollingUpdateDeployment", {
  maxUnavailable: intOrString(1, { pointer: true }),
  maxSurge: intOrString(2, { pointer: true }),
});
export interface RollingUpdateDeployment extends Infer<typeof RollingUpdateDeployment> {}

export const DeploymentStrategy = struct("io.k8s.api.apps.v1.DeploymentStrategy", {
  type: string(1, { enum: ["Recreate", "RollingUpdate"] }),
  rollingUpdate: ref(RollingUpdateDeployment, 2, { pointer: true }),
});
export interface DeploymentStrategy extends Infer<typeof DeploymentStrategy> {}

export const DeploymentSpec = struct("io.k8s.api.apps.v1.DeploymentSpec", {
  replicas: int32(1, { pointer: true }),
  selector: ref(LabelSelector, 2, { pointer: true, always: true, required: true }),
  template: ref(PodTemplateSpec, 3, { always: true, required: true }),
  strategy: ref(DeploymentStrategy, 4, { patchStrategy: "retainKeys" }),
  minReadySeconds: int32(5),
  revisionHistoryLimit: int32(6, { pointer: true }),
  paused: bool(7),
  progressDeadlineSeconds: int32(9, { pointer: true }),
});
export interface DeploymentSpec extends Infer<typeof DeploymentSpec> {}

export const DeploymentCondition = struct("io.k8s.api.apps.v1.DeploymentCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastUpdateTime: time(6),
  lastTransitionTime: time(7),
  reason: string(4),
  message: string(5),
});
export interface DeploymentCondition extends Infer<typeof DeploymentCondition> {}

export const DeploymentStatus = struct("io.k8s.api.apps.v1.DeploymentStatus", {
  observedGeneration: int64(1),
  replicas: int32(2),
  updatedReplicas: int32(3),
  readyReplicas: int32(7),
  availableReplicas: int32(4),
  unavailableReplicas: int32(5),
  terminatingReplicas: int32(9, { pointer: true }),
  conditions: list(DeploymentCondition, 6, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
  collisionCount: int32(8, { pointer: true }),
});
export interface DeploymentStatus extends Infer<typeof DeploymentStatus> {}

export const Deployment = kind("io.k8s.api.apps.v1.Deployment", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(DeploymentSpec, 2),
  status: ref(DeploymentStatus, 3),
});
export interface Deployment extends Infer<typeof Deployment> {}

export const DeploymentList = kind("io.k8s.api.apps.v1.DeploymentList", {
  metadata: ref(ListMeta, 1),
  items: list(Deployment, 2, { always: true, required: true }),
});
export interface DeploymentList extends Infer<typeof DeploymentList> {}

export const deployments = resource<Deployment>(Deployment, {
  group: "apps",
  version: "v1",
  resource: "deployments",
  singular: "deployment",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["deploy"],
  categories: ["all"],
  subresources: [
    { name: "scale", kind: "Scale", verbs: ["get", "patch", "update"], group: "autoscaling", version: "v1" },
    { name: "status", kind: "Deployment", verbs: ["get", "patch", "update"] },
  ],
  storagePrefix: "/registry/deployments/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Ready", type: "string" },
    { name: "Up-to-date", type: "string" },
    { name: "Available", type: "string" },
    { name: "Age", type: "string" },
    { name: "Containers", type: "string", priority: 1 },
    { name: "Images", type: "string", priority: 1 },
    { name: "Selector", type: "string", priority: 1 },
  ],
});
