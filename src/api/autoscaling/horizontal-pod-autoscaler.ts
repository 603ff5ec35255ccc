/** Declarations of CrossVersionObjectReference, MetricTarget, MetricIdentifier, ObjectMetricSource, PodsMetricSource, ResourceMetricSource,. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, kind, list, quantity, ref, string, struct, time } from "../schema.ts";

export const CrossVersionObjectReference = struct(
  "io.k8s.api.autoscaling.v2.CrossVersionObjectReference",
  "An object of the same namespace that can be scaled.",
  {
    kind: string(1, { always: true, required: true, doc: "Its kind." }),
    name: string(2, { always: true, required: true, doc: "Its name." }),
    apiVersion: string(3, { doc: "Its group and version." }),
  },
);
export interface CrossVersionObjectReference extends Infer<typeof CrossVersionObjectReference> {}

export const MetricTarget = struct("io.k8s.api.autoscaling.v2.MetricTarget", "What a value shall be.", {
  type: string(1, { goType: "v2.MetricTargetType", always: true, required: true, doc: "Utilization, Value or AverageValue." }),
  value: quantity(2, { pointer: true, doc: "The value itself." }),
  averageValue: quantity(3, { pointer: true, doc: "The value divided by the number of pods." }),
  averageUtilization: int32(4, { pointer: true, doc: "The percentage of what the pods request." }),
});
export interface MetricTarget extends Infer<typeof MetricTarget> {}

export const MetricIdentifier = struct("io.k8s.api.autoscaling.v2.MetricIdentifier", "Which number.", {
  name: string(1, { always: true, required: true, doc: "Its name." }),
  selector: ref(LabelSelector, 2, { pointer: true, doc: "Labels that it must have." }),
});
export interface MetricIdentifier extends Infer<typeof MetricIdentifier> {}

export const ObjectMetricSource = struct(
  "io.k8s.api.autoscaling.v2.ObjectMetricSource",
  "A number about one object, such as requests of an Ingress.",
  {
    describedObject: ref(CrossVersionObjectReference, 1, { always: true, required: true, doc: "The object." }),
    target: ref(MetricTarget, 2, { always: true, required: true, doc: "What it shall be." }),
    metric: ref(MetricIdentifier, 3, { always: true, required: true, doc: "Which number." }),
  },
);
export interface ObjectMetricSource extends Infer<typeof ObjectMetricSource> {}

export const PodsMetricSource = struct("io.k8s.api.autoscaling.v2.PodsMetricSource", "A number of each pod, averaged.", {
  metric: ref(MetricIdentifier, 1, { always: true, required: true, doc: "Which number." }),
  target: ref(MetricTarget, 2, { always: true, required: true, doc: "What it shall be." }),
});
export interface PodsMetricSource extends Infer<typeof PodsMetricSource> {}

export const ResourceMetricSource = struct("io.k8s.api.autoscaling.v2.ResourceMetricSource", "A resource of the pods: cpu or memory.", {
  name: string(1, { goType: "v1.ResourceName", always: true, required: true, doc: "The resource: cpu or memory." }),
  target: ref(MetricTarget, 2, { always: true, required: true, doc: "What it shall be." }),
});
export interface ResourceMetricSource extends Infer<typeof ResourceMetricSource> {}

export const ContainerResourceMetricSource = struct(
  "io.k8s.api.autoscaling.v2.ContainerResourceMetricSource",
  "A resource of one container in each pod.",
  {
    name: string(1, { goType: "v1.ResourceName", always: true, required: true, doc: "The resource: cpu or memory." }),
    target: ref(MetricTarget, 2, { always: true, required: true, doc: "What it shall be." }),
    container: string(3, { always: true, required: true, doc: "The container." }),
  },
);
export interface ContainerResourceMetricSource extends Infer<typeof ContainerResourceMetricSource> {}

export const ExternalMetricSource = struct(
  "io.k8s.api.autoscaling.v2.ExternalMetricSource",
  "A number from outside of the cluster, such as the length of a queue.",
  {
    metric: ref(MetricIdentifier, 1, { always: true, required: true, doc: "Which number." }),
    target: ref(MetricTarget, 2, { always: true, required: true, doc: "What it shall be." }),
  },
);
export interface ExternalMetricSource extends Infer<typeof ExternalMetricSource> {}

export const MetricSpec = struct("io.k8s.api.autoscaling.v2.MetricSpec", "A measured value.", {
  type: string(1, {
    goType: "v2.MetricSourceType",
    always: true,
    required: true,
    doc: "Resource, ContainerResource, Pods, Object or External; the field of that name is set.",
  }),
  object: ref(ObjectMetricSource, 2, { pointer: true, doc: "About an object." }),
  pods: ref(PodsMetricSource, 3, { pointer: true, doc: "About each pod." }),
  resource: ref(ResourceMetricSource, 4, { pointer: true, doc: "About a resource of the pods." }),
  containerResource: ref(ContainerResourceMetricSource, 7, { pointer: true, doc: "About a resource of a container." }),
  external: ref(ExternalMetricSource, 5, { pointer: true, doc: "From outside." }),
});
export interface MetricSpec extends Infer<typeof MetricSpec> {}

export const HPAScalingPolicy = struct("io.k8s.api.autoscaling.v2.HPAScalingPolicy", "The most that may change within a time.", {
  type: string(1, { goType: "v2.HPAScalingPolicyType", always: true, required: true, doc: "Pods or Percent." }),
  value: int32(2, { always: true, required: true, doc: "How many." }),
  periodSeconds: int32(3, { always: true, required: true, doc: "Within how many seconds, 1 to 1800." }),
});
export interface HPAScalingPolicy extends Infer<typeof HPAScalingPolicy> {}

export const HPAScalingRules = struct("io.k8s.api.autoscaling.v2.HPAScalingRules", "How fast it scales in one direction.", {
  stabilizationWindowSeconds: int32(3, {
    pointer: true,
    doc: "How far back decisions are looked at before one is carried out; 0 up, 300 down by default.",
  }),
  selectPolicy: string(1, {
    goType: "v2.ScalingPolicySelect",
    pointer: true,
    doc: "Max (the default), Min or Disabled: which policy counts.",
  }),
  policies: list(HPAScalingPolicy, 2, { keepsEmpty: true, listType: "atomic", doc: "The policies." }),
  tolerance: quantity(4, { pointer: true, doc: "How far a value may be from its target before anything is done; 0.1 by default." }),
});
export interface HPAScalingRules extends Infer<typeof HPAScalingRules> {}

export const HorizontalPodAutoscalerBehavior = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior", "How fast it scales.", {
  scaleUp: ref(HPAScalingRules, 1, { pointer: true, doc: "Upwards." }),
  scaleDown: ref(HPAScalingRules, 2, { pointer: true, doc: "Downwards." }),
});
export interface HorizontalPodAutoscalerBehavior extends Infer<typeof HorizontalPodAutoscalerBehavior> {}

export const HorizontalPodAutoscalerSpec = struct(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec",
  "What is scaled, between which bounds, by what.",
  {
    scaleTargetRef: ref(CrossVersionObjectReference, 1, { always: true, required: true, doc: "What is scaled." }),
    minReplicas: int32(2, { pointer: true, doc: "The fewest replicas; 1 by default." }),
    maxReplicas: int32(3, { always: true, required: true, doc: "The most replicas." }),
    metrics: list(MetricSpec, 4, {
      listType: "atomic",
      doc: "What is measured, with targets; the one that asks for the most replicas wins.",
    }),
    behavior: ref(HorizontalPodAutoscalerBehavior, 5, { pointer: true, doc: "How fast it scales up and down." }),
  },
);
export interface HorizontalPodAutoscalerSpec extends Infer<typeof HorizontalPodAutoscalerSpec> {}

export const MetricValueStatus = struct("io.k8s.api.autoscaling.v2.MetricValueStatus", "What a value is.", {
  value: quantity(1, { pointer: true, doc: "The value itself." }),
  averageValue: quantity(2, { pointer: true, doc: "The value divided by the number of pods." }),
  averageUtilization: int32(3, { pointer: true, doc: "The percentage of what the pods request." }),
});
export interface MetricValueStatus extends Infer<typeof MetricValueStatus> {}

export const ObjectMetricStatus = struct(
  "io.k8s.api.autoscaling.v2.ObjectMetricStatus",
  "A number about one object, such as requests of an Ingress.",
  {
    metric: ref(MetricIdentifier, 1, { always: true, required: true, doc: "Which number." }),
    current: ref(MetricValueStatus, 2, { always: true, required: true, doc: "What it is." }),
    describedObject: ref(CrossVersionObjectReference, 3, { always: true, required: true, doc: "The object." }),
  },
);
export interface ObjectMetricStatus extends Infer<typeof ObjectMetricStatus> {}

export const PodsMetricStatus = struct("io.k8s.api.autoscaling.v2.PodsMetricStatus", "A number of each pod, averaged.", {
  metric: ref(MetricIdentifier, 1, { always: true, required: true, doc: "Which number." }),
  current: ref(MetricValueStatus, 2, { always: true, required: true, doc: "What it is." }),
});
export interface PodsMetricStatus extends Infer<typeof PodsMetricStatus> {}

export const ResourceMetricStatus = struct("io.k8s.api.autoscaling.v2.ResourceMetricStatus", "A resource of the pods: cpu or memory.", {
  name: string(1, { goType: "v1.ResourceName", always: true, required: true, doc: "The resource: cpu or memory." }),
  current: ref(MetricValueStatus, 2, { always: true, required: true, doc: "What it is." }),
});
export interface ResourceMetricStatus extends Infer<typeof ResourceMetricStatus> {}

export const ContainerResourceMetricStatus = struct(
  "io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus",
  "A resource of one container in each pod.",
  {
    name: string(1, { goType: "v1.ResourceName", always: true, required: true, doc: "The resource: cpu or memory." }),
    current: ref(MetricValueStatus, 2, { always: true, required: true, doc: "What it is." }),
    container: string(3, { always: true, required: true, doc: "The container." }),
  },
);
export interface ContainerResourceMetricStatus extends Infer<typeof ContainerResourceMetricStatus> {}

export const ExternalMetricStatus = struct(
  "io.k8s.api.autoscaling.v2.ExternalMetricStatus",
  "A number from outside of the cluster, such as the length of a queue.",
  {
    metric: ref(MetricIdentifier, 1, { always: true, required: true, doc: "Which number." }),
    current: ref(MetricValueStatus, 2, { always: true, required: true, doc: "What it is." }),
  },
);
export interface ExternalMetricStatus extends Infer<typeof ExternalMetricStatus> {}

export const MetricStatus = struct("io.k8s.api.autoscaling.v2.MetricStatus", "A measured value.", {
  type: string(1, {
    goType: "v2.MetricSourceType",
    always: true,
    required: true,
    doc: "Resource, ContainerResource, Pods, Object or External; the field of that name is set.",
  }),
  object: ref(ObjectMetricStatus, 2, { pointer: true, doc: "About an object." }),
  pods: ref(PodsMetricStatus, 3, { pointer: true, doc: "About each pod." }),
  resource: ref(ResourceMetricStatus, 4, { pointer: true, doc: "About a resource of the pods." }),
  containerResource: ref(ContainerResourceMetricStatus, 7, { pointer: true, doc: "About a resource of a container." }),
  external: ref(ExternalMetricStatus, 5, { pointer: true, doc: "From outside." }),
});
export interface MetricStatus extends Infer<typeof MetricStatus> {}

export const HorizontalPodAutoscalerCondition = struct(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition",
  "A statement about the state of an object.",
  {
    type: string(1, {
      goType: "v2.HorizontalPodAutoscalerConditionType",
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
export interface HorizontalPodAutoscalerCondition extends Infer<typeof HorizontalPodAutoscalerCondition> {}

export const HorizontalPodAutoscalerStatus = struct(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus",
  "What was last measured and decided.",
  {
    observedGeneration: int64(1, { pointer: true, doc: "The generation that this is about." }),
    lastScaleTime: time(2, { pointer: true, doc: "When the number was last changed." }),
    currentReplicas: int32(3, { doc: "How many replicas there were." }),
    desiredReplicas: int32(4, { always: true, required: true, doc: "How many it decided on." }),
    currentMetrics: list(MetricStatus, 5, { always: true, listType: "atomic", doc: "What was measured." }),
    conditions: list(HorizontalPodAutoscalerCondition, 6, {
      patchStrategy: "merge",
      patchMergeKey: "type",
      listType: "map",
      listMapKeys: ["type"],
      doc: "AbleToScale, ScalingActive and ScalingLimited.",
    }),
  },
);
export interface HorizontalPodAutoscalerStatus extends Infer<typeof HorizontalPodAutoscalerStatus> {}

export const HorizontalPodAutoscaler = kind(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  "Changes the number of replicas of a workload so that measured values stay near their targets.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(HorizontalPodAutoscalerSpec, 2, { required: true, doc: "What is wanted." }),
    status: ref(HorizontalPodAutoscalerStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface HorizontalPodAutoscaler extends Infer<typeof HorizontalPodAutoscaler> {}

export const HorizontalPodAutoscalerList = kind(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerList",
  "A list of HorizontalPodAutoscaler objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(HorizontalPodAutoscaler, 2, { always: true, required: true, doc: "The objects." }),
  },
);
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
