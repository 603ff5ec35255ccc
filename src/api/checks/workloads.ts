/** What the kinds that make pods share. */
import type { AnyObject } from "../rules.ts";
import { validateAnnotations, validateLabels } from "./object-meta.ts";
import { validatePodAnnotations, validatePodTemplate } from "./pod-spec.ts";
import { isEmptySelector, nonNegative, selects, sortedSelector, validateLabelSelector } from "./primitives.ts";
import type { Problems } from "./problems.ts";

export function validateSelector(spec: AnyObject, kind: string, problems: Problems): void {
  if (!spec.selector) return problems.required("spec.selector");
  validateLabelSelector(spec.selector, "spec.selector", problems);
  if (isEmptySelector(spec.selector)) problems.invalid("spec.selector", spec.selector, `empty selector is invalid for ${kind}`);
}

export function validateTemplate(spec: AnyObject, kind: string, problems: Problems): void {
  const { template = {}, selector } = spec;
  const labels = template.metadata?.labels;
  if (!selector || !isEmptySelector(selector)) {
    const fits = selector ? selects(selector, labels) : false;
    if (fits === undefined)
      return problems.invalid("spec.selector", sortedSelector(selector), kind === "StatefulSet" ? "" : "invalid label selector");
    if (!fits) problems.invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`");
  }
  validatePodTemplate(template, "spec.template", problems);
  if (kind === "StatefulSet") {
    // Looked at twice there, and so told twice.
    validateLabels(labels, "spec.template.labels", problems);
    validateAnnotations(template.metadata?.annotations, "spec.template.annotations", problems);
    validatePodAnnotations(template.metadata?.annotations, template.spec ?? {}, "spec.template.annotations", problems);
  }
  validateLongRunning(template, kind, problems);
}

export function validateLongRunning(template: AnyObject, kind: string, problems: Problems): void {
  const policy = template.spec?.restartPolicy;
  if (policy !== "Always") problems.notSupported("spec.template.spec.restartPolicy", policy ?? "", ["Always"]);
  if (template.spec?.activeDeadlineSeconds !== undefined)
    problems.forbidden("spec.template.spec.activeDeadlineSeconds", `activeDeadlineSeconds in ${kind} is not Supported`);
}

export function validateCounts(status: AnyObject, keys: readonly string[], problems: Problems): void {
  for (const key of keys) nonNegative(status[key], `status.${key}`, problems);
  const total = status.replicas ?? 0;
  for (const key of ["fullyLabeledReplicas", "updatedReplicas", "readyReplicas", "availableReplicas"])
    if (keys.includes(key) && (status[key] ?? 0) > total)
      problems.invalid(`status.${key}`, status[key] ?? 0, "cannot be greater than status.replicas");
  if (keys.includes("availableReplicas") && (status.availableReplicas ?? 0) > (status.readyReplicas ?? 0))
    problems.invalid("status.availableReplicas", status.availableReplicas, "cannot be greater than readyReplicas");
}

/** Absent counts as less than any. */
export function validateCollisions(status: AnyObject, old: AnyObject, problems: Problems): void {
  const before = old.status?.collisionCount;
  if (before !== undefined && (status.collisionCount ?? -1) < before)
    problems.invalid("status.collisionCount", status.collisionCount ?? 0, "cannot be decremented");
}

export const replicaCounts = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"];
