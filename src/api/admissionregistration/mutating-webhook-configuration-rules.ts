/** What the server knows of MutatingWebhookConfiguration: defaults, what a write may set, what is refused, what tables show. */
import { subdomainName } from "../checks/object-meta.ts";
import { defaultWebhooks, validateWebhooks } from "../checks/webhooks.ts";
import { rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { MutatingWebhookConfiguration } from "./mutating-webhook-configuration.ts";

export const mutatingWebhookConfigurationRules = rules<MutatingWebhookConfiguration>({
  names: subdomainName,
  ownMeta: "asNew",
  conditional: true,
  anyFinalizer: true,
  counts: ["webhooks"],
  defaults: defaultWebhooks(true),
  check: {
    create: validateWebhooks("Mutating"),
    update: (next, old, problems) => validateWebhooks("Mutating")(next, problems, old),
  },
  cells: (o, now) => [nameOf(o), o.webhooks?.length ?? 0, ageOf(o, now)],
});
