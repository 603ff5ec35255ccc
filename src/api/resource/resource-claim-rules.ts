/** What the server knows of ResourceClaim: defaults, what a write may set, what is refused, what tables show. */
import { checkDeclared } from "../checks/declared.ts";
import { defaultDeviceClaim, validateDeviceClaim } from "../checks/kinds/device-requests.ts";
import { always, rules } from "../rules.ts";
import type { ResourceV1ResourceClaim } from "./resource-claim.ts";
import { ResourceV1ResourceClaim as Declared } from "./resource-claim.ts";

export const resourceClaimRules = rules<ResourceV1ResourceClaim>({
  counts: false,
  status: () => ({}),
  defaults: ({ spec }) => defaultDeviceClaim(spec?.devices),
  check: always((claim, problems) => {
    checkDeclared(Declared, claim, "", problems);
    validateDeviceClaim(claim.spec?.devices ?? {}, "spec.devices", problems);
  }),
  deletion: { answers: "object" },
});
