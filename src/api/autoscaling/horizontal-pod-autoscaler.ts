/** Declarations of CrossVersionObjectReference, MetricTarget, MetricIdentifier, ObjectMetricSource, PodsMetricSource, ResourceMetricSource,. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, kind, list, quantity, ref, string, struct, time } from "../schema.ts";

export const CrossVersionObjectReference = struct("io.k8s.api.autoscaling.v2.CrossVersionObjectReference", {
  kind: string(1, { always: true, required: true }),
  name: string(2, { always: true, required: true }),
  apiVersion: string(3),
});
export interface CrossVersionObjectReference extends Infer<typeof CrossVersionObjectReference> {}

export const MetricTarget = struct("io.k8s.api.autoscaling.v2.MetricTarget", {
  type: string(1, { always: true, required: true }),
  value: quantity(2, { pointer: true }),
  averageValue: quantity(3, { pointer: true }),
  averageUtilization: int32(4, { pointer: true }),
});
export interface MetricTarget extends Infer<typeof MetricTarget> {}

export const MetricIdentifier = struct("io.k8s.api.autoscaling.v2.MetricIdentifier", {
  name: string(1, { always: true, required: true }),
  selector: ref(LabelSelector, 2, { pointer: true }),
});
export interface MetricIdentifier extends Infer<typeof MetricIdentifier> {}

export const ObjectMetricSource = struct("io.k8s.api.autoscaling.v2.ObjectMetricSource", {
  describedObject: ref(CrossVersionObjectReference, 1, { always: true, required: true }),
  target: ref(MetricTarget, 2, { always: true, required: true }),
  metric: ref(MetricIdentifier, 3, { always: true, required: true }),
});
export interface ObjectMetricSource extends Infer<typeof ObjectMetricSource> {}

export const PodsMetricSource = struct("io.k8s.api.autoscaling.v2.PodsMetricSource", {
  metric: ref(MetricIdentifier, 1, { always: true, required: true }),
  target: ref(MetricTarget, 2, { always: true, required: true }),
});
export interface PodsMetricSource extends Infer<typeof PodsMetricSource> {}

export const ResourceMetricSource = struct("io.k8s.api.autoscaling.v2.ResourceMetricSource", {
  name: string(1, { always: true, required: true }),
  target: ref(MetricTarget, 2, { always: true, required: true }),
});
export interface ResourceMetricSource extends Infer<typeof ResourceMetricSource> {}

export const ContainerResourceMetricSource = struct("io.k8s.api.autoscaling.v2.ContainerResourceMetricSource", {
  name: string(1, { always: true, required: true }),
  target: ref(MetricTarget, 2, { always: true, required: true }),
  container: string(3, { always: true, required: true }),
});
export interface ContainerResourceMetricSource extends Infer<typeof ContainerResourceMetricSource> {}

export const ExternalMetricSource = struct("io.k8s.api.autoscaling.v2.ExternalMetricSource", {
  metric: ref(MetricIdentifier, 1, { always: true, required: true }),
  target: ref(MetricTarget, 2, { always: true, required: true }),
});
export interface ExternalMetricSource extends Infer<typeof ExternalMetricSource> {}

export const MetricSpec = struct("io.k8s.api.autoscaling.v2.MetricSpec", {
  type: string(1, { always: true, required: true }),
  object: ref(ObjectMetricSource, 2, { pointer: true }),
  pods: ref(PodsMetricSource, 3, { pointer: true }),
  resource: ref(ResourceMetricSource, 4, { pointer: true }),
  containerResource: ref(ContainerResourceMetricSource, 7, { pointer: true }),
  external: ref(ExternalMetricSource, 5, { pointer: true }),
});
export interface MetricSpec extends Infer<typeof MetricSpec> {}

export const HPAScalingPolicy = struct("io.k8s.api.autoscaling.v2.HPAScalingPolicy", {
  type: string(1, { always: true, required: true }),
  value: int32(2, { always: true, required: true }),
  periodSeconds: int32(3, { always: true, required: true }),
});
export interface HPAScalingPolicy extends Infer<typeof HPAScalingPolicy> {}

export const HPAScalingRules = struct("io.k8s.api.autoscaling.v2.HPAScalingRules", {
  stabilizationWindowSeconds: int32(3, { pointer: true }),
  selectPolicy: string(1, { pointer: true }),
  policies: list(HPAScalingPolicy, 2, { listType: "atomic" }),
  tolerance: quantity(4, { pointer: true }),
});
export interface HPAScalingRules extends Infer<typeof HPAScalingRules> {}

export const HorizontalPodAutoscalerBehavior = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior", {
  scaleUp: ref(HPAScalingRules, 1, { pointer: true }),
  scaleDown: ref(HPAScalingRules, 2, { pointer: true }),
});
export interface HorizontalPodAutoscalerBehavior extends Infer<typeof HorizontalPodAutoscalerBehavior> {}

export const HorizontalPodAutoscalerSpec = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec", {
  scaleTargetRef: ref(CrossVersionObjectReference, 1, { always: true, required: true }),
  minReplicas: int32(2, { pointer: true }),
  maxReplicas: int32(3, { always: true, required: true }),
  metrics: list(MetricSpec, 4, { listType: "atomic" }),
  behavior: ref(HorizontalPodAutoscalerBehavior, 5, { pointer: true }),
});
export interface HorizontalPodAutoscalerSpec extends Infer<typeof HorizontalPodAutoscalerSpec> {}

export const MetricValueStatus = struct("io.k8s.api.autoscaling.v2.MetricValueStatus", {
  value: quantity(1, { pointer: true }),
  averageValue: quantity(2, { pointer: true }),
  averageUtilization: int32(3, { pointer: true }),
});
export interface MetricValueStatus extends Infer<typeof MetricValueStatus> {}

export const ObjectMetricStatus = struct("io.k8s.api.autoscaling.v2.ObjectMetricStatus", {
  metric: ref(MetricIdentifier, 1, { always: true, required: true }),
  current: ref(MetricValueStatus, 2, { always: true, required: true }),
  describedObject: ref(CrossVersionObjectReference, 3, { always: true, required: true }),
});
export interface ObjectMetricStatus extends Infer<typeof ObjectMetricStatus> {}

export const PodsMetricStatus = struct("io.k8s.api.autoscaling.v2.PodsMetricStatus", {
  metric: ref(MetricIdentifier, 1, { always: true, required: true }),
  current: ref(MetricValueStatus, 2, { always: true, required: true }),
});
export interface PodsMetricStatus extends Infer<typeof PodsMetricStatus> {}

export const ResourceMetricStatus = struct("io.k8s.api.autoscaling.v2.ResourceMetricStatus", {
  name: string(1, { always: true, required: true }),
  current: ref(MetricValueStatus, 2, { always: true, required: true }),
});
export interface ResourceMetricStatus extends Infer<typeof ResourceMetricStatus> {}

export const ContainerResourceMetricStatus = struct("io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus", {
  name: string(1, { always: true, required: true }),
  current: ref(MetricValueStatus, 2, { always: true, required: true }),
  container: string(3, { always: true, required: true }),
});
export interface ContainerResourceMetricStatus extends Infer<typeof ContainerResourceMetricStatus> {}

export const ExternalMetricStatus = struct("io.k8s.api.autoscaling.v2.ExternalMetricStatus", {
  metric: ref(MetricIdentifier, 1, { always: true, required: true }),
  current: ref(MetricValueStatus, 2, { always: true, required: true }),
});
export interface ExternalMetricStatus extends Infer<typeof ExternalMetricStatus> {}

export const MetricStatus = struct("io.k8s.api.autoscaling.v2.MetricStatus", {
  type: string(1, { always: true, required: true }),
  object: ref(ObjectMetricStatus, 2, { pointer: true }),
  pods: ref(PodsMetricStatus, 3, { pointer: true }),
  resource: ref(ResourceMetricStatus, 4, { pointer: true }),
  containerResource: ref(ContainerResourceMetricStatus, 7, { pointer: true }),
  external: ref(ExternalMetricStatus, 5, { pointer: true }),
});
export interface MetricStatus extends Infer<typeof MetricStatus> {}

export const HorizontalPodAutoscalerCondition = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastTransitionTime: time(3),
  reason: string(4),
  message: string(5),
});
export interface HorizontalPodAutoscalerCondition extends Infer<typeof HorizontalPodAutoscalerCondition> {}

export const HorizontalPodAutoscalerStatus = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus", {
  observedGeneration: int64(1, { pointer: true }),
  lastScaleTime: time(2, { pointer: true }),
  currentReplicas: int32(3),
  desiredReplicas: int32(4, { always: true, required: true }),
  currentMetrics: list(MetricStatus, 5, { always: true, listType: "atomic" }),
  conditions: list(HorizontalPodAutoscalerCondition, 6, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
  }),
});
export interface HorizontalPodAutoscalerStatus extends Infer<typeof HorizontalPodAutoscalerStatus> {}

export const HorizontalPodAutoscaler = kind("io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(HorizontalPodAutoscalerSpec, 2, { required: true }),
  status: ref(HorizontalPodAutoscalerStatus, 3),
});
export interface HorizontalPodAutoscaler extends Infer<typeof HorizontalPodAutoscaler> {}

export const HorizontalPodAutoscalerList = kind("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerList", {
  metadata: ref(ListMeta, 1),
  items: list(HorizontalPodAutoscaler, 2, { always: true, required: true }),
});
export interface HorizontalPodAutoscalerList extends Infer<typeof HorizontalPodAutoscalerList> {}

export const horizontalpodautoscalers = resource<HorizontalPodAutoscaler>(HorizontalPodAutoscaler, {
  group: "autoscaling",
  version: "v2",
  resource: "horizontalpodautoscalers",
  singular: "horizontalpodautoscaler",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: [{ name: "status", kind: "HorizontalPodAutoscaler", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/horizontalpodautoscalers/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Reference", type: "string" },
    { name: "Targets", type: "string" },
    { name: "MinPods", type: "string" },
    { name: "MaxPods", type: "string" },
    { name: "Replicas", type: "string" },
    { name: "Age", type: "string" },
  ],
});
