/** Pages of limits: quotas, ranges and disruption budgets. */
import { formatQuantity, parseQuantity } from "#codec/quantity.ts";
import { selectorText } from "../print/values.ts";
import { type Describer, page } from "./page.ts";

const scopeTexts: Record<string, string> = {
  Terminating:
    "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
  NotTerminating:
    "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
  BestEffort: "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
  NotBestEffort:
    "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
};

const resourceQuota = page((out, { metadata, spec, status = {} }) => {
  out.line(0, `Name:\t${metadata.name}`);
  out.line(0, `Namespace:\t${metadata.namespace}`);
  const scopes = [...((spec?.scopes ?? []) as string[])].sort();
  if (scopes.length > 0) out.line(0, `Scopes:\t${scopes.join(", ")}`);
  for (const scope of scopes) if (scopeTexts[scope]) out.line(0, ` * ${scopeTexts[scope]}`);
  out.line(0, "Resource\tUsed\tHard");
  out.line(0, "--------\t----\t----");
  for (const name of Object.keys(status.hard ?? {}).sort()) {
    const hard = String(status.hard[name]);
    out.line(0, `${name}\t${inFormatOf(hard, String(status.used?.[name] ?? "0"))}\t${hard}`);
  }
});

/** An amount in the family of suffixes in which the other is written. */
function inFormatOf(other: string, text: string): string {
  const { format } = parseQuantity(other);
  const amount = parseQuantity(text);
  if (amount.format === format) return text;
  const billion = 1_000_000_000n;
  return formatQuantity({ nanos: ((amount.nanos + billion - 1n) / billion) * billion, format });
}

const limitRange = page((out, { metadata, spec }) => {
  out.line(0, `Name:\t${metadata.name}`);
  out.line(0, `Namespace:\t${metadata.namespace}`);
  out.line(0, "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio");
  out.line(0, "----\t--------\t---\t---\t---------------\t-------------\t-----------------------");
  for (const item of spec?.limits ?? []) {
    const columns = [item.min, item.max, item.defaultRequest, item.default, item.maxLimitRequestRatio].map((column) => column ?? {});
    for (const name of [...new Set(columns.flatMap((column) => Object.keys(column)))].sort())
      out.line(0, [item.type, name, ...columns.map((column) => column[name] ?? "-")].join("\t"));
  }
});

const podDisruptionBudget = page((out, { metadata, spec, status = {} }, around) => {
  out.line(0, `Name:\t${metadata.name}`);
  out.line(0, `Namespace:\t${metadata.namespace}`);
  if (spec.minAvailable !== undefined) out.line(0, `Min available:\t${spec.minAvailable}`);
  else if (spec.maxUnavailable !== undefined) out.line(0, `Max unavailable:\t${spec.maxUnavailable}`);
  out.line(0, `Selector:\t${spec.selector ? selectorText(spec.selector) : "<unset>"}`);
  out.line(0, "Status:");
  out.line(2, `Allowed disruptions:\t${status.disruptionsAllowed ?? 0}`);
  out.line(2, `Current:\t${status.currentHealthy ?? 0}`);
  out.line(2, `Desired:\t${status.desiredHealthy ?? 0}`);
  out.line(2, `Total:\t${status.expectedPods ?? 0}`);
  out.events(around.events);
});

export const policyDescribers: Record<string, Describer> = {
  "ResourceQuota.": resourceQuota,
  "LimitRange.": limitRange,
  "PodDisruptionBudget.policy": podDisruptionBudget,
};
