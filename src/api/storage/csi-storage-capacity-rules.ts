/** What the server knows of CSIStorageCapacity: defaults, what a write may set, what is refused, what tables show. */
import { checkDeclared } from "../checks/declared.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import { immutable } from "../checks/object-meta.ts";
import { nonNegativeQuantity } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { rules } from "../rules.ts";
import type { CSIStorageCapacity } from "./csi-storage-capacity.ts";
import { CSIStorageCapacity as Declared } from "./csi-storage-capacity.ts";

export const csiStorageCapacityRules = rules<CSIStorageCapacity>({
  conditional: true,
  counts: false,
  ownMeta: true,
  check: {
    create: validateCapacity,
    update(next, old, problems) {
      metaAsNew(next, problems, { namespaced: true });
      validateCapacity(next, problems);
      metaOfUpdate(next, old, problems);
      immutable(next.nodeTopology, old.nodeTopology, "nodeTopology", problems);
      immutable(next.storageClassName, old.storageClassName, "storageClassName", problems, "");
    },
  },
});

function validateCapacity(one: CSIStorageCapacity, problems: Problems): void {
  checkDeclared(Declared, one, "", problems);
  if (one.capacity !== undefined) nonNegativeQuantity(one.capacity, "capacity", problems);
}
