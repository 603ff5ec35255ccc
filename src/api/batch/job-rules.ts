/** What the server knows of Job: defaults, what a write may set, what is refused, what tables show. */
import { checkDns1123Label } from "#codec/mod.ts";
import { defaultTemplate } from "../checks/defaults.ts";
import { validateJobSpec } from "../checks/job-spec.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { selects, sortedSelector, validateLabelSelector } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { field } from "../select.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { humanDuration } from "../tables/age.ts";
import { ageOf, nameOf, selectorText, templateCells } from "../tables/cells.ts";
import type { JobSpec } from "./cron-job.ts";
import type { Job } from "./job.ts";

const generated = ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"];

export const jobRules = rules<Job>({
  warn: manyIndexesWarning,
  names: subdomainName,
  status: () => ({}),
  defaults: defaultJob,
  prepare: {
    create(job) {
      job.spec ??= {};
      const { metadata } = job;
      const shares = !hasMembers(metadata.labels) || metadata.labels === job.spec.template?.metadata?.labels;
      if (!job.spec.manualSelector) generateSelector(job);
      const labels = job.spec.template?.metadata?.labels;
      if (shares && hasMembers(labels)) metadata.labels = { ...labels };
    },
  },
  check: {
    create(job: AnyObject, problems) {
      const spec = job.spec ?? {};
      validateSelector(job, problems);
      validateJobObjectSpec(spec, problems);
      if (spec.completionMode === "Indexed" && spec.completions > 0) {
        const name = job.metadata.name ?? "";
        const hostname = `${name}-${spec.completions - 1}`;
        if (checkDns1123Label(hostname).length > 0)
          problems.invalid("metadata.name", name, `will not able to create pod with invalid DNS label: ${hostname}`);
      }
    },
    update(job: AnyObject, old: AnyObject, problems) {
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
  },
  cells: jobCells,
  selectable: { "status.successful": field("status.succeeded", "0") },
  template: ({ spec }) => spec?.template,
  deletion: {
    orphans: {
      warning:
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
    },
  },
});

/** Finished indexes are kept as one text in the status. */
function manyIndexesWarning({ metadata, spec = {} }: Job, old: Job | undefined): string[] {
  if (old && old.metadata.generation === metadata.generation) return [];
  const isMuch = spec.completionMode === "Indexed" && (spec.completions ?? 0) > 100_000 && (spec.parallelism ?? 0) > 10_000;
  return isMuch
    ? [
        "spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail",
      ]
    : [];
}

function validateSelector(job: AnyObject, problems: Problems): void {
  const { metadata, spec } = job;
  if (spec.manualSelector || !spec.selector) return;
  const labels = spec.template?.metadata?.labels;
  const expected = Object.fromEntries(generated.map((key) => [key, (key.endsWith("uid") ? metadata.uid : metadata.name) ?? ""]));
  for (const [key, value] of Object.entries(expected)) {
    const at = `spec.template.metadata.labels[${key}]`;
    if (labels?.[key] === undefined) problems.required(at, `must be '${value}'`);
    else if (labels[key] !== value) problems.invalid(at, labels, `must be '${value}'`);
  }
  if (selects(spec.selector, expected) === false)
    problems.invalid("spec.selector", sortedSelector(spec.selector), "`selector` not auto-generated");
}

function validateJobObjectSpec(spec: AnyObject, problems: Problems): void {
  validateJobSpec(spec, "spec", problems);
  if (!spec.selector) problems.required("spec.selector");
  else validateLabelSelector(spec.selector, "spec.selector", problems);
  const labels = spec.template?.metadata?.labels;
  // No selector selects nothing, and one that cannot be read is told of above.
  if (spec.selector ? selects(spec.selector, labels) === false : true)
    problems.invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`");
}

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

function defaultJob({ metadata, spec }: Job): void {
  if (!spec) return;
  defaultJobSpec(spec);
  spec.manualSelector ??= false;
  // The very labels of its template, as in upstream: what is generated into those is the Job's too (`prepare` parts them).
  const labels = spec.template?.metadata?.labels;
  if (labels && !hasMembers(metadata.labels)) metadata.labels = labels;
}

const hasMembers = (labels: Record<string, string> | undefined) => Object.keys(labels ?? {}).length > 0;

function defaultJobSpec(spec: JobSpec): void {
  defaultTemplate(spec.template);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  if (spec.backoffLimit === undefined) spec.backoffLimit = spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  for (const rule of spec.podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ||= "True";
}

/** What the user set stays; validation refuses what does not fit. */
function generateSelector({ metadata, spec }: AnyObject): void {
  const template = (spec.template ??= {});
  const meta = (template.metadata ??= {});
  meta.labels = {
    "job-name": metadata.name ?? "",
    "batch.kubernetes.io/job-name": metadata.name ?? "",
    "controller-uid": metadata.uid,
    "batch.kubernetes.io/controller-uid": metadata.uid,
    ...meta.labels,
  };
  spec.selector = {
    ...spec.selector,
    matchLabels: { "batch.kubernetes.io/controller-uid": metadata.uid, ...spec.selector?.matchLabels },
  };
}

function jobCells(o: AnyObject, now: number): unknown[] {
  const { completions, parallelism = 1, selector: chosen } = o.spec ?? {};
  const { succeeded = 0, startTime, completionTime, conditions = [] } = o.status ?? {};
  const holds = (type: string) => conditions?.some((condition: AnyObject) => condition.type === type && condition.status === "True");
  const wanted = completions !== undefined ? `${completions}` : parallelism > 1 ? `1 of ${parallelism}` : "1";
  const status = holds("Complete")
    ? "Complete"
    : holds("Failed")
      ? "Failed"
      : o.metadata.deletionTimestamp
        ? "Terminating"
        : holds("Suspended")
          ? "Suspended"
          : holds("FailureTarget")
            ? "FailureTarget"
            : holds("SuccessCriteriaMet")
              ? "SuccessCriteriaMet"
              : "Running";
  const duration = !startTime ? "" : humanDuration((completionTime ? Date.parse(completionTime) : now) - Date.parse(startTime));
  return [nameOf(o), status, `${succeeded}/${wanted}`, duration, ageOf(o, now), ...templateCells(o.spec), selectorText(chosen)];
}
