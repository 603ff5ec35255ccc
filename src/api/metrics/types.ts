/** What one container uses, as the metrics API tells it. */
import { type Infer, map, quantity, string, struct } from "../schema.ts";

export const ContainerMetrics = struct("io.k8s.metrics.pkg.apis.metrics.v1beta1.ContainerMetrics", "What one container uses.", {
  name: string(1, { always: true, required: true, doc: "The container, as the pod's spec names it." }),
  usage: map(quantity, 2, { always: true, required: true, doc: "CPU in cores over the window; memory: the working set." }),
});
export interface ContainerMetrics extends Infer<typeof ContainerMetrics> {}
