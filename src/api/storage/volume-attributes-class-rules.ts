/** What the server knows of VolumeAttributesClass: defaults, what a write may set, what is refused, what tables show. */
import { checkDeclared } from "../checks/declared.ts";
import { always, rules } from "../rules.ts";
import type { VolumeAttributesClass } from "./volume-attributes-class.ts";
import { VolumeAttributesClass as Declared } from "./volume-attributes-class.ts";

export const volumeAttributesClassRules = rules<VolumeAttributesClass>({
  counts: false,
  check: always((one, problems) => {
    checkDeclared(Declared, one, "", problems);
    if (Object.keys(one.parameters ?? {}).length === 0) problems.required("parameters", "must contain at least one key/value pair");
  }),
  deletion: { answers: "object" },
});
