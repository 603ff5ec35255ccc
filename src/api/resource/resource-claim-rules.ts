/** What the server knows of ResourceClaim: defaults, what a write may set, what is refused, what tables show. */
import { rules } from "../rules.ts";
import type { ResourceV1ResourceClaim } from "./resource-claim.ts";

export const resourceClaimRules = rules<ResourceV1ResourceClaim>({
  counts: false,
  status: () => ({}),
  deletion: { answers: "object" },
});
