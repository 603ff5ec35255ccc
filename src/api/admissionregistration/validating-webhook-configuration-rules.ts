/** What the server knows of ValidatingWebhookConfiguration: defaults, what a write may set, what is refused, what tables show. */
import { subdomainName } from "../checks/object-meta.ts";
import { defaultWebhooks, validateWebhooks } from "../checks/webhooks.ts";
import { rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { ValidatingWebhookConfiguration } from "./validating-webhook-configuration.ts";

export const validatingWebhookConfigurationRules = rules<ValidatingWebhookConfiguration>({
  names: subdomainName,
  ownMeta: "asNew",
  conditional: true,
  anyFinalizer: true,
  counts: ["webhooks"],
  defaults: defaultWebhooks(false),
  check: {
    create: validateWebhooks("Validating"),
    update: (next, old, problems) => validateWebhooks("Validating")(next, problems, old),
  },
  cells: (o, now) => [nameOf(o), o.webhooks?.length ?? 0, ageOf(o, now)],
});
