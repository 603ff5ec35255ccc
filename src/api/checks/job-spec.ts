/** The spec of a Job, alone and in a CronJob. */

import { checkDomainPrefixedPath } from "#codec/mod.ts";
import { SuccessPolicy } from "../batch/cron-job.ts";
import type { AnyObject } from "../rules.ts";
import { internalShape } from "./internal-shape.ts";
import { validateFailurePolicy, validateSuccessPolicy } from "./kinds/job-policies.ts";
import { validatePodTemplate } from "./pod-spec.ts";
import { nonNegative } from "./primitives.ts";
import type { Problems } from "./problems.ts";

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
    checkManyCompletions(spec, field, problems);
  } else if (completionMode === undefined || completionMode === "NonIndexed") {
    for (const key of ["backoffLimitPerIndex", "maxFailedIndexes"])
      if (spec[key] !== undefined) problems.invalid(`${field}.${key}`, spec[key], "requires indexed completion mode");
  }
  if (podFailurePolicy) validateFailurePolicy(spec, `${field}.podFailurePolicy`, problems);
  if (successPolicy && !indexed)
    problems.invalid(`${field}.successPolicy`, internalShape(SuccessPolicy, successPolicy), "requires indexed completion mode");
  else if (successPolicy) validateSuccessPolicy(successPolicy, completions ?? 0, `${field}.successPolicy`, problems);
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

/** Above this, what is kept of failed indexes must stay small. */
const manyCompletions = 100_000;
const mostParallel = 10_000;
const mostFailed = 10_000;

function checkManyCompletions(
  { completions, parallelism, maxFailedIndexes, backoffLimitPerIndex }: AnyObject,
  field: string,
  problems: Problems,
): void {
  if (!(completions > manyCompletions) || backoffLimitPerIndex === undefined) return;
  const why = (most: number) =>
    `must be less than or equal to ${most} when completions are above ${manyCompletions} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined)
    problems.required(`${field}.maxFailedIndexes`, `must be specified when completions is above ${manyCompletions}`);
  if (parallelism > mostParallel) problems.invalid(`${field}.parallelism`, parallelism, why(mostParallel));
  if (maxFailedIndexes > mostFailed) problems.invalid(`${field}.maxFailedIndexes`, maxFailedIndexes, why(mostFailed));
}
