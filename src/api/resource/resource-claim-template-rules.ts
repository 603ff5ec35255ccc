/** What the server knows of ResourceClaimTemplate: defaults, what a write may set, what is refused, what tables show. */
import { checkDeclared } from "../checks/declared.ts";
import { validateDeviceRequests } from "../checks/device-requests.ts";
import { always, rules } from "../rules.ts";
import { ResourceClaimTemplate as Declared, type ResourceClaimTemplate } from "./resource-claim-template.ts";

export const resourceClaimTemplateRules = rules<ResourceClaimTemplate>({
  counts: false,
  check: always((template, problems) => {
    checkDeclared(Declared, template, "", problems);
    validateDeviceRequests(template.spec?.spec?.devices?.requests, "spec.spec.devices.requests", problems);
  }),
  deletion: { answers: "object" },
});
