/** What the server knows of DeviceClass: defaults, what a write may set, what is refused, what tables show. */
import { checkDeclared } from "../checks/declared.ts";
import { validateOpaque, validateSelectors } from "../checks/kinds/device-requests.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import { declaredName } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { type DeviceClass, DeviceClassSpec } from "./device-class.ts";

export const deviceClassRules = rules<DeviceClass>({
  names: declaredName,
  ownMeta: true,
  check: {
    create: validateClass,
    update(deviceClass, old, problems) {
      metaAsNew(deviceClass, problems, { name: declaredName });
      metaOfUpdate(deviceClass, old, problems);
      validateClass(deviceClass, problems);
    },
  },
  deletion: { answers: "object" },
});

function validateClass({ spec = {} }: AnyObject, problems: Problems): void {
  checkDeclared(DeviceClassSpec, spec, "spec", problems);
  validateSelectors(spec.selectors, "spec.selectors", problems);
  for (const [i, one] of (spec.config ?? []).entries()) validateOpaque(one, `spec.config[${i}]`, problems);
}
