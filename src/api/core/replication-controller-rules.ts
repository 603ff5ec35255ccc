/** What the server knows of ReplicationController: defaults, what a write may set, what is refused, what tables show. */
import { matchesLabels, selectorFromMap } from "#codec/mod.ts";
import { defaultTemplate } from "../checks/defaults.ts";
import { declaredName } from "../checks/object-meta.ts";
import { validatePodTemplate } from "../checks/pod-spec.ts";
import { nonNegative } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { replicaCounts, validateCounts, validateLongRunning } from "../checks/workloads.ts";
import { type AnyObject, rules } from "../rules.ts";
import { field } from "../select.ts";
import { mapSelectorText, workloadCells } from "../tables/cells.ts";
import type { ReplicationController } from "./replication-controller.ts";

export const replicationControllerRules = rules<ReplicationController>({
  names: declaredName,
  status: () => ({ replicas: 0 }),
  defaults: defaultReplicationController,
  check: {
    create: validateReplicationController,
    update: (controller, _old, problems) => validateReplicationController(controller, problems),
    sub: {
      status({ status = {} }, _old, problems) {
        validateCounts(status, replicaCounts, problems);
      },
    },
  },
  cells: (o, now) => [...workloadCells(o, now), mapSelectorText(o.spec?.selector)],
  selectable: { "status.replicas": field("status.replicas", "0") },
  template: ({ spec }) => spec?.template,
  deletion: { orphans: true },
});

function validateReplicationController({ spec = {} }: AnyObject, problems: Problems): void {
  nonNegative(spec.minReadySeconds, "spec.minReadySeconds", problems);
  if (Object.keys(spec.selector ?? {}).length === 0) problems.required("spec.selector");
  nonNegative(spec.replicas, "spec.replicas", problems);
  if (!spec.template) return problems.required("spec.template");
  const labels = spec.template.metadata?.labels;
  if (Object.keys(spec.selector ?? {}).length > 0 && !matchesLabels(selectorFromMap(spec.selector), labels))
    problems.invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`");
  validatePodTemplate(spec.template, "spec.template", problems);
  validateLongRunning(spec.template, "ReplicationController", problems);
}

function defaultReplicationController({ metadata, spec }: ReplicationController): void {
  if (!spec) return;
  defaultTemplate(spec.template);
  const labels = spec.template?.metadata?.labels;
  if (!labels) return;
  if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}
