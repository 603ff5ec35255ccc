/** The page of an autoscaler: what is measured against what, how fast it may act, and what it says of itself. */
import type { KObject } from "../print/values.ts";
import { longTime, type Outline } from "./outline.ts";
import { type Describer, page } from "./page.ts";

// biome-ignore lint/suspicious/noExplicitAny: a part of an object of the server, read field by field
type Part = Record<string, any>;

const unknown = "<unknown>";

const horizontalPodAutoscaler = page((out, { metadata, spec, status = {}, ...rest }, around) => {
  const object = { metadata, spec, status, ...rest } as KObject;
  out.head(object);
  out.labels(object);
  out.line(0, `CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  out.line(0, `Reference:\t${spec.scaleTargetRef?.kind}/${spec.scaleTargetRef?.name}`);
  out.line(0, "Metrics:\t( current / target )");
  for (const [i, metric] of ((spec.metrics ?? []) as Part[]).entries()) out.line(1, metricLine(metric, status.currentMetrics?.[i] ?? {}));
  out.line(0, `Min replicas:\t${spec.minReplicas ?? "<unset>"}`);
  out.line(0, `Max replicas:\t${spec.maxReplicas}`);
  if (spec.behavior) {
    out.line(0, "Behavior:");
    direction(out, "Scale Up", spec.behavior.scaleUp);
    direction(out, "Scale Down", spec.behavior.scaleDown);
  }
  out.line(0, `${spec.scaleTargetRef?.kind} pods:\t${status.currentReplicas ?? 0} current / ${status.desiredReplicas ?? 0} desired`);
  if (status.conditions?.length) {
    out.line(0, "Conditions:");
    out.line(1, "Type\tStatus\tReason\tMessage");
    out.line(1, "----\t------\t------\t-------");
    for (const { type, status: state, reason = "", message = "" } of status.conditions)
      out.line(1, `${type}\t${state}\t${reason}\t${message}`);
  }
  out.events(around.events);
});

function metricLine(metric: Part, now: Part): string {
  const target = (part: Part): Part => part.target ?? {};
  const current = (part: Part | undefined): Part => part?.current ?? {};
  switch (metric.type) {
    case "External": {
      const { external } = metric;
      const name = JSON.stringify(external.metric.name);
      const { value, averageValue } = target(external);
      if (averageValue !== undefined)
        return `${name} (target average value):\t${current(now.external).averageValue ?? unknown} / ${averageValue}`;
      return `${name} (target value):\t${current(now.external).value ?? (now.external ? "<nil>" : unknown)} / ${value ?? "<nil>"}`;
    }
    case "Pods":
      return `${JSON.stringify(metric.pods.metric.name)} on pods:\t${current(now.pods).averageValue ?? unknown} / ${target(metric.pods).averageValue}`;
    case "Object": {
      const { object } = metric;
      const isAverage = target(object).type === "AverageValue";
      const head = `"${object.metric.name}" on ${object.describedObject.kind}/${object.describedObject.name} `;
      const key = isAverage ? "averageValue" : "value";
      return `${head}(target ${isAverage ? "average value" : "value"}):\t${current(now.object)[key] ?? unknown} / ${target(object)[key]}`;
    }
    case "Resource":
      return `resource ${metric.resource.name} on pods${shareLine(target(metric.resource), now.resource)}`;
    case "ContainerResource": {
      const { name, container } = metric.containerResource;
      return `resource ${name} of container "${container}" on pods${shareLine(target(metric.containerResource), now.containerResource)}`;
    }
    default:
      return `<unknown metric type ${JSON.stringify(metric.type)}>`;
  }
}

function shareLine({ averageValue, averageUtilization }: Part, now: Part | undefined): string {
  if (averageValue !== undefined) return `:\t${now?.current?.averageValue ?? unknown} / ${averageValue}`;
  const { averageUtilization: percent, averageValue: value } = now?.current ?? {};
  const current = percent === undefined ? unknown : `${percent}% (${value ?? "<nil>"})`;
  return `  (as a percentage of request):\t${current} / ${averageUtilization === undefined ? "<auto>" : `${averageUtilization}%`}`;
}

function direction(out: Outline, title: string, rules: Part | undefined): void {
  if (!rules) return;
  out.line(1, `${title}:`);
  if (rules.stabilizationWindowSeconds !== undefined) out.line(2, `Stabilization Window: ${rules.stabilizationWindowSeconds} seconds`);
  if (!rules.policies?.length) return;
  out.line(2, `Select Policy: ${rules.selectPolicy ?? "Max"}`);
  out.line(2, "Policies:");
  for (const { type, value, periodSeconds } of rules.policies)
    out.line(3, `- Type: ${type}\tValue: ${value}\tPeriod: ${periodSeconds} seconds`);
}

export const autoscalingDescribers: Record<string, Describer> = {
  "HorizontalPodAutoscaler.autoscaling": horizontalPodAutoscaler,
};
