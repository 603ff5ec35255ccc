/** What the server knows of HorizontalPodAutoscaler v1: defaults, what a write may set, what is refused, what tables show. */
import { subdomainName } from "../checks/object-meta.ts";
import { rules } from "../rules.ts";
import { horizontalpodautoscalers } from "./horizontal-pod-autoscaler.ts";
import { autoscalerCells, validateAutoscaler } from "./horizontal-pod-autoscaler-rules.ts";
import type { AutoscalingV1HorizontalPodAutoscaler } from "./horizontal-pod-autoscaler-v1.ts";
import { withMetrics, withPercentage } from "./metrics-in-annotations.ts";

export const horizontalPodAutoscalerV1Rules = rules<AutoscalingV1HorizontalPodAutoscaler>({
  names: subdomainName,
  counts: false,
  status: () => ({ desiredReplicas: 0, currentMetrics: null }),
  defaults: ({ spec }: AutoscalingV1HorizontalPodAutoscaler) => {
    if (spec) spec.minReplicas ??= 1;
  },
  check: {
    create: validateAutoscaler,
    update: (autoscaler, _old, problems) => validateAutoscaler(autoscaler, problems),
  },
  cells: autoscalerCells,
  storedAs: { resource: horizontalpodautoscalers, toStored: withMetrics, toServed: withPercentage },
});
