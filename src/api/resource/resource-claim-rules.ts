/** What the server knows of ResourceClaim: defaults, what a write may set, what is refused, what tables show. */
import { checkDeclared } from "../checks/declared.ts";
import { validateDeviceRequests } from "../checks/device-requests.ts";
import { always, rules } from "../rules.ts";
import type { ResourceV1ResourceClaim } from "./resource-claim.ts";
import { ResourceV1ResourceClaim as Declared } from "./resource-claim.ts";

export const resourceClaimRules = rules<ResourceV1ResourceClaim>({
  counts: false,
  status: () => ({}),
  check: always((claim, problems) => {
    checkDeclared(Declared, claim, "", problems);
    validateDeviceRequests(claim.spec?.devices?.requests, "spec.devices.requests", problems);
  }),
  deletion: { answers: "object" },
});
