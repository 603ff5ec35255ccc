/** What the server knows of VolumeAttributesClass: defaults, what a write may set, what is refused, what tables show. */

import { checkDeclared } from "../checks/declared.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import { qualifiedName } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { VolumeAttributesClass } from "./volume-attributes-class.ts";
import { VolumeAttributesClass as Declared } from "./volume-attributes-class.ts";

export const volumeAttributesClassRules = rules<VolumeAttributesClass>({
  counts: false,
  ownMeta: true,
  check: {
    create: validateClass,
    update(next: AnyObject, old: AnyObject, problems) {
      metaOfUpdate(next, old, problems);
      for (const key of ["driverName", "parameters"])
        if (!semanticEqual(next[key], old[key])) problems.forbidden(key, `updates to ${key} are forbidden.`);
      metaAsNew(next, problems);
      validateClass(next, problems);
    },
  },
  deletion: { answers: "object" },
  cells: (o, now) => [nameOf(o), o.driverName ?? "", ageOf(o, now)],
});

function validateClass(one: AnyObject, problems: Problems): void {
  checkDeclared(Declared, one, "", problems);
  if (one.driverName) qualifiedName(one.driverName.toLowerCase(), "driverName", problems);
  if (Object.keys(one.parameters ?? {}).length === 0) problems.required("parameters", "must contain at least one key/value pair");
}
