/** What the server knows of ResourceClaimTemplate: defaults, what a write may set, what is refused, what tables show. */
import { checkDeclared } from "../checks/declared.ts";
import { defaultDeviceClaim, validateDeviceClaim } from "../checks/kinds/device-requests.ts";
import { validateTemplateMeta } from "../checks/kinds/template-meta.ts";
import { always, rules } from "../rules.ts";
import { ResourceClaimSpec } from "./resource-claim.ts";
import type { ResourceClaimTemplate } from "./resource-claim-template.ts";

export const resourceClaimTemplateRules = rules<ResourceClaimTemplate>({
  counts: false,
  defaults: ({ spec }) => defaultDeviceClaim(spec?.spec?.devices),
  check: always((template, problems) => {
    validateTemplateMeta(template.spec?.metadata ?? {}, "spec.metadata", problems);
    checkDeclared(ResourceClaimSpec, template.spec?.spec ?? {}, "spec.spec", problems);
    validateDeviceClaim(template.spec?.spec?.devices ?? {}, "spec.spec.devices", problems);
  }),
  deletion: { answers: "object" },
});
