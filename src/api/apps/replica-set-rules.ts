/** What the server knows of ReplicaSet: defaults, what a write may set, what is refused, what tables show. */
import { defaultTemplate } from "../checks/defaults.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { nonNegative } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { replicaCounts, validateCounts, validateSelector, validateTemplate } from "../checks/workloads.ts";
import { type AnyObject, rules } from "../rules.ts";
import { selectorText, workloadCells } from "../tables/cells.ts";
import type { ReplicaSet } from "./replica-set.ts";

export const replicaSetRules = rules<ReplicaSet>({
  names: subdomainName,
  status: () => ({ replicas: 0 }),
  defaults: defaultReplicaSet,
  check: {
    create: validateReplicaSet,
    update(set, old, problems) {
      validateReplicaSet(set, problems);
      immutable(set.spec?.selector, old.spec?.selector, "spec.selector", problems);
    },
    sub: {
      status({ status = {} }, _old, problems) {
        validateCounts(status, replicaCounts, problems);
      },
    },
  },
  cells: (o, now) => [...workloadCells(o, now), selectorText(o.spec?.selector)],
  template: ({ spec }) => spec?.template,
});

function validateReplicaSet({ spec = {} }: AnyObject, problems: Problems): void {
  nonNegative(spec.replicas, "spec.replicas", problems);
  nonNegative(spec.minReadySeconds, "spec.minReadySeconds", problems);
  validateSelector(spec, "deployment", problems);
  validateTemplate(spec, "ReplicaSet", problems);
}

function defaultReplicaSet({ spec }: ReplicaSet): void {
  if (!spec) return;
  spec.replicas ??= 1;
  defaultTemplate(spec.template);
}
