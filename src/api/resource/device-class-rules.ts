/** What the server knows of DeviceClass: defaults, what a write may set, what is refused, what tables show. */
import { checkDeclared } from "../checks/declared.ts";
import { validateOpaque, validateSelectors } from "../checks/kinds/device-requests.ts";
import { declaredName } from "../checks/object-meta.ts";
import { always, rules } from "../rules.ts";
import { type DeviceClass, DeviceClassSpec } from "./device-class.ts";

export const deviceClassRules = rules<DeviceClass>({
  names: declaredName,
  check: always(({ spec = {} }, problems) => {
    checkDeclared(DeviceClassSpec, spec, "spec", problems);
    validateSelectors(spec.selectors, "spec.selectors", problems);
    for (const [i, one] of (spec.config ?? []).entries()) validateOpaque(one, `spec.config[${i}]`, problems);
  }),
  deletion: { answers: "object" },
});
