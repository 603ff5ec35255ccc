/**
 * autoscaling/v1 shows one percentage of cpu; all else that an autoscaler looks at and reports stands in annotations: metrics in
 * the form that v1 once had for them, behaviour with its members' names in capitals.
 */
import { decode } from "../decode.ts";
import type { AnyObject } from "../rules.ts";
import type { Struct } from "../schema.ts";
import {
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
  MetricStatus,
} from "./horizontal-pod-autoscaler.ts";

const prefix = "autoscaling.alpha.kubernetes.io/";
const [otherMetrics, otherBehavior, currentMetrics, conditions] = ["metrics", "behavior", "current-metrics", "conditions"].map(
  (name) => prefix + name,
) as [string, string, string, string];

const isCpu = ({ type, resource }: AnyObject) =>
  type === "Resource" && resource?.name === "cpu" && resource.target?.averageUtilization !== undefined;
const ofCpu = (percent: number) => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percent } },
});
/** What is asked for when nothing is. */
const defaultPercent = 80;

/** Cpu is followed where nothing else is. */
export function defaultPercentage({ metadata, spec }: AnyObject): void {
  const others = listIn(metadata?.annotations?.[otherMetrics], MetricSpec, (metric) => late(metric, earlyTargets));
  if (spec && others.length === 0) spec.targetCPUUtilizationPercentage ??= defaultPercent;
}

export function withPercentage(object: AnyObject): AnyObject {
  const { metrics: all, behavior, ...spec } = object.spec ?? {};
  const metrics: AnyObject[] = all ?? [];
  const { currentMetrics: measured, conditions: told, ...status } = object.status ?? {};
  const cpu = metrics.find(isCpu);
  const rest = metrics.filter((metric) => !isCpu(metric));
  const now = measured?.find(({ type, resource }: AnyObject) => type === "Resource" && resource?.name === "cpu");
  const annotations = withoutOurs(object.metadata.annotations ?? {});
  if (rest.length) annotations[otherMetrics] = JSON.stringify(rest.map((metric) => early(metric, earlyTargets)));
  if (measured?.length) annotations[currentMetrics] = JSON.stringify(measured.map((metric: AnyObject) => early(metric, earlyStates)));
  if (behavior) annotations[otherBehavior] = JSON.stringify(inCapitals(behavior));
  if (told?.length) annotations[conditions] = JSON.stringify(told);
  const { annotations: _annotations, ...metadata } = object.metadata;
  const percent = now?.resource.current?.averageUtilization;
  return {
    ...object,
    apiVersion: "autoscaling/v1",
    metadata: Object.keys(annotations).length ? { ...metadata, annotations } : metadata,
    spec: { ...spec, ...(cpu ? { targetCPUUtilizationPercentage: cpu.resource.target.averageUtilization } : {}) },
    status: {
      ...{ currentReplicas: 0, desiredReplicas: 0, ...status },
      ...(percent === undefined ? {} : { currentCPUUtilizationPercentage: percent }),
    },
  };
}

export function withMetrics(object: AnyObject): AnyObject {
  const { targetCPUUtilizationPercentage: percent, ...spec } = object.spec ?? {};
  const { currentCPUUtilizationPercentage: _percent, ...status } = object.status ?? {};
  const given: Record<string, string> = object.metadata.annotations ?? {};
  const metrics = listIn(given[otherMetrics], MetricSpec, (metric) => late(metric, earlyTargets));
  if (percent !== undefined) metrics.push(ofCpu(percent));
  if (metrics.length === 0) metrics.push(ofCpu(defaultPercent));
  const measured = listIn(given[currentMetrics], MetricStatus, (metric) => late(metric, earlyStates));
  const told = listIn(given[conditions], HorizontalPodAutoscalerCondition);
  const behavior = read(
    given[otherBehavior],
    (value) => decode(HorizontalPodAutoscalerBehavior as Struct, inSmall(value)).value as AnyObject,
  );
  const annotations = withoutOurs(given);
  const { annotations: _annotations, ...metadata } = object.metadata;
  return {
    ...object,
    apiVersion: "autoscaling/v2",
    metadata: Object.keys(annotations).length ? { ...metadata, annotations } : metadata,
    spec: { ...spec, metrics, ...(isFilled(behavior) ? { behavior } : {}) },
    status: { ...status, currentMetrics: measured.length ? measured : null, ...(told.length ? { conditions: told } : {}) },
  };
}

function withoutOurs(annotations: Record<string, string>): Record<string, string> {
  const { [otherMetrics]: _m, [otherBehavior]: _b, [currentMetrics]: _c, [conditions]: _t, ...rest } = annotations;
  return rest;
}

/** Where the early form of a source has each member of today's: `target.value` of an Object is its `targetValue`. */
type Places = Record<string, Record<string, string>>;
const earlyTargets: Places = {
  object: {
    target: "describedObject",
    metricName: "metric.name",
    targetValue: "target.value",
    selector: "metric.selector",
    averageValue: "target.averageValue",
  },
  pods: { metricName: "metric.name", targetAverageValue: "target.averageValue", selector: "metric.selector" },
  resource: { name: "name", targetAverageUtilization: "target.averageUtilization", targetAverageValue: "target.averageValue" },
  containerResource: {
    name: "name",
    targetAverageUtilization: "target.averageUtilization",
    targetAverageValue: "target.averageValue",
    container: "container",
  },
  external: {
    metricName: "metric.name",
    metricSelector: "metric.selector",
    targetValue: "target.value",
    targetAverageValue: "target.averageValue",
  },
};
const earlyStates: Places = {
  object: {
    target: "describedObject",
    metricName: "metric.name",
    currentValue: "current.value",
    selector: "metric.selector",
    averageValue: "current.averageValue",
  },
  pods: { metricName: "metric.name", currentAverageValue: "current.averageValue", selector: "metric.selector" },
  resource: { name: "name", currentAverageUtilization: "current.averageUtilization", currentAverageValue: "current.averageValue" },
  containerResource: {
    name: "name",
    currentAverageUtilization: "current.averageUtilization",
    currentAverageValue: "current.averageValue",
    container: "container",
  },
  external: {
    metricName: "metric.name",
    metricSelector: "metric.selector",
    currentValue: "current.value",
    currentAverageValue: "current.averageValue",
  },
};
/** Amounts that the early form always has. */
const always = new Set([
  "object targetValue",
  "pods targetAverageValue",
  ...["object", "external"].map((part) => `${part} currentValue`),
  ...["pods", "resource", "containerResource"].map((part) => `${part} currentAverageValue`),
]);

function early(metric: AnyObject, places: Places): AnyObject {
  const out: AnyObject = { type: metric.type };
  for (const [part, members] of Object.entries(places)) {
    const source = metric[part];
    if (!source) continue;
    const entries = Object.entries(members).map(([to, from]) => {
      const [first, second] = from.split(".") as [string, string?];
      const value = second ? source[first]?.[second] : source[first];
      return [to, value ?? (always.has(`${part} ${to}`) ? "0" : undefined)];
    });
    out[part] = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
  return out;
}

function late(metric: AnyObject, places: Places): AnyObject {
  const out: AnyObject = { type: metric.type };
  for (const [part, members] of Object.entries(places)) {
    const source = metric[part];
    if (!source || typeof source !== "object") continue;
    const made: AnyObject = {};
    for (const [from, to] of Object.entries(members)) {
      const [first, second] = to.split(".") as [string, string?];
      const value = source[from];
      if (value === undefined || value === null) continue;
      // Its early form cannot leave the value out.
      if (part === "object" && from === "targetValue" && source.averageValue && String(value) === "0") continue;
      if (!second) made[first] = value;
      else made[first] = { ...made[first], [second]: value };
    }
    if (places === earlyTargets) made.target = { type: targetType(part, made.target ?? {}), ...made.target };
    out[part] = made;
  }
  return out;
}

function targetType(part: string, { value, averageUtilization, averageValue }: AnyObject): string {
  if (part === "resource" || part === "containerResource") return averageUtilization === undefined ? "AverageValue" : "Utilization";
  if (part === "pods") return "AverageValue";
  if (part === "external") return value === undefined ? "AverageValue" : "Value";
  return averageValue === undefined ? "Value" : "AverageValue";
}

/** What is no JSON, or not of its kind, counts as not there. */
function read<T>(text: string | undefined, use: (value: unknown) => T): T | undefined {
  try {
    return text === undefined ? undefined : use(JSON.parse(text));
  } catch {
    return undefined;
  }
}
const same = (item: AnyObject) => item;
const listIn = (text: string | undefined, schema: object, form: (item: AnyObject) => AnyObject = same): AnyObject[] =>
  read(text, (value) => (value as AnyObject[]).map((item) => decode(schema as Struct, form(item)).value as AnyObject)) ?? [];

const directions = ["scaleUp", "scaleDown"];
const ofRules = ["stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance"];
const capital = (name: string) => name[0]!.toUpperCase() + name.slice(1);

function inCapitals(behavior: AnyObject): AnyObject {
  const rules = (of: AnyObject) =>
    Object.fromEntries(
      ofRules.map((name) => {
        const value = name === "policies" && of[name] ? of[name].map((policy: AnyObject) => policyInCapitals(policy)) : of[name];
        return [capital(name), value ?? null];
      }),
    );
  return Object.fromEntries(directions.map((name) => [capital(name), behavior[name] ? rules(behavior[name]) : null]));
}
const policyInCapitals = ({ type, value, periodSeconds }: AnyObject) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds });

/** Capitals do not matter where it is read; nulls are absent. */
function inSmall(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSmall);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).flatMap(([name, item]) =>
    item === null ? [] : [[name[0] ? name[0].toLowerCase() + name.slice(1) : name, inSmall(item)]],
  );
  return Object.fromEntries(entries);
}
const isFilled = (behavior: AnyObject | undefined) => behavior !== undefined && Boolean(behavior.scaleUp || behavior.scaleDown);
