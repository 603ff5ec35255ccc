/** Nodes, priorities, disruption budgets, autoscalers, leases, events and other small kinds. */
import { checkDns1123Subdomain, checkLabelValue, checkPathSegment } from "#codec/mod.ts";
import { semanticEqual } from "../semantic-equal.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { immutable, subdomainName } from "./object-meta.ts";
import { cidr, intOrPercent, nonNegative, notMoreThanAll, qualifiedName, validateLabelSelector } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import { validateResourceAmount } from "./resources.ts";
import type { KindRules } from "./rules.ts";
import { validateTaintEffect, validateTolerations } from "./scheduling.ts";

function validateTaints(taints: AnyObject[] | undefined, problems: Problems): void {
  const seen = new Set<string>();
  for (const [i, taint] of (taints ?? []).entries()) {
    const at = `metadata.taints[${i}]`;
    qualifiedName(taint.key ?? "", `${at}.key`, problems);
    const texts = checkLabelValue(taint.value ?? "");
    if (texts.length > 0) problems.invalid(`${at}.value`, taint.value, texts.join(";"));
    validateTaintEffect(taint.effect, `${at}.effect`, problems);
    const key = `${taint.effect}/${taint.key}`;
    if (seen.has(key))
      problems.list.push({
        type: "FieldValueDuplicate",
        field: at,
        badValue: { Key: taint.key, Value: taint.value ?? "", Effect: taint.effect, TimeAdded: null },
        detail: "taints must be unique by key and effect pair",
      });
    seen.add(key);
  }
}

function validateNodeResources({ status = {} }: AnyObject, problems: Problems): void {
  for (const part of ["capacity", "allocatable"])
    for (const [name, amount] of Object.entries<string>(status[part] ?? {}))
      validateResourceAmount(name, amount, `status.${part}.${name}`, problems);
}

export const nodeRules: KindRules = {
  name: subdomainName,
  create(node, problems) {
    validateTaints(node.spec?.taints, problems);
    validateNodeResources(node, problems);
    for (const [i, range] of (node.spec?.podCIDRs ?? []).entries()) cidr(range, `spec.podCIDRs[${i}]`, problems);
  },
  update: updateNode,
  status: updateNode,
};

function updateNode(node: AnyObject, old: AnyObject, problems: Problems): void {
  validateNodeResources(node, problems);
  const addresses: AnyObject[] = node.status?.addresses ?? [];
  for (const [i, address] of addresses.entries())
    if (addresses.findIndex((other) => semanticEqual(other, address)) < i)
      problems.duplicate(`status.addresses[${i}]`, { Type: address.type, Address: address.address });
  const ranges = 'node updates may not change podCIDR except from "" to valid';
  const before: string[] = old.spec?.podCIDRs ?? [];
  const after: string[] = node.spec?.podCIDRs ?? [];
  if (before.length > 0) {
    if (before.length !== after.length) problems.forbidden("spec.podCIDRs", ranges);
    else for (const [i, range] of before.entries()) if (range !== after[i]) problems.forbidden("spec.podCIDRs", ranges);
  }
  if (old.spec?.providerID && old.spec.providerID !== node.spec?.providerID)
    problems.forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid');
  validateTaints(node.spec?.taints, problems);
}

export const priorityClassRules: KindRules = {
  name: subdomainName,
  create({ metadata, value = 0, preemptionPolicy }, problems) {
    const system: Record<string, number> = { "system-node-critical": 2000001000, "system-cluster-critical": 2000000000 };
    if (metadata.name?.startsWith("system-")) {
      if (system[metadata.name] !== value)
        problems.forbidden(
          "metadata.name",
          "priority class names with 'system-' prefix are reserved for system use only. error: " +
            (metadata.name in system
              ? `value of ${metadata.name} PriorityClass must be ${system[metadata.name]}`
              : `${metadata.name} is not a known system priority class`),
        );
    } else if (value > 1000000000) problems.forbidden("value", "maximum allowed value of a user defined priority is 1000000000");
    if (preemptionPolicy === "") problems.required("preemptionPolicy");
    else if (preemptionPolicy !== undefined && !["Never", "PreemptLowerPriority"].includes(preemptionPolicy))
      problems.notSupported("preemptionPolicy", preemptionPolicy, ["PreemptLowerPriority", "Never"]);
  },
  update(next, old, problems) {
    if ((next.value ?? 0) !== (old.value ?? 0)) problems.forbidden("value", "may not be changed in an update.");
    immutable(next.preemptionPolicy, old.preemptionPolicy, "preemptionPolicy", problems);
  },
};

function validateBudget({ spec = {} }: AnyObject, problems: Problems): void {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    problems.invalid("spec", budgetOf(spec), "minAvailable and maxUnavailable cannot be both set");
  for (const [key, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue;
    intOrPercent(value, `spec.${key}`, problems);
    notMoreThanAll(value, `spec.${key}`, problems);
  }
  validateLabelSelector(selector, "spec.selector", problems);
  if (unhealthyPodEvictionPolicy !== undefined && !["AlwaysAllow", "IfHealthyBudget"].includes(unhealthyPodEvictionPolicy))
    problems.notSupported("spec.unhealthyPodEvictionPolicy", unhealthyPodEvictionPolicy, ["AlwaysAllow", "IfHealthyBudget"]);
}

/** As upstream's internal type prints. */
const budgetOf = (spec: AnyObject) => ({
  MinAvailable: spec.minAvailable ?? null,
  Selector: spec.selector ?? null,
  MaxUnavailable: spec.maxUnavailable ?? null,
  UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
});

export const podDisruptionBudgetRules: KindRules = {
  name: subdomainName,
  create: validateBudget,
  update: (budget, _old, problems) => validateBudget(budget, problems),
};

function validateAutoscaler({ spec = {} }: AnyObject, problems: Problems): void {
  const { minReplicas, maxReplicas = 0, scaleTargetRef = {}, metrics = [], behavior } = spec;
  if (minReplicas !== undefined && minReplicas < 1) problems.invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1");
  if (maxReplicas === 0) problems.required("spec.maxReplicas", "must be set and greater than 0");
  else if (maxReplicas < 1) problems.invalid("spec.maxReplicas", maxReplicas, "must be greater than 0");
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    problems.invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`");
  for (const key of ["kind", "name"])
    if (!scaleTargetRef[key]) problems.required(`spec.scaleTargetRef.${key}`);
    else problems.invalids(`spec.scaleTargetRef.${key}`, scaleTargetRef[key], checkPathSegment(scaleTargetRef[key]));
  const [group] = (scaleTargetRef.apiVersion ?? "").includes("/") ? scaleTargetRef.apiVersion.split("/") : [""];
  if (!group && scaleTargetRef.kind !== "ReplicationController")
    problems.invalid("spec.scaleTargetRef.apiVersion", scaleTargetRef.apiVersion ?? "", "apiVersion must specify API group");
  for (const [i, metric] of metrics.entries()) validateMetric(metric, `spec.metrics[${i}]`, problems);
  if (minReplicas === 0 && !metrics.some(({ type }: AnyObject) => type === "Object" || type === "External"))
    problems.forbidden("spec.metrics", "must specify at least one Object or External metric to support scaling to zero replicas");
  for (const direction of ["scaleUp", "scaleDown"])
    if (behavior?.[direction]) validateScaling(behavior[direction], `spec.behavior.${direction}`, problems);
}

const metricParts: Record<string, string> = {
  Object: "object",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
  External: "external",
};

function validateMetric(metric: AnyObject, at: string, problems: Problems): void {
  if (!metric.type) problems.required(`${at}.type`, "must specify a metric source type");
  else if (!metricParts[metric.type])
    // Upstream says so twice.
    for (let i = 0; i < 2; i++) problems.notSupported(`${at}.type`, metric.type, Object.keys(metricParts).sort());
  const given = Object.values(metricParts).filter((part) => metric[part]);
  for (const extra of given.slice(1)) problems.forbidden(`${at}.${extra}`, "must populate information for the given metric source");
  const part = metricParts[metric.type ?? ""];
  if (part && !metric[part]) return problems.required(`${at}.${part}`, "must populate information for the given metric source");
  if (!part) return;
  const source = metric[part];
  const target = source.target ?? {};
  if ((part === "resource" || part === "containerResource") && !source.name)
    problems.required(`${at}.${part}.name`, "must specify a resource name");
  if (part === "containerResource" && !source.container) problems.required(`${at}.${part}.container`, "must specify a container");
  const where = `${at}.${part}.target`;
  if (!target.type) problems.required(`${where}.type`, "must specify a metric target type");
  else if (!["Utilization", "Value", "AverageValue"].includes(target.type))
    problems.invalid(`${where}.type`, target.type, "must be either Utilization, Value, or AverageValue");
  if (target.averageUtilization !== undefined && target.averageUtilization < 1)
    problems.invalid(`${where}.averageUtilization`, target.averageUtilization, "must be greater than 0");
  if (part === "resource" || part === "containerResource") {
    if (target.averageUtilization === undefined && target.averageValue === undefined)
      problems.required(`${where}.averageUtilization`, "must set either a target raw value or a target utilization");
    if (target.averageUtilization !== undefined && target.averageValue !== undefined)
      problems.forbidden(`${where}.averageValue`, "may not set both a target raw value and a target utilization");
  }
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
}

export const autoscalerRules: KindRules = {
  name: subdomainName,
  create: validateAutoscaler,
  update: (autoscaler, _old, problems) => validateAutoscaler(autoscaler, problems),
};

function validateLeaseDuration(seconds: number, problems: Problems): void {
  if (seconds <= 0) problems.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0");
}

function validateLease({ spec = {} }: AnyObject, problems: Problems): void {
  if (spec.leaseDurationSeconds !== undefined) validateLeaseDuration(spec.leaseDurationSeconds, problems);
  nonNegative(spec.leaseTransitions, "spec.leaseTransitions", problems);
}

export const leaseRules: KindRules = {
  name: subdomainName,
  create: validateLease,
  update: (lease, _old, problems) => validateLease(lease, problems),
};

function validateRuntimeClass({ handler = "", overhead, scheduling }: AnyObject, problems: Problems): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(handler) || handler.length > 63)
    problems.invalid(
      "handler",
      handler,
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    );
  for (const [name, amount] of Object.entries<string>(overhead?.podFixed ?? {}))
    validateResourceAmount(name, amount, `overhead.podFixed[${name}]`, problems);
  if (scheduling) validateTolerations(scheduling.tolerations, "scheduling.tolerations", problems);
}

export const runtimeClassRules: KindRules = {
  name: subdomainName,
  create: validateRuntimeClass,
  update: (next, old, problems) => immutable(next.handler, old.handler, "handler", problems),
};

function validateEvent(event: AnyObject, problems: Problems): void {
  const involved = event.involvedObject ?? event.regarding ?? {};
  const namespace = event.metadata.namespace ?? "";
  const isOld = event.involvedObject !== undefined;
  const at = `${isOld ? "involvedObject" : "involvedObject"}.namespace`;
  if (!involved.namespace && namespace !== "default") {
    if (isOld && involved.kind === undefined) return;
    if (namespace !== "default") problems.invalid(at, involved.namespace ?? "", "does not match event.namespace");
  } else if (involved.namespace && involved.namespace !== namespace)
    problems.invalid(at, involved.namespace, "does not match event.namespace");
}

export const eventRules: KindRules = {
  name: subdomainName,
  create: validateEvent,
  update: (event, _old, problems) => validateEvent(event, problems),
};

function validateSigningRequest({ spec = {} }: AnyObject, problems: Problems): void {
  const pem = Buffer.from(spec.request ?? "", "base64").toString();
  if (!/^-----BEGIN CERTIFICATE REQUEST-----$/m.test(pem))
    problems.invalid("spec.request", spec.request ?? null, "PEM block type must be CERTIFICATE REQUEST");
  const usages: string[] = spec.usages ?? [];
  if (usages.length === 0) problems.required("spec.usages");
  for (const [i, usage] of usages.entries()) if (usages.indexOf(usage) < i) problems.duplicate(`spec.usages[${i}]`, usage);
  const name: string = spec.signerName ?? "";
  if (!name) problems.required("spec.signerName");
  else if (!/^[^/]+\/.+$/.test(name))
    problems.invalid("spec.signerName", name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
  else problems.invalids("spec.signerName", name, checkDns1123Subdomain(name.split("/")[0]!));
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600)
    problems.invalid("spec.expirationSeconds", spec.expirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)");
}

export const signingRequestRules: KindRules = { name: subdomainName, create: validateSigningRequest };

const scopes = ["Cluster", "Namespaced", "*"];

function validateWebhooks(kind: "Validating" | "Mutating") {
  return ({ webhooks = [] }: AnyObject, problems: Problems): void => {
    const names = new Set<string>();
    for (const [i, hook] of webhooks.entries()) {
      const at = `webhooks[${i}]`;
      if (names.has(hook.name)) problems.duplicate(`${at}.name`, hook.name);
      names.add(hook.name);
      if (!hook.name) problems.required(`${at}.name`);
      else {
        const texts = checkDns1123Subdomain(hook.name);
        if (texts.length > 0) problems.invalid(`${at}.name`, hook.name, texts.join(","));
        else if (hook.name.split(".").length < 3)
          problems.invalid(`${at}.name`, hook.name, "should be a domain with at least three segments separated by dots");
      }
      if (!hook.admissionReviewVersions?.length) problems.required(`${at}.admissionReviewVersions`, "must specify one of v1, v1beta1");
      else if (!hook.admissionReviewVersions.some((version: string) => version === "v1" || version === "v1beta1"))
        problems.invalid(`${at}.admissionReviewVersions`, hook.admissionReviewVersions, "must include at least one of v1, v1beta1");
      for (const [r, rule] of (hook.rules ?? []).entries()) validateHookRule(rule, `${at}.rules[${r}]`, problems);
      if (hook.failurePolicy !== undefined && !["Fail", "Ignore"].includes(hook.failurePolicy))
        problems.notSupported(`${at}.failurePolicy`, hook.failurePolicy, ["Fail", "Ignore"]);
      if (hook.matchPolicy !== undefined && !["Equivalent", "Exact"].includes(hook.matchPolicy))
        problems.notSupported(`${at}.matchPolicy`, hook.matchPolicy, ["Equivalent", "Exact"]);
      if (!hook.sideEffects) problems.required(`${at}.sideEffects`, "must specify one of None, NoneOnDryRun");
      else if (!["None", "NoneOnDryRun"].includes(hook.sideEffects))
        problems.notSupported(`${at}.sideEffects`, hook.sideEffects, ["None", "NoneOnDryRun"]);
      const seconds = hook.timeoutSeconds;
      if (seconds !== undefined && (seconds > 30 || seconds < 1))
        problems.invalid(`${at}.timeoutSeconds`, seconds, "the timeout value must be between 1 and 30 seconds");
      if (kind === "Mutating" && hook.reinvocationPolicy !== undefined && !["IfNeeded", "Never"].includes(hook.reinvocationPolicy))
        problems.notSupported(`${at}.reinvocationPolicy`, hook.reinvocationPolicy, ["IfNeeded", "Never"]);
      validateLabelSelector(hook.namespaceSelector, `${at}.namespaceSelector`, problems);
      validateLabelSelector(hook.objectSelector, `${at}.objectSelector`, problems);
      const { url, service } = hook.clientConfig ?? {};
      if (Boolean(url) === Boolean(service)) problems.required(`${at}.clientConfig`, "exactly one of url or service is required");
      else if (url && !url.startsWith("https://"))
        problems.invalid(
          `${at}.clientConfig.url`,
          url.split(":")[0],
          "'https' is the only allowed URL scheme; desired format: https://host[/path]",
        );
      else if (service) {
        if (!service.name) problems.required(`${at}.clientConfig.service.name`, "service name is required");
        if (!service.namespace) problems.required(`${at}.clientConfig.service.namespace`, "service namespace is required");
        if (service.port !== undefined && (service.port < 1 || service.port > 65535))
          problems.invalid(`${at}.clientConfig.service.port`, service.port, "port is not valid: must be between 1 and 65535, inclusive");
      }
    }
  };
}

function validateHookRule(rule: AnyObject, at: string, problems: Problems): void {
  const list = (key: string) => {
    const values: string[] = rule[key] ?? [];
    if (values.length === 0) problems.required(`${at}.${key}`);
    if (values.length > 1 && values.includes("*") && key !== "resources")
      problems.invalid(
        `${at}.${key}`,
        values,
        `if '*' is present, must not specify other ${key === "apiGroups" ? "API groups" : key === "apiVersions" ? "API versions" : key}`,
      );
    return values;
  };
  const operations = list("operations");
  for (const [i, operation] of operations.entries())
    if (!["CREATE", "UPDATE", "DELETE", "CONNECT", "*"].includes(operation))
      problems.notSupported(`${at}.operations[${i}]`, operation, ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]);
  list("apiGroups");
  for (const [i, version] of list("apiVersions").entries()) if (version === "") problems.required(`${at}.apiVersions[${i}]`);
  for (const [i, resource] of list("resources").entries()) if (resource === "") problems.required(`${at}.resources[${i}]`);
  if (rule.scope !== undefined && !scopes.includes(rule.scope))
    problems.notSupported(`${at}.scope`, rule.scope, ["*", "Cluster", "Namespaced"]);
}

export const validatingWebhookRules: KindRules = {
  name: subdomainName,
  create: validateWebhooks("Validating"),
  update: (next, _old, problems) => validateWebhooks("Validating")(next, problems),
};
export const mutatingWebhookRules: KindRules = {
  name: subdomainName,
  create: validateWebhooks("Mutating"),
  update: (next, _old, problems) => validateWebhooks("Mutating")(next, problems),
};
