/** What the server knows of HorizontalPodAutoscaler v1: defaults, what a write may set, what is refused, what tables show. */
import { subdomainName } from "../checks/object-meta.ts";
import { rules } from "../rules.ts";
import { horizontalpodautoscalers } from "./horizontal-pod-autoscaler.ts";
import { autoscalerCells, validateAutoscaler, validateAutoscalerStatus } from "./horizontal-pod-autoscaler-rules.ts";
import type { AutoscalingV1HorizontalPodAutoscaler } from "./horizontal-pod-autoscaler-v1.ts";
import { defaultPercentage, withMetrics, withPercentage } from "./metrics-in-annotations.ts";

export const horizontalPodAutoscalerV1Rules = rules<AutoscalingV1HorizontalPodAutoscaler>({
  names: subdomainName,
  counts: false,
  status: () => ({ currentReplicas: 0, desiredReplicas: 0 }),
  defaults: (autoscaler: AutoscalingV1HorizontalPodAutoscaler) => {
    if (autoscaler.spec) autoscaler.spec.minReplicas ??= 1;
    defaultPercentage(autoscaler);
  },
  check: {
    create: (autoscaler, problems) => validateAutoscaler(withMetrics(autoscaler), problems),
    update: (autoscaler, old, problems) => validateAutoscaler(withMetrics(autoscaler), problems, old),
    sub: { status: validateAutoscalerStatus },
  },
  cells: autoscalerCells,
  storedAs: { resource: horizontalpodautoscalers, toStored: withMetrics, toServed: withPercentage },
});
