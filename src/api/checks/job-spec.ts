/** The spec of a Job, alone and in a CronJob. */

import { checkDomainPrefixedPath } from "#codec/mod.ts";
import { PodFailurePolicyOnExitCodesRequirement } from "../batch/cron-job.ts";
import type { AnyObject } from "../rules.ts";
import { enumOf } from "./declared.ts";
import { validatePodTemplate } from "./pod-spec.ts";
import { nonNegative, oneOf } from "./primitives.ts";
import { omitted, type Problems } from "./problems.ts";

export function validateJobSpec(spec: AnyObject, field: string, problems: Problems): void {
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

export function validateFailurePolicy(spec: AnyObject, field: string, problems: Problems): void {
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
      oneOf(codes.operator, enumOf(PodFailurePolicyOnExitCodesRequirement, "operator"), `${where}.operator`, problems);
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
