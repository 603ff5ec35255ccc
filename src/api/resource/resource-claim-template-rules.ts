/** What the server knows of ResourceClaimTemplate: defaults, what a write may set, what is refused, what tables show. */
import { rules } from "../rules.ts";
import type { ResourceClaimTemplate } from "./resource-claim-template.ts";

export const resourceClaimTemplateRules = rules<ResourceClaimTemplate>({
  counts: false,
  deletion: { answers: "object" },
});
