/** What is served of autoscaling: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { horizontalpodautoscalers } from "./horizontal-pod-autoscaler.ts";
import { horizontalPodAutoscalerRules } from "./horizontal-pod-autoscaler-rules.ts";
import { horizontalpodautoscalersV1 } from "./horizontal-pod-autoscaler-v1.ts";
import { horizontalPodAutoscalerV1Rules } from "./horizontal-pod-autoscaler-v1-rules.ts";

export const autoscalingKinds: readonly Served[] = [
  served(horizontalpodautoscalers, horizontalPodAutoscalerRules),
  served(horizontalpodautoscalersV1, horizontalPodAutoscalerV1Rules),
];
