/** What is served of resource.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { deviceclasses } from "./device-class.ts";
import { deviceClassRules } from "./device-class-rules.ts";
import { resourceclaims } from "./resource-claim.ts";
import { resourceClaimRules } from "./resource-claim-rules.ts";
import { resourceclaimtemplates } from "./resource-claim-template.ts";
import { resourceClaimTemplateRules } from "./resource-claim-template-rules.ts";
import { resourceslices } from "./resource-slice.ts";
import { resourceSliceRules } from "./resource-slice-rules.ts";

export const resourceKinds: readonly Served[] = [
  served(deviceclasses, deviceClassRules),
  served(resourceclaims, resourceClaimRules),
  served(resourceclaimtemplates, resourceClaimTemplateRules),
  served(resourceslices, resourceSliceRules),
];
