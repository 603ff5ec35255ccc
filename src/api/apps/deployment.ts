/** Declarations of RollingUpdateDeployment, DeploymentStrategy, DeploymentSpec, DeploymentCondition, DeploymentStatus, Deployment. */

import { PodTemplateSpec } from "../core/pod-spec.ts";
import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, int64, intOrString, kind, list, ref, string, struct, time } from "../schema.ts";

export const RollingUpdateDeployment = struct("io.k8s.api.apps.v1.RollingUpdateDeployment", "Settings of a Deployment's rolling update.", {
  maxUnavailable: intOrString(1, {
    pointer: true,
    doc: "How many pods, by number or percent, may be missing meanwhile; 25% by default, rounded down.",
  }),
  maxSurge: intOrString(2, { pointer: true, doc: "How many pods there may be too many meanwhile; 25% by default, rounded up." }),
});
export interface RollingUpdateDeployment extends Infer<typeof RollingUpdateDeployment> {}

export const DeploymentStrategy = struct("io.k8s.api.apps.v1.DeploymentStrategy", "How a Deployment's pods are replaced.", {
  type: string(1, {
    goType: "v1.DeploymentStrategyType",
    enum: ["Recreate", "RollingUpdate"],
    doc: "RollingUpdate (the default), or Recreate: all old ones end before new ones start.",
  }),
  rollingUpdate: ref(RollingUpdateDeployment, 2, { pointer: true, doc: "Settings of RollingUpdate." }),
});
export interface DeploymentStrategy extends Infer<typeof DeploymentStrategy> {}

export const DeploymentSpec = struct("io.k8s.api.apps.v1.DeploymentSpec", "How many pods, which, and how they are renewed.", {
  replicas: int32(1, { pointer: true, doc: "How many pods shall run; 1 by default." }),
  selector: ref(LabelSelector, 2, {
    pointer: true,
    always: true,
    required: true,
    doc: "Labels of the pods that belong to it; must match the template and cannot be changed.",
  }),
  template: ref(PodTemplateSpec, 3, { always: true, required: true, doc: "The pods that are made." }),
  strategy: ref(DeploymentStrategy, 4, { patchStrategy: "retainKeys", doc: "How old pods are replaced by new ones." }),
  minReadySeconds: int32(5, { doc: "Seconds that a pod must be ready before it counts as available; 0 by default." }),
  revisionHistoryLimit: int32(6, { pointer: true, doc: "How many old revisions are kept for rolling back; 10 by default." }),
  paused: bool(7, { doc: "While true, changes of the template are not carried out." }),
  progressDeadlineSeconds: int32(9, {
    pointer: true,
    doc: "Seconds without progress after which the rollout counts as failed; 600 by default.",
  }),
});
export interface DeploymentSpec extends Infer<typeof DeploymentSpec> {}

export const DeploymentCondition = struct("io.k8s.api.apps.v1.DeploymentCondition", "A statement about the state of an object.", {
  type: string(1, { goType: "v1.DeploymentConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
  status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
  lastUpdateTime: time(6, { doc: "When the condition was last written." }),
  lastTransitionTime: time(7, { doc: "When the status last changed." }),
  reason: string(4, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
  message: string(5, { doc: "The same for people, in a sentence." }),
});
export interface DeploymentCondition extends Infer<typeof DeploymentCondition> {}

export const DeploymentStatus = struct("io.k8s.api.apps.v1.DeploymentStatus", "What was last counted.", {
  observedGeneration: int64(1, { doc: "The generation that these counts are about." }),
  replicas: int32(2, { doc: "How many pods there are." }),
  updatedReplicas: int32(3, { doc: "How many are of the newest template." }),
  readyReplicas: int32(7, { doc: "How many are ready." }),
  availableReplicas: int32(4, { doc: "How many have been ready for minReadySeconds." }),
  unavailableReplicas: int32(5, { doc: "How many more must become available." }),
  terminatingReplicas: int32(9, { pointer: true, doc: "How many are ending and not yet gone." }),
  conditions: list(DeploymentCondition, 6, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Statements about it.",
  }),
  collisionCount: int32(8, { pointer: true, doc: "How often the hash of a new revision met one that was taken." }),
});
export interface DeploymentStatus extends Infer<typeof DeploymentStatus> {}

export const Deployment = kind(
  "io.k8s.api.apps.v1.Deployment",
  "Keeps so many equal pods running, replaces them step by step when the template changes, and can roll back.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(DeploymentSpec, 2, { doc: "What is wanted." }),
    status: ref(DeploymentStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface Deployment extends Infer<typeof Deployment> {}

export const DeploymentList = kind("io.k8s.api.apps.v1.DeploymentList", "A list of Deployment objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Deployment, 2, { always: true, required: true, doc: "The objects." }),
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
