/** What is refused of the metrics that an autoscaler follows: one source each, its parts, and how much it is to be. */
import { checkPathSegment, compareQuantity } from "#codec/mod.ts";
import { dnsLabel, quantityOf } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { validateContainerResourceName } from "../checks/resources.ts";
import type { AnyObject } from "../rules.ts";

/** Each type of a metric, and the member that tells of it. */
export const metricParts: Record<string, string> = {
  Object: "object",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
  External: "external",
};

/** Of several sources the first in this order is looked into, whatever the type says. */
const checks: Record<string, (source: AnyObject, at: string, problems: Problems) => void> = {
  object: validateObject,
  external: validateExternal,
  pods: validatePods,
  resource: validateResource,
  containerResource: validateContainerResource,
};

export function validateMetric(metric: AnyObject, at: string, problems: Problems): void {
  const { type = "" } = metric;
  const part = metricParts[type];
  if (!type) problems.required(`${at}.type`, "must specify a metric source type");
  const supported = Object.keys(metricParts).sort();
  if (!part) problems.notSupported(`${at}.type`, type, supported);
  const given = Object.keys(checks).filter((name) => metric[name]);
  const [first] = given;
  if (first) checks[first]!(metric[first], `${at}.${first}`, problems);
  if (!part) problems.notSupported(`${at}.type`, type, supported);
  else if (!metric[part]) problems.required(`${at}.${part}`, "must populate information for the given metric source");
  if (given.length !== 1)
    for (const extra of given) if (extra !== part) problems.forbidden(`${at}.${extra}`, "must populate the given metric source only");
}

/** What a reference to an object of another API lacks. `anyGroup`: that of the core API, which has no name, too. */
export function validateReference(
  reference: AnyObject,
  at: string,
  problems: Problems,
  { anyGroup = false, anyVersion = false } = {},
): void {
  for (const key of ["kind", "name"])
    if (!reference[key]) problems.required(`${at}.${key}`);
    else problems.invalids(`${at}.${key}`, reference[key], checkPathSegment(reference[key]));
  const { apiVersion = "" } = reference;
  const parts = apiVersion === "/" ? [] : apiVersion.split("/");
  if (anyVersion) return;
  if (parts.length > 2) problems.invalid(`${at}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  else if (!anyGroup && !(parts.length === 2 && parts[0]))
    problems.invalid(`${at}.apiVersion`, apiVersion, "apiVersion must specify API group");
}

function validateObject(source: AnyObject, at: string, problems: Problems): void {
  const { describedObject = {}, target = {} } = source;
  validateReference(describedObject, `${at}.describedObject`, problems, { anyGroup: true });
  validateIdentifier(source, at, problems);
  validateTarget(target, at, problems);
  if (target.value === undefined && target.averageValue === undefined)
    problems.required(`${at}.target.averageValue`, "must set either a target value or averageValue");
}

function validateExternal(source: AnyObject, at: string, problems: Problems): void {
  const { target = {} } = source;
  validateIdentifier(source, at, problems);
  validateTarget(target, at, problems);
  if (target.value === undefined && target.averageValue === undefined)
    problems.required(`${at}.target.averageValue`, "must set either a target value for metric or a per-pod target");
  if (target.value !== undefined && target.averageValue !== undefined)
    problems.forbidden(`${at}.target.value`, "may not set both a target value for metric and a per-pod target");
}

function validatePods(source: AnyObject, at: string, problems: Problems): void {
  const { target = {} } = source;
  validateIdentifier(source, at, problems);
  validateTarget(target, at, problems);
  if (target.averageValue === undefined) problems.required(`${at}.target.averageValue`, "must specify a positive target averageValue");
}

function validateResource(source: AnyObject, at: string, problems: Problems): void {
  if (!source.name) problems.required(`${at}.name`, "must specify a resource name");
  validateUse(source.target ?? {}, at, problems);
}

function validateContainerResource(source: AnyObject, at: string, problems: Problems): void {
  if (!source.name) problems.required(`${at}.name`, "must specify a resource name");
  else validateContainerResourceName(source.name, `${at}.name`, problems);
  if (!source.container) problems.required(`${at}.container`, "must specify a container");
  else dnsLabel(source.container, `${at}.container`, problems);
  validateUse(source.target ?? {}, at, problems);
}

/** Either a share of what is requested or an amount. */
function validateUse(target: AnyObject, at: string, problems: Problems): void {
  validateTarget(target, at, problems);
  const { averageUtilization: share, averageValue: amount } = target;
  if (share === undefined && amount === undefined)
    problems.required(`${at}.target.averageUtilization`, "must set either a target raw value or a target utilization");
  if (share !== undefined && amount !== undefined)
    problems.forbidden(`${at}.target.averageValue`, "may not set both a target raw value and a target utilization");
}

function validateIdentifier({ metric = {} }: AnyObject, at: string, problems: Problems): void {
  if (!metric.name) problems.required(`${at}.metric.name`, "must specify a metric name");
  else problems.invalids(`${at}.metric.name`, metric.name, checkPathSegment(metric.name));
}

const nothing = quantityOf("0");

function validateTarget(target: AnyObject, source: string, problems: Problems): void {
  const at = `${source}.target`;
  const { type = "", averageUtilization } = target;
  if (!type) problems.required(`${at}.type`, "must specify a metric target type");
  if (!["Utilization", "Value", "AverageValue"].includes(type))
    problems.invalid(`${at}.type`, type, "must be either Utilization, Value, or AverageValue");
  for (const key of ["value", "averageValue"])
    if (target[key] !== undefined && compareQuantity(quantityOf(target[key]), nothing) <= 0)
      problems.invalid(`${at}.${key}`, target[key], "must be positive");
  if (averageUtilization !== undefined && averageUtilization < 1)
    problems.invalid(`${at}.averageUtilization`, averageUtilization, "must be greater than 0");
}
