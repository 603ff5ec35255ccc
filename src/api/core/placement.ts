/** Which nodes a pod may or should run on. */

import { LabelSelector } from "../meta/object-meta.ts";
import { type Infer, int32, int64, list, ref, string, struct, time } from "../schema.ts";
import { NodeSelector, NodeSelectorTerm } from "./references.ts";

export const PreferredSchedulingTerm = struct("io.k8s.api.core.v1.PreferredSchedulingTerm", "A wish about nodes, and how much it counts.", {
  weight: int32(1, { always: true, required: true, doc: "1 to 100; a node gets the sum of the weights that match." }),
  preference: ref(NodeSelectorTerm, 2, { always: true, required: true, doc: "The nodes that are preferred." }),
});
export interface PreferredSchedulingTerm extends Infer<typeof PreferredSchedulingTerm> {}

export const NodeAffinity = struct(
  "io.k8s.api.core.v1.NodeAffinity",
  "Rules about the labels of nodes, asked when a pod is placed and not later.",
  {
    requiredDuringSchedulingIgnoredDuringExecution: ref(NodeSelector, 1, {
      pointer: true,
      doc: "The node must match; otherwise the pod stays Pending.",
    }),
    preferredDuringSchedulingIgnoredDuringExecution: list(PreferredSchedulingTerm, 2, {
      listType: "atomic",
      doc: "The more of these match, by weight, the better.",
    }),
  },
);
export interface NodeAffinity extends Infer<typeof NodeAffinity> {}

export const PodAffinityTerm = struct("io.k8s.api.core.v1.PodAffinityTerm", "Some pods, and how near is near.", {
  labelSelector: ref(LabelSelector, 1, { pointer: true, doc: "The pods that are meant; nothing means none." }),
  namespaces: list(string, 2, {
    listType: "atomic",
    doc: "The namespaces in which they are looked for; the pod's own when this and namespaceSelector are left out.",
  }),
  topologyKey: string(3, {
    always: true,
    required: true,
    doc: "The node label whose equal values mean the same place, such as kubernetes.io/hostname.",
  }),
  namespaceSelector: ref(LabelSelector, 4, { pointer: true, doc: "Labels of further namespaces; an empty selector means all." }),
  matchLabelKeys: list(string, 5, {
    listType: "atomic",
    doc: "Labels whose values are taken from the new pod and added to the selector with In, such as pod-template-hash.",
  }),
  mismatchLabelKeys: list(string, 6, { listType: "atomic", doc: "The same with NotIn." }),
});
export interface PodAffinityTerm extends Infer<typeof PodAffinityTerm> {}

export const WeightedPodAffinityTerm = struct(
  "io.k8s.api.core.v1.WeightedPodAffinityTerm",
  "A wish about other pods, and how much it counts.",
  {
    weight: int32(1, { always: true, required: true, doc: "1 to 100." }),
    podAffinityTerm: ref(PodAffinityTerm, 2, { always: true, required: true, doc: "The wish." }),
  },
);
export interface WeightedPodAffinityTerm extends Infer<typeof WeightedPodAffinityTerm> {}

export const PodAffinity = struct(
  "io.k8s.api.core.v1.PodAffinity",
  "Rules that place a pod near other pods, asked when it is placed and not later.",
  {
    requiredDuringSchedulingIgnoredDuringExecution: list(PodAffinityTerm, 1, {
      listType: "atomic",
      doc: "All of these must hold; otherwise the pod stays Pending.",
    }),
    preferredDuringSchedulingIgnoredDuringExecution: list(WeightedPodAffinityTerm, 2, {
      listType: "atomic",
      doc: "The more of these hold, by weight, the better.",
    }),
  },
);
export interface PodAffinity extends Infer<typeof PodAffinity> {}

export const PodAntiAffinity = struct(
  "io.k8s.api.core.v1.PodAntiAffinity",
  "Rules that keep a pod away from other pods, asked when it is placed and not later.",
  {
    requiredDuringSchedulingIgnoredDuringExecution: list(PodAffinityTerm, 1, {
      listType: "atomic",
      doc: "All of these must hold; otherwise the pod stays Pending.",
    }),
    preferredDuringSchedulingIgnoredDuringExecution: list(WeightedPodAffinityTerm, 2, {
      listType: "atomic",
      doc: "The more of these hold, by weight, the better.",
    }),
  },
);
export interface PodAntiAffinity extends Infer<typeof PodAntiAffinity> {}

export const Affinity = struct("io.k8s.api.core.v1.Affinity", "Which nodes a pod wants, and which pods it wants near or far.", {
  nodeAffinity: ref(NodeAffinity, 1, { pointer: true, doc: "Rules about the labels of nodes." }),
  podAffinity: ref(PodAffinity, 2, { pointer: true, doc: "Rules that place the pod near other pods." }),
  podAntiAffinity: ref(PodAntiAffinity, 3, { pointer: true, doc: "Rules that keep the pod away from other pods." }),
});
export interface Affinity extends Infer<typeof Affinity> {}

export const Toleration = struct("io.k8s.api.core.v1.Toleration", "Lets a pod onto nodes with a taint.", {
  key: string(1, { doc: "The taint's key; empty with Exists tolerates all." }),
  operator: string(2, {
    goType: "v1.TolerationOperator",
    enum: ["Equal", "Exists", "Gt", "Lt"],
    doc: "Equal (the default) compares the value; Exists takes any; Lt and Gt compare numbers where that is on.",
  }),
  value: string(3, { doc: "The value that must be equal." }),
  effect: string(4, {
    goType: "v1.TaintEffect",
    enum: ["NoExecute", "NoSchedule", "PreferNoSchedule"],
    doc: "The effect that is tolerated; all when left out.",
  }),
  tolerationSeconds: int64(5, { pointer: true, doc: "For NoExecute, how long the pod stays; for ever when left out." }),
});
export interface Toleration extends Infer<typeof Toleration> {}

export const TopologySpreadConstraint = struct("io.k8s.api.core.v1.TopologySpreadConstraint", "How evenly pods are spread over places.", {
  maxSkew: int32(1, { always: true, required: true, doc: "By how many pods two places may differ at the most." }),
  topologyKey: string(2, {
    always: true,
    required: true,
    doc: "The node label whose values are the places, such as topology.kubernetes.io/zone.",
  }),
  whenUnsatisfiable: string(3, {
    goType: "v1.UnsatisfiableConstraintAction",
    always: true,
    required: true,
    enum: ["DoNotSchedule", "ScheduleAnyway"],
    doc: "DoNotSchedule keeps the pod waiting; ScheduleAnyway only prefers.",
  }),
  labelSelector: ref(LabelSelector, 4, { pointer: true, doc: "The pods that are counted." }),
  minDomains: int32(5, { pointer: true, doc: "How many places there shall be at least; fewer count as if one had none." }),
  nodeAffinityPolicy: string(6, {
    goType: "v1.NodeInclusionPolicy",
    pointer: true,
    enum: ["Honor", "Ignore"],
    doc: "Honor counts only nodes that the pod may use; Ignore all.",
  }),
  nodeTaintsPolicy: string(7, {
    goType: "v1.NodeInclusionPolicy",
    pointer: true,
    enum: ["Honor", "Ignore"],
    doc: "Honor counts only nodes whose taints the pod tolerates; Ignore (the default) all.",
  }),
  matchLabelKeys: list(string, 8, {
    listType: "atomic",
    doc: "Labels whose values are taken from the new pod and added to the selector, such as pod-template-hash.",
  }),
});
export interface TopologySpreadConstraint extends Infer<typeof TopologySpreadConstraint> {}

export const Taint = struct("io.k8s.api.core.v1.Taint", "A mark on a node that keeps pods away which do not tolerate it.", {
  key: string(1, { always: true, required: true, doc: "Its key, in the form of a label key." }),
  value: string(2, { doc: "Its value." }),
  effect: string(3, {
    goType: "v1.TaintEffect",
    always: true,
    required: true,
    enum: ["NoExecute", "NoSchedule", "PreferNoSchedule"],
    doc: "NoSchedule (no new pods), PreferNoSchedule (rather not) or NoExecute (running ones leave too).",
  }),
  timeAdded: time(4, { pointer: true, doc: "When it was added; for NoExecute." }),
});
export interface Taint extends Infer<typeof Taint> {}
