/** Declarations of RollingUpdateDaemonSet, DaemonSetUpdateStrategy, DaemonSetSpec, DaemonSetCondition, DaemonSetStatus, DaemonSet. */

import { PodTemplateSpec } from "../core/pod-spec.ts";
import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, intOrString, kind, list, ref, string, struct, time } from "../schema.ts";

export const RollingUpdateDaemonSet = struct("io.k8s.api.apps.v1.RollingUpdateDaemonSet", "Settings of a DaemonSet's rolling update.", {
  maxUnavailable: intOrString(1, {
    pointer: true,
    doc: "How many nodes, by number or percent, may be without an available pod meanwhile; 1 by default.",
  }),
  maxSurge: intOrString(2, { pointer: true, doc: "How many nodes may run an old and a new pod at once; 0 by default." }),
});
export interface RollingUpdateDaemonSet extends Infer<typeof RollingUpdateDaemonSet> {}

export const DaemonSetUpdateStrategy = struct("io.k8s.api.apps.v1.DaemonSetUpdateStrategy", "How a DaemonSet's pods are replaced.", {
  type: string(1, {
    goType: "v1.DaemonSetUpdateStrategyType",
    enum: ["OnDelete", "RollingUpdate"],
    doc: "RollingUpdate (the default), or OnDelete: only when somebody deletes the old pod.",
  }),
  rollingUpdate: ref(RollingUpdateDaemonSet, 2, { pointer: true, doc: "Settings of RollingUpdate." }),
});
export interface DaemonSetUpdateStrategy extends Infer<typeof DaemonSetUpdateStrategy> {}

export const DaemonSetSpec = struct("io.k8s.api.apps.v1.DaemonSetSpec", "Which pods, and how they are renewed.", {
  selector: ref(LabelSelector, 1, {
    pointer: true,
    always: true,
    required: true,
    doc: "Labels of the pods that belong to it; must match the template and cannot be changed.",
  }),
  template: ref(PodTemplateSpec, 2, { always: true, required: true, doc: "The pods that are made." }),
  updateStrategy: ref(DaemonSetUpdateStrategy, 3, { doc: "How pods are replaced when the template changes." }),
  minReadySeconds: int32(4, { doc: "Seconds that a pod must be ready before it counts as available; 0 by default." }),
  revisionHistoryLimit: int32(6, { pointer: true, doc: "How many old revisions are kept for rolling back; 10 by default." }),
});
export interface DaemonSetSpec extends Infer<typeof DaemonSetSpec> {}

export const DaemonSetCondition = struct("io.k8s.api.apps.v1.DaemonSetCondition", "A statement about the state of an object.", {
  type: string(1, { goType: "v1.DaemonSetConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
  status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
  lastTransitionTime: time(3, { doc: "When the status last changed." }),
  reason: string(4, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
  message: string(5, { doc: "The same for people, in a sentence." }),
});
export interface DaemonSetCondition extends Infer<typeof DaemonSetCondition> {}

export const DaemonSetStatus = struct("io.k8s.api.apps.v1.DaemonSetStatus", "What was last counted.", {
  currentNumberScheduled: int32(1, { always: true, required: true, doc: "Nodes that run the pod and shall." }),
  numberMisscheduled: int32(2, { always: true, required: true, doc: "Nodes that run the pod and shall not." }),
  desiredNumberScheduled: int32(3, { always: true, required: true, doc: "Nodes that shall run the pod." }),
  numberReady: int32(4, { always: true, required: true, doc: "Nodes whose pod is ready." }),
  observedGeneration: int64(5, { doc: "The generation that these counts are about." }),
  updatedNumberScheduled: int32(6, { doc: "Nodes whose pod is of the newest template." }),
  numberAvailable: int32(7, { doc: "Nodes whose pod has been ready for minReadySeconds." }),
  numberUnavailable: int32(8, { doc: "Nodes that shall run the pod and have none that is available." }),
  collisionCount: int32(9, { pointer: true, doc: "How often the hash of a new revision met one that was taken." }),
  conditions: list(DaemonSetCondition, 10, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Statements about it.",
  }),
});
export interface DaemonSetStatus extends Infer<typeof DaemonSetStatus> {}

export const DaemonSet = kind(
  "io.k8s.api.apps.v1.DaemonSet",
  "Runs one pod on each node, or on those that it selects: log collectors, network and storage agents.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(DaemonSetSpec, 2, { doc: "What is wanted." }),
    status: ref(DaemonSetStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface DaemonSet extends Infer<typeof DaemonSet> {}

export const DaemonSetList = kind("io.k8s.api.apps.v1.DaemonSetList", "A list of DaemonSet objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(DaemonSet, 2, { always: true, required: true, doc: "The objects." }),
});
export interface DaemonSetList extends Infer<typeof DaemonSetList> {}

export const daemonsets = resource<DaemonSet>(DaemonSet, {
  group: "apps",
  version: "v1",
  resource: "daemonsets",
  singular: "daemonset",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["ds"],
  categories: ["all"],
  subresources: [{ name: "status", kind: "DaemonSet", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/daemonsets/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Desired", type: "integer" },
    { name: "Current", type: "integer" },
    { name: "Ready", type: "integer" },
    { name: "Up-to-date", type: "integer" },
    { name: "Available", type: "integer" },
    { name: "Node Selector", type: "string" },
    { name: "Age", type: "string" },
    { name: "Containers", type: "string", priority: 1 },
    { name: "Images", type: "string", priority: 1 },
    { name: "Selector", type: "string", priority: 1 },
  ],
});
