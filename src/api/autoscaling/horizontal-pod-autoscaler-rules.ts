/** What the server knows of HorizontalPodAutoscaler: defaults, what a write may set, what is refused, what tables show. */
import { fillIn } from "../checks/defaults.ts";
import { subdomainName } from "../checks/object-meta.ts";
import { nonNegative, nonNegativeQuantity } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, type Cells, nameOf, none, unset } from "../tables/cells.ts";
import type { HorizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";
import { metricParts, validateMetric, validateReference } from "./metric-checks.ts";

const unknown = "<unknown>";

/** `cpu: 20%/50%`. */
function targetCell(metric: AnyObject, now: AnyObject = {}): string {
  const part = metricParts[metric.type];
  if (!part) return "<unknown type>";
  const { target = {}, name } = metric[part] ?? {};
  const { current } = now[part] ?? {};
  const own = name === undefined ? "" : `${name}: `;
  if (name !== undefined && target.averageValue === undefined) {
    const share = (value: number | undefined, otherwise: string) => (value === undefined ? otherwise : `${value}%`);
    return `${own}${share(current?.averageUtilization, unknown)}/${share(target.averageUtilization, "<auto>")}`;
  }
  const isAverage = target.averageValue !== undefined;
  const is = isAverage ? current?.averageValue : current?.value;
  const mark = isAverage && (part === "external" || part === "object") ? " (avg)" : "";
  return `${own}${is ?? unknown}/${isAverage ? target.averageValue : (target.value ?? "<nil>")}${mark}`;
}

/** At most two, then how many more there are. */
function targetsCell(targets: readonly string[]): string {
  const most = 2;
  if (targets.length === 0) return none;
  return targets.length > most ? `${targets.slice(0, most).join(", ")} + ${targets.length - most} more...` : targets.join(", ");
}

export const autoscalerCells: Cells = (o, now) => {
  const metrics: AnyObject[] = o.spec?.metrics ?? [];
  const targets = metrics.map((metric, i) => targetCell(metric, o.status?.currentMetrics?.[i]));
  const percent = o.spec?.targetCPUUtilizationPercentage;
  if (percent !== undefined) targets.push(`cpu: ${o.status?.currentCPUUtilizationPercentage ?? "<unknown>"}/${percent}%`);
  const { kind, name: target } = o.spec?.scaleTargetRef ?? {};
  return [
    nameOf(o),
    `${kind}/${target}`,
    targetsCell(targets),
    String(o.spec?.minReplicas ?? unset),
    o.spec?.maxReplicas ?? 0,
    o.status?.currentReplicas ?? 0,
    ageOf(o, now),
  ];
};

export const horizontalPodAutoscalerRules = rules<HorizontalPodAutoscaler>({
  names: subdomainName,
  counts: false,
  status: () => ({ desiredReplicas: 0, currentMetrics: null }),
  defaults: defaultHorizontalPodAutoscaler,
  check: {
    create: validateAutoscaler,
    update: (autoscaler, old, problems) => validateAutoscaler(autoscaler, problems, old),
    sub: { status: validateAutoscalerStatus },
  },
  cells: autoscalerCells,
});

export function validateAutoscalerStatus({ status = {} }: AnyObject, _old: AnyObject, problems: Problems): void {
  for (const key of ["currentReplicas", "desiredReplicas"]) nonNegative(status[key], `status.${key}`, problems);
}

/** `old` is what it was: a reference that is refused today and was not then stays. */
export function validateAutoscaler({ spec = {} }: AnyObject, problems: Problems, old?: AnyObject): void {
  const { minReplicas, maxReplicas = 0, scaleTargetRef = {}, metrics = [], behavior } = spec;
  const least = old?.spec?.minReplicas === 0 ? 0 : 1;
  if (minReplicas !== undefined && minReplicas < least)
    problems.invalid("spec.minReplicas", minReplicas, `must be greater than or equal to ${least}`);
  if (maxReplicas === 0) problems.required("spec.maxReplicas", "must be set and greater than 0");
  else if (maxReplicas < 1) problems.invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to 1");
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    problems.invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`");
  const before = old?.spec?.scaleTargetRef;
  validateReference(scaleTargetRef, "spec.scaleTargetRef", problems, {
    anyGroup: scaleTargetRef.kind === "ReplicationController",
    anyVersion: before !== undefined && before.kind === scaleTargetRef.kind && before.apiVersion === scaleTargetRef.apiVersion,
  });
  for (const [i, metric] of metrics.entries()) validateMetric(metric, `spec.metrics[${i}]`, problems);
  if (minReplicas === 0 && !metrics.some(({ type }: AnyObject) => type === "Object" || type === "External"))
    problems.forbidden("spec.metrics", "must specify at least one Object or External metric to support scaling to zero replicas");
  for (const direction of ["scaleUp", "scaleDown"])
    if (behavior?.[direction]) validateScaling(behavior[direction], `spec.behavior.${direction}`, problems);
}

function validateScaling(rules: AnyObject, at: string, problems: Problems): void {
  const window = rules.stabilizationWindowSeconds;
  if (window < 0) problems.invalid(`${at}.stabilizationWindowSeconds`, window, "must be greater than or equal to zero");
  if (window > 3600) problems.invalid(`${at}.stabilizationWindowSeconds`, window, "must be less than or equal to 3600");
  if (rules.selectPolicy !== undefined && !["Max", "Min", "Disabled"].includes(rules.selectPolicy))
    problems.notSupported(`${at}.selectPolicy`, rules.selectPolicy, ["Disabled", "Max", "Min"]);
  if (!rules.policies?.length) problems.required(`${at}.policies`, "must specify at least one Policy");
  for (const [i, policy] of (rules.policies ?? []).entries()) {
    const where = `${at}.policies[${i}]`;
    if (!["Pods", "Percent"].includes(policy.type)) problems.notSupported(`${where}.type`, policy.type ?? "", ["Percent", "Pods"]);
    if ((policy.value ?? 0) <= 0) problems.invalid(`${where}.value`, policy.value ?? 0, "must be greater than zero");
    if ((policy.periodSeconds ?? 0) <= 0)
      problems.invalid(`${where}.periodSeconds`, policy.periodSeconds ?? 0, "must be greater than zero");
    if (policy.periodSeconds > 1800) problems.invalid(`${where}.periodSeconds`, policy.periodSeconds, "must be less than or equal to 1800");
  }
  if (rules.tolerance !== undefined) nonNegativeQuantity(rules.tolerance, `${at}.tolerance`, problems);
}

function defaultHorizontalPodAutoscaler({ spec }: HorizontalPodAutoscaler): void {
  if (!spec) return;
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length)
    spec.metrics = [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }];
  const policies = (ups: boolean) =>
    ups
      ? [
          { type: "Pods", value: 4, periodSeconds: 15 },
          { type: "Percent", value: 100, periodSeconds: 15 },
        ]
      : [{ type: "Percent", value: 100, periodSeconds: 15 }];
  if (spec.behavior) {
    const { behavior } = spec;
    fillIn(behavior, "scaleUp", { stabilizationWindowSeconds: 0, selectPolicy: "Max", policies: policies(true) });
    fillIn(behavior, "scaleDown", { selectPolicy: "Max", policies: policies(false) });
  }
}
