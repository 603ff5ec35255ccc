/** What the server knows of Job: defaults, what a write may set, what is refused, what tables show. */

import { checkDns1123Label } from "#codec/mod.ts";
import { defaultTemplate } from "../checks/defaults.ts";
import { immutableShape } from "../checks/internal-shape.ts";
import { validateJobSpec } from "../checks/job-spec.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { selects, sortedSelector, validateLabelSelector } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { PodSpec, PodTemplateSpec } from "../core/pod-spec.ts";
import { type AnyObject, rules } from "../rules.ts";
import { field } from "../select.ts";
import { humanDuration } from "../tables/age.ts";
import { ageOf, nameOf, selectorText, templateCells } from "../tables/cells.ts";
import { JobSpec } from "./cron-job.ts";
import type { Job } from "./job.ts";
import { checkJobStatus } from "./job-status-checks.ts";

const generated = ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"];
const prefixed = generated.filter((key) => key.includes("/"));

export const jobRules = rules<Job>({
  warn: manyIndexesWarning,
  names: subdomainName,
  ownMeta: true,
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
    create: (job, problems) => validateJob(job, generated, problems),
    update(job: AnyObject, old: AnyObject, problems) {
      const spec = job.spec ?? {};
      const before = old.spec ?? {};
      const labels = before.template?.metadata?.labels ?? {};
      // Jobs of old have no labels with a prefix.
      const isNew = prefixed.every((key) => key in labels);
      metaAsNew(job, problems, { namespaced: true });
      validateJob(job, isNew ? generated : generated.filter((key) => !prefixed.includes(key)), problems);
      metaOfUpdate(job, old, problems);
      validateJobObjectSpec(spec, problems);
      const elastic = spec.completionMode === "Indexed" && spec.completions !== undefined && before.completions !== undefined;
      if (!elastic) immutable(spec.completions, before.completions, "spec.completions", problems);
      else if (spec.completions !== before.completions && spec.completions !== spec.parallelism)
        problems.invalid("spec.completions", spec.completions, "can only be modified in tandem with spec.parallelism");
      immutable(spec.selector, before.selector, "spec.selector", problems);
      checkTemplate(spec, old, problems);
      for (const key of ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"])
        immutableShape(JobSpec.fields.get(key)!.schema, spec[key], before[key], `spec.${key}`, problems);
    },
    sub: { status: checkJobStatus },
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
  unselectable: (key) => `field label ${JSON.stringify(key)} not supported for Job`,
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

function validateJob(job: AnyObject, keys: readonly string[], problems: Problems): void {
  const spec = job.spec ?? {};
  validateSelector(job, keys, problems);
  validateJobObjectSpec(spec, problems);
  if (spec.completionMode !== "Indexed" || !(spec.completions > 0)) return;
  const name = job.metadata.name ?? "";
  const hostname = `${name}-${spec.completions - 1}`;
  if (checkDns1123Label(hostname).length > 0)
    problems.invalid("metadata.name", name, `will not able to create pod with invalid DNS label: ${hostname}`);
}

function validateSelector(job: AnyObject, keys: readonly string[], problems: Problems): void {
  const { metadata, spec = {} } = job;
  if (spec.manualSelector || !spec.selector) return;
  const labels = spec.template?.metadata?.labels;
  const expected = Object.fromEntries(keys.map((key) => [key, (key.endsWith("uid") ? metadata.uid : metadata.name) ?? ""]));
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

/** Where and with what the pods of a job run may change while it is suspended and none of them runs. */
function checkTemplate(spec: AnyObject, { spec: before, status = {} }: AnyObject, problems: Problems): void {
  const isSuspended = status.conditions?.some(({ type, status }: AnyObject) => type === "Suspended" && status === "True");
  const isFree = before.suspend === true && (!status.startTime || isSuspended) && (status.active ?? 0) === 0;
  const template = spec.template ?? {};
  if (!isFree) return immutableShape(PodTemplateSpec, template, before.template, "spec.template", problems);
  immutableShape(
    PodSpec,
    template.spec,
    withNewDirectives(template.spec ?? {}, before.template?.spec ?? {}),
    "spec.template.spec",
    problems,
  );
}

/** What it was, but for what may change: where pods run, and what their containers ask for. */
function withNewDirectives(now: AnyObject, before: AnyObject): AnyObject {
  const { nodeAffinity: _, ...others } = before.affinity ?? {};
  const affinity = now.affinity?.nodeAffinity === undefined ? others : { ...others, nodeAffinity: now.affinity.nodeAffinity };
  const allowed: AnyObject = { ...before, affinity: now.affinity || Object.keys(affinity).length > 0 ? affinity : undefined };
  for (const key of ["nodeSelector", "tolerations", "schedulingGates"]) allowed[key] = now[key];
  for (const list of ["containers", "initContainers"])
    if (before[list]?.length === now[list]?.length)
      allowed[list] = before[list]?.map((container: AnyObject, i: number) => {
        const { name, resources } = now[list][i];
        return name === container.name ? { ...container, resources } : container;
      });
  return allowed;
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
