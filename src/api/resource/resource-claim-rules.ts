/** What the server knows of ResourceClaim: defaults, what a write may set, what is refused, what tables show. */

import { checkDeclared } from "../checks/declared.ts";
import { immutableShape } from "../checks/internal-shape.ts";
import { defaultDeviceClaim, validateDeviceClaim } from "../checks/kinds/device-requests.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { ResourceV1ResourceClaim } from "./resource-claim.ts";
import { ResourceV1ResourceClaim as Declared, ResourceClaimSpec } from "./resource-claim.ts";

export const resourceClaimRules = rules<ResourceV1ResourceClaim>({
  counts: false,
  status: () => ({}),
  defaults: ({ spec }) => defaultDeviceClaim(spec?.devices),
  ownMeta: true,
  check: {
    create(claim, problems) {
      checkDeclared(Declared, claim, "", problems);
      validateDeviceClaim(claim.spec?.devices ?? {}, "spec.devices", problems);
    },
    update(claim, old, problems) {
      metaAsNew(claim, problems, { namespaced: true });
      metaOfUpdate(claim, old, problems);
      immutableShape(ResourceClaimSpec, claim.spec, old.spec, "spec", problems);
    },
  },
  deletion: { answers: "object" },
  cells: (o, now) => [nameOf(o), stateOf(o), ageOf(o, now)],
});

function stateOf({ metadata, status }: AnyObject): string {
  const isGoing = metadata.deletionTimestamp !== undefined;
  const states = status?.allocation ? ["allocated", ...(status.reservedFor?.length ? ["reserved"] : [])] : isGoing ? [] : ["pending"];
  return [...(isGoing ? ["deleted"] : []), ...states].join(",");
}
