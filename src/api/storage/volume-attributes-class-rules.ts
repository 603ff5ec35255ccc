/** What the server knows of VolumeAttributesClass: defaults, what a write may set, what is refused, what tables show. */
import { rules } from "../rules.ts";
import type { VolumeAttributesClass } from "./volume-attributes-class.ts";

export const volumeAttributesClassRules = rules<VolumeAttributesClass>({
  counts: false,
  deletion: { answers: "object" },
});
