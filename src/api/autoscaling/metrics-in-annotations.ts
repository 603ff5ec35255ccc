/** autoscaling/v1 shows one percentage of cpu; what else an autoscaler looks at stands in annotations. */
import type { AnyObject } from "../rules.ts";

interface Metric {
  type?: string;
  resource?: { name?: string; target?: { type?: string; averageUtilization?: number }; current?: { averageUtilization?: number } };
}
const otherMetrics = "autoscaling.alpha.kubernetes.io/metrics";
const otherBehavior = "autoscaling.alpha.kubernetes.io/behavior";
const isCpu = ({ type, resource }: Metric) => type === "Resource" && resource?.name === "cpu" && resource.target?.type === "Utilization";

export function withPercentage(object: AnyObject): AnyObject {
  const { metrics: all, behavior, ...spec } = (object.spec ?? {}) as { metrics?: Metric[] | null; behavior?: unknown };
  const metrics = all ?? [];
  const {
    currentMetrics,
    conditions: _conditions,
    ...status
  } = (object.status ?? {}) as { currentMetrics?: Metric[] | null; conditions?: unknown };
  const cpu = metrics.find(isCpu);
  const rest = metrics.filter((metric) => metric !== cpu);
  const now = currentMetrics?.find(({ type, resource }) => type === "Resource" && resource?.name === "cpu");
  const annotations = { ...object.metadata.annotations };
  if (rest.length) annotations[otherMetrics] = JSON.stringify(rest);
  if (behavior) annotations[otherBehavior] = JSON.stringify(behavior);
  return {
    ...object,
    apiVersion: "autoscaling/v1",
    metadata: Object.keys(annotations).length ? { ...object.metadata, annotations } : object.metadata,
    spec: { ...spec, ...(cpu ? { targetCPUUtilizationPercentage: cpu.resource!.target!.averageUtilization } : {}) },
    status: { ...status, ...(now ? { currentCPUUtilizationPercentage: now.resource?.current?.averageUtilization } : {}) },
  };
}

export function withMetrics(object: AnyObject): AnyObject {
  const { targetCPUUtilizationPercentage: percent, ...spec } = (object.spec ?? {}) as { targetCPUUtilizationPercentage?: number };
  const { currentCPUUtilizationPercentage: _percent, ...status } = (object.status ?? {}) as {
    currentCPUUtilizationPercentage?: number;
  };
  const { [otherMetrics]: rest, [otherBehavior]: behavior, ...annotations } = object.metadata.annotations ?? {};
  const metrics: Metric[] = rest ? (JSON.parse(rest) as Metric[]) : [];
  if (percent !== undefined)
    metrics.push({ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percent } } });
  const { annotations: _annotations, ...metadata } = object.metadata;
  return {
    ...object,
    apiVersion: "autoscaling/v2",
    metadata: Object.keys(annotations).length ? { ...metadata, annotations } : metadata,
    spec: { ...spec, ...(metrics.length ? { metrics } : {}), ...(behavior ? { behavior: JSON.parse(behavior) as unknown } : {}) },
    status,
  } as AnyObject;
}
