/** What the server knows of ResourceClaimTemplate: defaults, what a write may set, what is refused, what tables show. */
import { checkDeclared } from "../checks/declared.ts";
import { defaultDeviceClaim, validateDeviceClaim } from "../checks/kinds/device-requests.ts";
import { always, rules } from "../rules.ts";
import { ResourceClaimTemplate as Declared, type ResourceClaimTemplate } from "./resource-claim-template.ts";

export const resourceClaimTemplateRules = rules<ResourceClaimTemplate>({
  counts: false,
  defaults: ({ spec }) => defaultDeviceClaim(spec?.spec?.devices),
  check: always((template, problems) => {
    checkDeclared(Declared, template, "", problems);
    validateDeviceClaim(template.spec?.spec?.devices ?? {}, "spec.spec.devices", problems);
  }),
  deletion: { answers: "object" },
});
