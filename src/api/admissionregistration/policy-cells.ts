/** What tables show of admission policies and their bindings. */
import type { AnyObject } from "../rules.ts";
import { ageOf, type Cells, nameOf, unset } from "../tables/cells.ts";

export function paramKindText({ spec }: AnyObject): string {
  const { apiVersion = "", kind = "" } = spec?.paramKind ?? {};
  return spec?.paramKind ? `${apiVersion}/${kind}` : unset;
}

export const policyBindingCells: Cells = (o, now) => [nameOf(o), o.spec?.policyName ?? "", paramText(o.spec?.paramRef), ageOf(o, now)];

/** Whether parameters have a namespace cannot be told from here. */
function paramText(ref: AnyObject | undefined): string {
  if (ref?.name) return `${ref.namespace || "*"}/${ref.name}`;
  return ref?.selector ? selectorAsGo(ref.selector) : unset;
}

/** Upstream prints the selector as Go does. */
function selectorAsGo({ matchLabels = {}, matchExpressions = [] }: AnyObject): string {
  const labels = Object.keys(matchLabels).sort();
  const requirements = matchExpressions.map(
    ({ key = "", operator = "", values = [] }: AnyObject) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  const map = labels.map((key) => `${key}: ${matchLabels[key]},`).join("");
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${requirements.join("")}},}`;
}
