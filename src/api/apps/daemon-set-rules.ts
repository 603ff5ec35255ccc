/** What the server knows of DaemonSet: defaults, what a write may set, what is refused, what tables show. */

import { defaultTemplate, fillIn } from "../checks/defaults.ts";
import { shownStrategy } from "../checks/internal-shape.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { validatePodTemplate } from "../checks/pod-spec.ts";
import {
  intOrPercent,
  intOrPercentValue,
  isEmptySelector,
  nonNegative,
  notMoreThanAll,
  selects,
  validateLabelSelector,
} from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { validateCollisions, validateLongRunning } from "../checks/workloads.ts";
import { type AnyObject, rules } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { ageOf, mapSelectorText, nameOf, selectorText, templateCells } from "../tables/cells.ts";
import { type DaemonSet, DaemonSetUpdateStrategy } from "./daemon-set.ts";

const templateGeneration = "deprecated.daemonset.template.generation";

export const daemonSetRules = rules<DaemonSet>({
  names: subdomainName,
  status: () => ({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }),
  defaults: defaultDaemonSet,
  prepare: {
    create: (set) => annotateTemplateGeneration(set, 1),
    update(set, old) {
      const before = Number(old.metadata.annotations?.[templateGeneration] ?? 0);
      const changed = !semanticEqual(set.spec?.template, old.spec?.template);
      annotateTemplateGeneration(set, changed ? before + 1 : before);
    },
  },
  check: {
    create: validateDaemonSet,
    update(set, old, problems) {
      immutable(set.spec?.selector, old.spec?.selector, "spec.selector", problems);
      validateDaemonSet(set, problems);
    },
    sub: {
      status({ status = {} }: AnyObject, old, problems) {
        for (const key of [
          "currentNumberScheduled",
          "numberMisscheduled",
          "desiredNumberScheduled",
          "numberReady",
          "observedGeneration",
          "updatedNumberScheduled",
          "numberAvailable",
          "numberUnavailable",
          "collisionCount",
        ])
          nonNegative(status[key], `status.${key}`, problems);
        validateCollisions(status, old, problems);
      },
    },
  },
  cells: (o, now) => [
    nameOf(o),
    o.status?.desiredNumberScheduled ?? 0,
    o.status?.currentNumberScheduled ?? 0,
    o.status?.numberReady ?? 0,
    o.status?.updatedNumberScheduled ?? 0,
    o.status?.numberAvailable ?? 0,
    mapSelectorText(o.spec?.template?.spec?.nodeSelector),
    ageOf(o, now),
    ...templateCells(o.spec),
    selectorText(o.spec?.selector),
  ],
  template: ({ spec }) => spec?.template,
});

function validateDaemonSet({ spec = {} }: AnyObject, problems: Problems): void {
  validateLabelSelector(spec.selector, "spec.selector", problems);
  const labels = spec.template?.metadata?.labels;
  // No selector selects nothing.
  if (!spec.selector || selects(spec.selector, labels) === false)
    problems.invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`");
  if (spec.selector && isEmptySelector(spec.selector))
    problems.invalid("spec.selector", spec.selector, "empty selector is invalid for daemonset");
  validatePodTemplate(spec.template, "spec.template", problems);
  validateLongRunning(spec.template ?? {}, "DaemonSet", problems);
  nonNegative(spec.minReadySeconds, "spec.minReadySeconds", problems);
  validateDaemonStrategy(spec.updateStrategy ?? {}, "spec.updateStrategy", problems);
  nonNegative(spec.revisionHistoryLimit, "spec.revisionHistoryLimit", problems);
}

function validateDaemonStrategy(strategy: AnyObject, at: string, problems: Problems): void {
  if (strategy.type === "OnDelete") return;
  if (strategy.type !== "RollingUpdate")
    return problems.notSupported(at, shownStrategy(DaemonSetUpdateStrategy, strategy), ["RollingUpdate", "OnDelete"]);
  const rolling = strategy.rollingUpdate;
  if (!rolling) return problems.required(`${at}.rollingUpdate`);
  const { maxUnavailable, maxSurge } = rolling;
  const where = `${at}.rollingUpdate`;
  intOrPercent(maxUnavailable, `${where}.maxUnavailable`, problems);
  intOrPercent(maxSurge, `${where}.maxSurge`, problems);
  notMoreThanAll(maxUnavailable, `${where}.maxUnavailable`, problems);
  notMoreThanAll(maxSurge, `${where}.maxSurge`, problems);
  const unavailable = intOrPercentValue(maxUnavailable) !== 0;
  const surge = intOrPercentValue(maxSurge) !== 0;
  if (unavailable && surge) problems.invalid(`${where}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero");
  else if (!unavailable && !surge) problems.required(`${where}.maxUnavailable`, "cannot be 0 when maxSurge is 0");
}

function defaultDaemonSet({ metadata, spec }: DaemonSet): void {
  // Upstream writes it whenever it writes the object, so that its writer owns it.
  if (metadata.annotations?.[templateGeneration] === undefined) annotate(metadata, "0");
  if (!spec) return;
  defaultTemplate(spec.template);
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= "RollingUpdate";
  if (spec.updateStrategy.type === "RollingUpdate") fillIn(spec.updateStrategy, "rollingUpdate", { maxUnavailable: 1, maxSurge: 0 });
  spec.revisionHistoryLimit ??= 10;
}

/** apps/v1 has no field for it: upstream shows it as an annotation. */
function annotateTemplateGeneration(set: AnyObject, generation: number): void {
  const given = Number(set.metadata.annotations?.[templateGeneration] ?? 0);
  const value = generation === 1 && given > 1 ? given : generation;
  annotate(set.metadata, String(value));
}

function annotate(metadata: DaemonSet["metadata"], value: string): void {
  metadata.annotations = { ...metadata.annotations, [templateGeneration]: value };
}
