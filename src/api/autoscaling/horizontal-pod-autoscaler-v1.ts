/** Declarations of AutoscalingV1CrossVersionObjectReference, AutoscalingV1HorizontalPodAutoscalerSpec, AutoscalingV1HorizontalPodAutoscaler. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, kind, list, ref, string, struct, time } from "../schema.ts";

export const AutoscalingV1CrossVersionObjectReference = struct(
  "io.k8s.api.autoscaling.v1.CrossVersionObjectReference",
  "An object of the same namespace that can be scaled.",
  {
    kind: string(1, { always: true, required: true, doc: "Its kind." }),
    name: string(2, { always: true, required: true, doc: "Its name." }),
    apiVersion: string(3, { doc: "Its group and version." }),
  },
);
export interface AutoscalingV1CrossVersionObjectReference extends Infer<typeof AutoscalingV1CrossVersionObjectReference> {}

export const AutoscalingV1HorizontalPodAutoscalerSpec = struct(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec",
  "What is scaled, between which bounds, by what.",
  {
    scaleTargetRef: ref(AutoscalingV1CrossVersionObjectReference, 1, { always: true, required: true, doc: "What is scaled." }),
    minReplicas: int32(2, { pointer: true, doc: "The fewest replicas; 1 by default." }),
    maxReplicas: int32(3, { always: true, required: true, doc: "The most replicas." }),
    targetCPUUtilizationPercentage: int32(4, {
      pointer: true,
      doc: "How much of their requested CPU pods shall use on average; 80 by default.",
    }),
  },
);
export interface AutoscalingV1HorizontalPodAutoscalerSpec extends Infer<typeof AutoscalingV1HorizontalPodAutoscalerSpec> {}

export const AutoscalingV1HorizontalPodAutoscalerStatus = struct(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus",
  "What was last measured and decided.",
  {
    observedGeneration: int64(1, { pointer: true, doc: "The generation that this is about." }),
    lastScaleTime: time(2, { pointer: true, doc: "When the number was last changed." }),
    currentReplicas: int32(3, { always: true, required: true, doc: "How many replicas there were." }),
    desiredReplicas: int32(4, { always: true, required: true, doc: "How many it decided on." }),
    currentCPUUtilizationPercentage: int32(5, { pointer: true, doc: "How much of their requested CPU pods use on average." }),
  },
);
export interface AutoscalingV1HorizontalPodAutoscalerStatus extends Infer<typeof AutoscalingV1HorizontalPodAutoscalerStatus> {}

export const AutoscalingV1HorizontalPodAutoscaler = kind(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
  "Changes the number of replicas of a workload so that measured values stay near their targets.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(AutoscalingV1HorizontalPodAutoscalerSpec, 2, { required: true, doc: "What is wanted." }),
    status: ref(AutoscalingV1HorizontalPodAutoscalerStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface AutoscalingV1HorizontalPodAutoscaler extends Infer<typeof AutoscalingV1HorizontalPodAutoscaler> {}

export const AutoscalingV1HorizontalPodAutoscalerList = kind(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerList",
  "A list of HorizontalPodAutoscaler objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(AutoscalingV1HorizontalPodAutoscaler, 2, { always: true, required: true, doc: "The objects." }),
  },
);
export interface AutoscalingV1HorizontalPodAutoscalerList extends Infer<typeof AutoscalingV1HorizontalPodAutoscalerList> {}

export const horizontalpodautoscalersV1 = resource<AutoscalingV1HorizontalPodAutoscaler>(AutoscalingV1HorizontalPodAutoscaler, {
  group: "autoscaling",
  version: "v1",
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
