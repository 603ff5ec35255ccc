/** How a definition says that its versions are converted into one another. */
import { checkDns1035Label } from "#codec/mod.ts";
import { oneOf } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import type { AnyObject } from "../rules.ts";
import { checkCaBundle, checkWebhookClient } from "./webhook-client.ts";

const at = "spec.conversion";

/** `reviewVersions`: one must be known here. `anyCaBundle`: certificates are not looked at yet. */
export function checkConversion(
  conversion: AnyObject | undefined,
  { reviewVersions, anyCaBundle }: { reviewVersions: boolean; anyCaBundle: boolean },
  problems: Problems,
): void {
  if (!conversion) return;
  oneOf(conversion.strategy, ["None", "Webhook"], `${at}.strategy`, problems);
  const { clientConfig, conversionReviewVersions: versions = [] } = conversion.webhook ?? {};
  if (conversion.strategy !== "Webhook") {
    const text = "should not be set when strategy is not set to Webhook";
    if (clientConfig) problems.forbidden(`${at}.webhookClientConfig`, text);
    if (versions?.length) problems.forbidden(`${at}.conversionReviewVersions`, text);
    return;
  }
  if (!clientConfig) problems.required(`${at}.webhookClientConfig`, "required when strategy is set to Webhook");
  else {
    checkWebhookClient(clientConfig, `${at}.webhookClientConfig`, problems);
    if (clientConfig.caBundle && !anyCaBundle) checkCaBundle(clientConfig.caBundle, `${at}.webhookClientConfig.caBundle`, problems);
  }
  checkReviewVersions(versions ?? [], reviewVersions, problems);
}

function checkReviewVersions(versions: readonly string[], mustKnow: boolean, problems: Problems): void {
  const path = `${at}.conversionReviewVersions`;
  if (versions.length === 0) return problems.required(path);
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) problems.invalid(`${path}[${i}]`, version, "duplicate version");
    else problems.invalids(`${path}[${i}]`, version, checkDns1035Label(version));
  }
  if (mustKnow && !versions.some((version) => version === "v1" || version === "v1beta1"))
    problems.invalid(path, versions, "must include at least one of v1, v1beta1");
}
