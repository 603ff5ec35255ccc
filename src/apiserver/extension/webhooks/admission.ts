/** The two admission plugins that ask webhooks, over one client. */
import type { AdmissionPlugin, Authorizer } from "../../contract.ts";
import type { Registry } from "../../registry.ts";
import { WebhookClient } from "../webhook-client.ts";
import { WebhookMetrics } from "./metrics.ts";
import { mutatingWebhooks } from "./mutating.ts";
import { validatingWebhooks } from "./validating.ts";

export interface WebhookAdmission {
  mutating: AdmissionPlugin;
  validating: AdmissionPlugin;
  metrics(): string[];
  stop(): void;
}

export function webhookAdmission({ storage, catalog, clock, random, log }: Registry, authorizers: readonly Authorizer[]): WebhookAdmission {
  const client = new WebhookClient({ storage, clock, random });
  const metrics = new WebhookMetrics();
  const parts = { storage, catalog, authorizers, clock, random, log, client, metrics };
  const mutating = mutatingWebhooks(parts);
  const validating = validatingWebhooks(parts);
  return {
    mutating,
    validating,
    metrics: () => metrics.lines(),
    stop() {
      mutating.stop();
      validating.stop();
      client.close();
    },
  };
}
