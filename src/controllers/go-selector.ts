/** Messages that show a selector as Go prints its type: upstream's do. */
import type { LabelSelector } from "#api/mod.ts";

export function goSelector(selector: LabelSelector | undefined): string {
  if (!selector) return "nil";
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const map = labels.map(([key, value]) => `${key}: ${value},`).join("");
  const requirements = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${requirements.join("")}},}`;
}
