/** What the server knows of RuntimeClass: defaults, what a write may set, what is refused, what tables show. */
import { internalShape } from "../checks/internal-shape.ts";
import { immutable, subdomainName, validateLabels, validateObjectMeta, validateObjectMetaUpdate } from "../checks/object-meta.ts";
import { dnsLabel } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { validateResourceRequirements } from "../checks/resources.ts";
import { validateTolerations } from "../checks/scheduling.ts";
import { Toleration } from "../core/placement.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { RuntimeClass } from "./runtime-class.ts";

export const runtimeClassRules = rules<RuntimeClass>({
  names: subdomainName,
  commonMeta: true,
  createOnUpdate: true,
  conditional: true,
  counts: false,
  check: {
    create: validateRuntimeClass,
    update(next, old, problems) {
      validateRuntimeClass(next, problems);
      validateObjectMetaUpdate(next.metadata, old.metadata, problems);
      immutable(next.handler, old.handler, "handler", problems, "");
    },
  },
  cells: (o, now) => [nameOf(o), o.handler, ageOf(o, now)],
});

function validateRuntimeClass({ metadata, handler = "", overhead, scheduling }: AnyObject, problems: Problems): void {
  validateObjectMeta(metadata, { namespaced: false, name: subdomainName }, problems);
  if (handler) dnsLabel(handler, "handler", problems);
  else problems.required("handler");
  validateResourceRequirements({ limits: overhead?.podFixed }, "overhead", problems, new Set());
  if (!scheduling) return;
  validateLabels(scheduling.nodeSelector, "scheduling.nodeSelector", problems);
  const tolerations: AnyObject[] = scheduling.tolerations ?? [];
  validateTolerations(tolerations, "scheduling.tolerations", problems);
  for (const [i, toleration] of tolerations.entries())
    if (tolerations.findIndex((other) => listKeys.every((key) => (other[key] ?? "") === (toleration[key] ?? ""))) < i)
      problems.duplicate(`scheduling.tolerations[${i}]`, internalShape(Toleration, toleration));
}

const listKeys = ["key", "operator", "value", "effect"];
