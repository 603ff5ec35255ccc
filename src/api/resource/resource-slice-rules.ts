/** What the server knows of ResourceSlice: defaults, what a write may set, what is refused, what tables show. */
import { rules } from "../rules.ts";
import { fields } from "../select.ts";
import type { ResourceSlice } from "./resource-slice.ts";

export const resourceSliceRules = rules<ResourceSlice>({
  selectable: fields("spec.nodeName", "spec.driver"),
  deletion: { answers: "object" },
});
