/** What the server knows of CSINode: defaults, what a write may set, what is refused, what tables show. */
import { rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { CSINode } from "./csi-node.ts";

export const csiNodeRules = rules<CSINode>({
  conditional: true,
  counts: false,
  cells: (o, now) => [nameOf(o), o.spec?.drivers?.length ?? 0, ageOf(o, now)],
  deletion: { answers: "object" },
});
