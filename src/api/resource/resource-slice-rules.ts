/** What the server knows of ResourceSlice: defaults, what a write may set, what is refused, what tables show. */
import { checkFields } from "../checks/declared.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, always, rules } from "../rules.ts";
import { fields } from "../select.ts";
import type { ResourceSlice } from "./resource-slice.ts";
import { ResourcePool, ResourceSliceSpec } from "./resource-slice.ts";

export const resourceSliceRules = rules<ResourceSlice>({
  check: always(validateSlice),
  selectable: fields("spec.nodeName", "spec.driver"),
  deletion: { answers: "object" },
});

function validateSlice({ spec = {} }: AnyObject, problems: Problems): void {
  checkFields(ResourceSliceSpec, spec, "spec", ["driver"], problems);
  checkFields(ResourcePool, spec.pool ?? {}, "spec.pool", ["name", "resourceSliceCount", "generation"], problems);
  const places = [spec.nodeName, spec.nodeSelector, spec.allNodes, spec.perDeviceNodeSelection].filter(Boolean).length;
  if (places === 0)
    problems.required("spec", "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required");
  const rest = [...ResourceSliceSpec.fields.keys()].filter((name) => name !== "driver" && name !== "pool");
  checkFields(ResourceSliceSpec, spec, "spec", rest, problems);
}
