/** What the server knows of CSIStorageCapacity: defaults, what a write may set, what is refused, what tables show. */
import { rules } from "../rules.ts";
import type { CSIStorageCapacity } from "./csi-storage-capacity.ts";

export const csiStorageCapacityRules = rules<CSIStorageCapacity>({
  conditional: true,
  counts: false,
});
