/** Jobs and cron jobs. */
import { checkDns1123Label, checkDomainPrefixedPath } from "#codec/mod.ts";
import { semanticEqual } from "../semantic-equal.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { cronProblem } from "./cron.ts";
import { immutable, subdomainName } from "./object-meta.ts";
import { validatePodTemplate } from "./pod-spec.ts";
import { isEmptySelector, nonNegative, oneOf, selects, validateLabelSelector } from "./primitives.ts";
import { omitted, type Problems } from "./problems.ts";
import type { KindRules } from "./rules.ts";

function validateJobSpec(spec: AnyObject, field: string, problems: Problems): void {
  const { parallelism, completions, completionMode, backoffLimitPerIndex, maxFailedIndexes, managedBy, podFailurePolicy, successPolicy } =
    spec;
  for (const key of [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
  ])
    nonNegative(spec[key], `${field}.${key}`, problems);
  if (maxFailedIndexes !== undefined) {
    nonNegative(maxFailedIndexes, `${field}.maxFailedIndexes`, problems);
    if (backoffLimitPerIndex === undefined) problems.required(`${field}.backoffLimitPerIndex`, "when maxFailedIndexes is specified");
  }
  if (managedBy !== undefined) {
    if (!managedBy) problems.required(`${field}.managedBy`);
    else for (const { value, text } of checkDomainPrefixedPath(managedBy)) problems.invalid(`${field}.managedBy`, value, text);
    if (managedBy.length > 63) problems.tooLong(`${field}.managedBy`, 63);
  }
  const indexed = completionMode === "Indexed";
  if (completionMode !== undefined && completionMode !== "NonIndexed" && !indexed)
    problems.notSupported(`${field}.completionMode`, completionMode, ["NonIndexed", "Indexed"]);
  if (indexed) {
    if (completions === undefined) problems.required(`${field}.completions`, "when completion mode is Indexed");
    if (parallelism > 100000)
      problems.invalid(`${field}.parallelism`, parallelism, "must be less than or equal to 100000 when completion mode is Indexed");
    if (maxFailedIndexes > completions)
      problems.invalid(`${field}.maxFailedIndexes`, maxFailedIndexes, "must be less than or equal to completions");
    if (maxFailedIndexes > 100000) problems.invalid(`${field}.maxFailedIndexes`, maxFailedIndexes, "must be less than or equal to 100000");
  } else {
    for (const key of ["backoffLimitPerIndex", "maxFailedIndexes"])
      if (spec[key] !== undefined) problems.invalid(`${field}.${key}`, spec[key], "requires indexed completion mode");
  }
  if (podFailurePolicy) validateFailurePolicy(spec, `${field}.podFailurePolicy`, problems);
  if (successPolicy && !indexed)
    problems.invalid(`${field}.successPolicy`, { Rules: successPolicy.rules ?? null }, "requires indexed completion mode");
  else if (successPolicy && !successPolicy.rules?.length)
    problems.required(`${field}.successPolicy.rules`, "at least one rules must be specified when the successPolicy is specified");
  const replacement = spec.podReplacementPolicy;
  if (replacement !== undefined) {
    const at = `${field}.podReplacementPolicy`;
    if (podFailurePolicy) {
      if (replacement !== "Failed") problems.notSupported(at, replacement, ["Failed"]);
    } else if (!["Failed", "TerminatingOrFailed"].includes(replacement))
      problems.notSupported(at, replacement, ["Failed", "TerminatingOrFailed"]);
  }
  validatePodTemplate(spec.template, `${field}.template`, problems);
  const at = `${field}.template.spec.restartPolicy`;
  const policy = spec.template?.spec?.restartPolicy;
  if (!policy || policy === "Always") problems.required(at, 'valid values: "OnFailure", "Never"');
  else if (policy !== "OnFailure" && policy !== "Never") problems.notSupported(at, policy, ["OnFailure", "Never"]);
  else if (podFailurePolicy && policy !== "Never")
    problems.invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified');
}

function validateFailurePolicy(spec: AnyObject, field: string, problems: Problems): void {
  const rules: AnyObject[] = spec.podFailurePolicy.rules ?? [];
  if (rules.length > 20) problems.tooMany(`${field}.rules`, rules.length, 20);
  const names = new Set(
    [...(spec.template?.spec?.containers ?? []), ...(spec.template?.spec?.initContainers ?? [])].map((one: AnyObject) => one.name),
  );
  for (const [i, rule] of rules.entries()) {
    const at = `${field}.rules[${i}]`;
    const actions = ["Count", "FailIndex", "FailJob", "Ignore"];
    if (!rule.action) problems.required(`${at}.action`, `valid values: ${actions.map((action) => JSON.stringify(action)).join(", ")}`);
    else if (!actions.includes(rule.action)) problems.notSupported(`${at}.action`, rule.action, actions);
    else if (rule.action === "FailIndex" && spec.backoffLimitPerIndex === undefined)
      problems.invalid(`${at}.action`, rule.action, "requires the backoffLimitPerIndex to be set");
    const codes = rule.onExitCodes;
    if (codes) {
      const where = `${at}.onExitCodes`;
      oneOf(codes.operator, ["In", "NotIn"], `${where}.operator`, problems);
      if (codes.containerName !== undefined && !names.has(codes.containerName))
        problems.invalid(
          `${where}.containerName`,
          codes.containerName,
          "must be one of the container or initContainer names in the pod template",
        );
      const values: number[] = codes.values ?? [];
      if (values.length === 0) problems.invalid(`${where}.values`, values, "at least one value is required");
      else if (values.length > 255) problems.tooMany(`${where}.values`, values.length, 255);
      for (const [v, value] of values.entries()) {
        if (codes.operator === "In" && value === 0) problems.invalid(`${where}.values[${v}]`, value, "must not be 0 for the In operator");
        if (values.indexOf(value) < v) problems.duplicate(`${where}.values[${v}]`, value);
        if (v > 0 && value < values[v - 1]!) problems.invalid(`${where}.values`, values, "must be ordered");
      }
    }
    if (rule.onPodConditions?.length > 20) problems.tooMany(`${at}.onPodConditions`, rule.onPodConditions.length, 20);
    if (codes && rule.onPodConditions?.length)
      problems.invalid(field, omitted, "specifying both OnExitCodes and OnPodConditions is not supported");
    if (!codes && !rule.onPodConditions?.length)
      problems.invalid(at, omitted, "specifying one of OnExitCodes and OnPodConditions is required");
  }
}

const generated = ["batch.kubernetes.io/controller-uid", "controller-uid", "batch.kubernetes.io/job-name", "job-name"];

function validateSelector(job: AnyObject, problems: Problems): void {
  const { metadata, spec } = job;
  if (spec.manualSelector || !spec.selector) return;
  const labels = spec.template?.metadata?.labels;
  for (const key of generated) {
    const expected = key.endsWith("uid") ? metadata.uid : metadata.name;
    if (labels?.[key] !== expected) problems.invalid("spec.template.metadata.labels", labels ?? null, `must be '${expected}'`);
  }
  const uid = "batch.kubernetes.io/controller-uid";
  if (
    spec.selector.matchLabels?.[uid] !== metadata.uid ||
    Object.keys(spec.selector.matchLabels ?? {}).length !== 1 ||
    spec.selector.matchExpressions?.length
  )
    problems.invalid("spec.selector", spec.selector, "`selector` not auto-generated");
}

function validateJobObjectSpec(spec: AnyObject, problems: Problems): void {
  validateJobSpec(spec, "spec", problems);
  if (!spec.selector) problems.required("spec.selector");
  else validateLabelSelector(spec.selector, "spec.selector", problems);
  const labels = spec.template?.metadata?.labels;
  if (spec.selector && !isEmptySelector(spec.selector) && selects(spec.selector, labels) === false)
    problems.invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`");
}

export const jobRules: KindRules = {
  name: subdomainName,
  create(job, problems) {
    const spec = job.spec ?? {};
    validateSelector(job, problems);
    validateJobObjectSpec(spec, problems);
    if (spec.completionMode === "Indexed" && spec.completions > 0) {
      const hostname = `${job.metadata.name}-${spec.completions - 1}`;
      if (checkDns1123Label(hostname).length > 0)
        problems.invalid("metadata.name", job.metadata.name, `will not able to create pod with invalid DNS label: ${hostname}`);
    }
  },
  update(job, old, problems) {
    const spec = job.spec ?? {};
    const before = old.spec ?? {};
    validateJobObjectSpec(spec, problems);
    const elastic = spec.completionMode === "Indexed" && spec.completions !== undefined && before.completions !== undefined;
    if (!elastic) immutable(spec.completions, before.completions, "spec.completions", problems);
    else if (spec.completions !== before.completions && spec.completions !== spec.parallelism)
      problems.invalid("spec.completions", spec.completions, `can only be modified in tandem with parallelism`);
    immutable(spec.selector, before.selector, "spec.selector", problems);
    immutable(templateOf(spec, before, old), before.template, "spec.template", problems);
    for (const key of ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"])
      immutable(spec[key], before[key], `spec.${key}`, problems);
  },
};

/** A suspended job that never started may change where and with what its pods run. */
function templateOf(spec: AnyObject, before: AnyObject, old: AnyObject): unknown {
  if (!before.suspend || old.status?.startTime) return spec.template;
  const from = before.template?.spec ?? {};
  const to = { ...spec.template?.spec };
  for (const key of ["nodeSelector", "tolerations", "schedulingGates"]) {
    if (from[key] === undefined) delete to[key];
    else to[key] = from[key];
  }
  if (to.affinity || from.affinity) to.affinity = { ...to.affinity, nodeAffinity: from.affinity?.nodeAffinity };
  if (semanticEqual(to.affinity, {}) || Object.values(to.affinity ?? {}).every((value) => value === undefined)) delete to.affinity;
  const metadata = { ...spec.template?.metadata };
  for (const key of ["labels", "annotations"]) {
    const value = before.template?.metadata?.[key];
    if (value === undefined) delete metadata[key];
    else metadata[key] = value;
  }
  return { ...spec.template, metadata, spec: to };
}

function validateCronJob(cronJob: AnyObject, old: AnyObject | undefined, problems: Problems): void {
  const spec = cronJob.spec ?? {};
  const { schedule = "", timeZone, jobTemplate } = spec;
  if (!schedule) problems.required("spec.schedule");
  else {
    const wrong = cronProblem(schedule);
    if (wrong) problems.invalid("spec.schedule", schedule, wrong);
    const hasZone = schedule.includes("TZ");
    if (hasZone && !old?.spec?.schedule?.includes("TZ"))
      problems.invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
    else if (hasZone && timeZone !== undefined)
      problems.invalid("spec.schedule", schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
  }
  nonNegative(spec.startingDeadlineSeconds, "spec.startingDeadlineSeconds", problems);
  if (timeZone !== undefined && timeZone !== old?.spec?.timeZone) validateTimeZone(timeZone, problems);
  oneOf(spec.concurrencyPolicy, ["Allow", "Forbid", "Replace"], "spec.concurrencyPolicy", problems);
  const job = jobTemplate?.spec ?? {};
  validateJobSpec(job, "spec.jobTemplate.spec", problems);
  if (job.selector) problems.invalid("spec.jobTemplate.spec.selector", job.selector, "`selector` will be auto-generated");
  if (job.manualSelector) problems.notSupported("spec.jobTemplate.spec.manualSelector", job.manualSelector, ["nil", "false"]);
  nonNegative(spec.successfulJobsHistoryLimit, "spec.successfulJobsHistoryLimit", problems);
  nonNegative(spec.failedJobsHistoryLimit, "spec.failedJobsHistoryLimit", problems);
}

function validateTimeZone(zone: string, problems: Problems): void {
  const at = "spec.timeZone";
  if (zone === "") return problems.invalid(at, zone, "timeZone must be nil or non-empty string");
  if (zone.toLowerCase() === "local")
    return problems.invalid(at, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
  if (!/^[A-Za-z0-9._+\-/]+$/.test(zone) || zone.includes("..")) return problems.invalid(at, zone, `unknown time zone ${zone}`);
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    problems.invalid(at, zone, `unknown time zone ${zone}`);
  }
}

export const cronJobRules: KindRules = {
  name: subdomainName,
  create(cronJob, problems) {
    validateCronJob(cronJob, undefined, problems);
    const name = cronJob.metadata.name ?? "";
    if (name.length > 52) problems.invalid("metadata.name", name, "must be no more than 52 characters");
  },
  update: validateCronJobUpdate,
};

function validateCronJobUpdate(cronJob: AnyObject, old: AnyObject, problems: Problems): void {
  validateCronJob(cronJob, old, problems);
}
