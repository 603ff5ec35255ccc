/** What the server knows of ResourceClaimTemplate: defaults, what a write may set, what is refused, what tables show. */

import { checkDeclared } from "../checks/declared.ts";
import { immutableShape } from "../checks/internal-shape.ts";
import { defaultDeviceClaim, validateDeviceClaim } from "../checks/kinds/device-requests.ts";
import { validateTemplateMeta } from "../checks/kinds/template-meta.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ResourceClaimSpec } from "./resource-claim.ts";
import type { ResourceClaimTemplate } from "./resource-claim-template.ts";
import { ResourceClaimTemplateSpec } from "./resource-claim-template.ts";

export const resourceClaimTemplateRules = rules<ResourceClaimTemplate>({
  counts: false,
  defaults: ({ spec }) => defaultDeviceClaim(spec?.spec?.devices),
  ownMeta: true,
  check: {
    create: validateTemplate,
    update(template, old, problems) {
      metaAsNew(template, problems, { namespaced: true });
      validateTemplate(template, problems);
      metaOfUpdate(template, old, problems);
      immutableShape(ResourceClaimTemplateSpec, template.spec, old.spec, "spec", problems);
    },
  },
  deletion: { answers: "object" },
});

function validateTemplate(template: AnyObject, problems: Problems): void {
  validateTemplateMeta(template.spec?.metadata ?? {}, "spec.metadata", problems);
  checkDeclared(ResourceClaimSpec, template.spec?.spec ?? {}, "spec.spec", problems);
  validateDeviceClaim(template.spec?.spec?.devices ?? {}, "spec.spec.devices", problems);
}
