/** Declarations of AutoscalingV1CrossVersionObjectReference, AutoscalingV1HorizontalPodAutoscalerSpec, AutoscalingV1HorizontalPodAutoscaler. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, kind, list, ref, string, struct, time } from "../schema.ts";

export const AutoscalingV1CrossVersionObjectReference = struct("io.k8s.api.autoscaling.v1.CrossVersionObjectReference", {
  kind: string(1, { always: true, required: true }),
  name: string(2, { always: true, required: true }),
  apiVersion: string(3),
});
export interface AutoscalingV1CrossVersionObjectReference extends Infer<typeof AutoscalingV1CrossVersionObjectReference> {}

export const AutoscalingV1HorizontalPodAutoscalerSpec = struct("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec", {
  scaleTargetRef: ref(AutoscalingV1CrossVersionObjectReference, 1, { always: true, required: true }),
  minReplicas: int32(2, { pointer: true }),
  maxReplicas: int32(3, { always: true, required: true }),
  targetCPUUtilizationPercentage: int32(4, { pointer: true }),
});
export interface AutoscalingV1HorizontalPodAutoscalerSpec extends Infer<typeof AutoscalingV1HorizontalPodAutoscalerSpec> {}

export const AutoscalingV1HorizontalPodAutoscalerStatus = struct("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus", {
  observedGeneration: int64(1, { pointer: true }),
  lastScaleTime: time(2, { pointer: true }),
  currentReplicas: int32(3, { always: true, required: true }),
  desiredReplicas: int32(4, { always: true, required: true }),
  currentCPUUtilizationPercentage: int32(5, { pointer: true }),
});
export interface AutoscalingV1HorizontalPodAutoscalerStatus extends Infer<typeof AutoscalingV1HorizontalPodAutoscalerStatus> {}

export const AutoscalingV1HorizontalPodAutoscaler = kind("io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(AutoscalingV1HorizontalPodAutoscalerSpec, 2, { required: true }),
  status: ref(AutoscalingV1HorizontalPodAutoscalerStatus, 3),
});
export interface AutoscalingV1HorizontalPodAutoscaler extends Infer<typeof AutoscalingV1HorizontalPodAutoscaler> {}

export const AutoscalingV1HorizontalPodAutoscalerList = kind("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerList", {
  metadata: ref(ListMeta, 1),
  items: list(AutoscalingV1HorizontalPodAutoscaler, 2, { always: true, required: true }),
});
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
