/** What the server knows of PodTemplate: defaults, what a write may set, what is refused, what tables show. */
import { defaultTemplate } from "../checks/defaults.ts";
import { subdomainName } from "../checks/object-meta.ts";
import { validatePodTemplate } from "../checks/pod-spec.ts";
import { rules } from "../rules.ts";
import { mapSelectorText, nameOf, templateCells } from "../tables/cells.ts";
import type { PodTemplate } from "./pod-template.ts";

export const podTemplateRules = rules<PodTemplate>({
  names: subdomainName,
  counts: ["template"],
  defaults: (object: PodTemplate) => defaultTemplate(object.template),
  check: {
    create: ({ template }, problems) => validatePodTemplate(template, "template", problems),
    update: ({ template }, _old, problems) => validatePodTemplate(template, "template", problems),
  },
  cells: (o) => [nameOf(o), ...templateCells(o), mapSelectorText(o.template?.metadata?.labels)],
  template: ({ template }) => template,
  deletion: { answers: "object" },
});
