/** Which nodes a pod may or should run on. */

import { LabelSelector } from "../meta/object-meta.ts";
import { type Infer, int32, int64, list, ref, string, struct, time } from "../schema.ts";
import { NodeSelector, NodeSelectorTerm } from "./references.ts";

export const PreferredSchedulingTerm = struct("io.k8s.api.core.v1.PreferredSchedulingTerm", {
  weight: int32(1, { always: true, required: true }),
  preference: ref(NodeSelectorTerm, 2, { always: true, required: true }),
});
export interface PreferredSchedulingTerm extends Infer<typeof PreferredSchedulingTerm> {}

export const NodeAffinity = struct("io.k8s.api.core.v1.NodeAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: ref(NodeSelector, 1, { pointer: true }),
  preferredDuringSchedulingIgnoredDuringExecution: list(PreferredSchedulingTerm, 2, { listType: "atomic" }),
});
export interface NodeAffinity extends Infer<typeof NodeAffinity> {}

export const PodAffinityTerm = struct("io.k8s.api.core.v1.PodAffinityTerm", {
  labelSelector: ref(LabelSelector, 1, { pointer: true }),
  namespaces: list(string, 2, { listType: "atomic" }),
  topologyKey: string(3, { always: true, required: true }),
  namespaceSelector: ref(LabelSelector, 4, { pointer: true }),
  matchLabelKeys: list(string, 5, { listType: "atomic" }),
  mismatchLabelKeys: list(string, 6, { listType: "atomic" }),
});
export interface PodAffinityTerm extends Infer<typeof PodAffinityTerm> {}

export const WeightedPodAffinityTerm = struct("io.k8s.api.core.v1.WeightedPodAffinityTerm", {
  weight: int32(1, { always: true, required: true }),
  podAffinityTerm: ref(PodAffinityTerm, 2, { always: true, required: true }),
});
export interface WeightedPodAffinityTerm extends Infer<typeof WeightedPodAffinityTerm> {}

export const PodAffinity = struct("io.k8s.api.core.v1.PodAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: list(PodAffinityTerm, 1, { listType: "atomic" }),
  preferredDuringSchedulingIgnoredDuringExecution: list(WeightedPodAffinityTerm, 2, { listType: "atomic" }),
});
export interface PodAffinity extends Infer<typeof PodAffinity> {}

export const PodAntiAffinity = struct("io.k8s.api.core.v1.PodAntiAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: list(PodAffinityTerm, 1, { listType: "atomic" }),
  preferredDuringSchedulingIgnoredDuringExecution: list(WeightedPodAffinityTerm, 2, { listType: "atomic" }),
});
export interface PodAntiAffinity extends Infer<typeof PodAntiAffinity> {}

export const Affinity = struct("io.k8s.api.core.v1.Affinity", {
  nodeAffinity: ref(NodeAffinity, 1, { pointer: true }),
  podAffinity: ref(PodAffinity, 2, { pointer: true }),
  podAntiAffinity: ref(PodAntiAffinity, 3, { pointer: true }),
});
export interface Affinity extends Infer<typeof Affinity> {}

export const Toleration = struct("io.k8s.api.core.v1.Toleration", {
  key: string(1),
  operator: string(2, { enum: ["Equal", "Exists", "Gt", "Lt"] }),
  value: string(3),
  effect: string(4, { enum: ["NoExecute", "NoSchedule", "PreferNoSchedule"] }),
  tolerationSeconds: int64(5, { pointer: true }),
});
export interface Toleration extends Infer<typeof Toleration> {}

export const TopologySpreadConstraint = struct("io.k8s.api.core.v1.TopologySpreadConstraint", {
  maxSkew: int32(1, { always: true, required: true }),
  topologyKey: string(2, { always: true, required: true }),
  whenUnsatisfiable: string(3, { always: true, required: true, enum: ["DoNotSchedule", "ScheduleAnyway"] }),
  labelSelector: ref(LabelSelector, 4, { pointer: true }),
  minDomains: int32(5, { pointer: true }),
  nodeAffinityPolicy: string(6, { pointer: true, enum: ["Honor", "Ignore"] }),
  nodeTaintsPolicy: string(7, { pointer: true, enum: ["Honor", "Ignore"] }),
  matchLabelKeys: list(string, 8, { listType: "atomic" }),
});
export interface TopologySpreadConstraint extends Infer<typeof TopologySpreadConstraint> {}

export const Taint = struct("io.k8s.api.core.v1.Taint", {
  key: string(1, { always: true, required: true }),
  value: string(2),
  effect: string(3, { always: true, required: true, enum: ["NoExecute", "NoSchedule", "PreferNoSchedule"] }),
  timeAdded: time(4, { pointer: true }),
});
export interface Taint extends Infer<typeof Taint> {}
