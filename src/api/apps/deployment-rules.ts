/** What the server knows of Deployment: defaults, what a write may set, what is refused, what tables show. */

import { defaultTemplate, fillIn } from "../checks/defaults.ts";
import { shownStrategy } from "../checks/internal-shape.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { intOrPercent, intOrPercentValue, nonNegative, notMoreThanAll } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { validateCollisions, validateCounts, validateSelector, validateTemplate } from "../checks/workloads.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf, selectorText, templateCells } from "../tables/cells.ts";
import { type Deployment, DeploymentStrategy } from "./deployment.ts";

export const deploymentRules = rules<Deployment>({
  names: subdomainName,
  counts: ["spec", "metadata.annotations"],
  status: () => ({}),
  statusKeeps: ["labels"],
  defaults: defaultDeployment,
  check: {
    create: validateDeployment,
    update(deployment, old, problems) {
      validateDeployment(deployment, problems);
      immutable(deployment.spec?.selector, old.spec?.selector, "spec.selector", problems);
    },
    sub: {
      status({ status = {} }, old, problems) {
        const counts = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas", "terminatingReplicas"];
        validateCounts(status, ["observedGeneration", ...counts, "collisionCount"], problems);
        validateCollisions(status, old, problems);
      },
    },
  },
  cells: (o, now) => [
    nameOf(o),
    `${o.status?.readyReplicas ?? 0}/${o.spec?.replicas ?? 0}`,
    o.status?.updatedReplicas ?? 0,
    o.status?.availableReplicas ?? 0,
    ageOf(o, now),
    ...templateCells(o.spec),
    selectorText(o.spec?.selector),
  ],
  template: ({ spec }) => spec?.template,
});

function validateDeployment({ spec = {} }: AnyObject, problems: Problems): void {
  nonNegative(spec.replicas, "spec.replicas", problems);
  validateSelector(spec, "deployment", problems);
  validateTemplate(spec, "ReplicaSet", problems);
  const strategy = spec.strategy ?? {};
  const at = "spec.strategy";
  if (strategy.type === "Recreate") {
    if (strategy.rollingUpdate) problems.forbidden(`${at}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'");
  } else if (strategy.type === "RollingUpdate") {
    const rolling = strategy.rollingUpdate;
    if (!rolling) problems.required(`${at}.rollingUpdate`, "this should be defaulted and never be nil");
    else {
      intOrPercent(rolling.maxUnavailable, `${at}.rollingUpdate.maxUnavailable`, problems);
      intOrPercent(rolling.maxSurge, `${at}.rollingUpdate.maxSurge`, problems);
      if (intOrPercentValue(rolling.maxUnavailable) === 0 && intOrPercentValue(rolling.maxSurge) === 0)
        problems.invalid(`${at}.rollingUpdate.maxUnavailable`, rolling.maxUnavailable ?? 0, "may not be 0 when `maxSurge` is 0");
      notMoreThanAll(rolling.maxUnavailable, `${at}.rollingUpdate.maxUnavailable`, problems);
    }
  } else problems.notSupported(at, shownStrategy(DeploymentStrategy, strategy), ["Recreate", "RollingUpdate"]);
  nonNegative(spec.minReadySeconds, "spec.minReadySeconds", problems);
  nonNegative(spec.revisionHistoryLimit, "spec.revisionHistoryLimit", problems);
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined) {
    nonNegative(deadline, "spec.progressDeadlineSeconds", problems);
    if (deadline <= (spec.minReadySeconds ?? 0))
      problems.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
  }
}

function defaultDeployment({ spec }: Deployment): void {
  if (!spec) return;
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= "RollingUpdate";
  if (spec.strategy.type === "RollingUpdate") fillIn(spec.strategy, "rollingUpdate", { maxUnavailable: "25%", maxSurge: "25%" });
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  defaultTemplate(spec.template);
}
