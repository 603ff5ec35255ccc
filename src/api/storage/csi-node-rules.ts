/** What the server knows of CSINode: defaults, what a write may set, what is refused, what tables show. */
import { immutableShape } from "../checks/internal-shape.ts";
import { driverName } from "../checks/kinds/device-names.ts";
import { metaAsNew } from "../checks/meta-of-kind.ts";
import { nonNegative, qualifiedName } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { CSINode } from "./csi-node.ts";
import { CSINodeDriver } from "./csi-node.ts";

export const csiNodeRules = rules<CSINode>({
  conditional: true,
  ownMeta: true,
  counts: false,
  cells: (o, now) => [nameOf(o), o.spec?.drivers?.length ?? 0, ageOf(o, now)],
  check: {
    create: ({ spec = {} }, problems) => validateDrivers(spec.drivers ?? [], problems),
    update({ metadata, spec = {} }, old, problems) {
      metaAsNew({ metadata }, problems);
      validateDrivers(spec.drivers ?? [], problems);
      const settled = ({ allocatable: _, ...driver }: AnyObject) => driver;
      for (const before of old.spec?.drivers ?? [])
        for (const after of spec.drivers ?? [])
          if (before.name === after.name) immutableShape(CSINodeDriver, settled(after), settled(before), "spec.drivers", problems);
    },
  },
  deletion: { answers: "object" },
});

const longestId = 256;

function validateDrivers(drivers: AnyObject[], problems: Problems): void {
  const names = new Set<string>();
  for (const [i, { name = "", nodeID = "", allocatable, topologyKeys }] of drivers.entries()) {
    const at = `spec.drivers[${i}]`;
    const keys: string[] = topologyKeys ?? [];
    if (name) driverName(name, `${at}.name`, problems);
    else problems.required(`${at}.name`);
    if (!nodeID) problems.required(`${at}.nodeID`);
    if (Buffer.byteLength(nodeID) > longestId) problems.invalid(`${at}.nodeID`, nodeID, `must be ${longestId} characters or less`);
    nonNegative(allocatable?.count, `${at}.allocatable.count`, problems);
    if (names.has(name)) problems.duplicate(`${at}.name`, name);
    names.add(name);
    for (const [k, key] of keys.entries()) {
      if (key === "") problems.required(at);
      if (keys.indexOf(key) < k) problems.duplicate(at, key);
      qualifiedName(key, at, problems);
    }
  }
}
