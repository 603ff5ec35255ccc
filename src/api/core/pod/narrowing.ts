/** Where a gated pod may run can become narrower: what its node selection asks for stays, and more may be asked. */
import { internalShape } from "../../checks/internal-shape.ts";
import type { Problems } from "../../checks/problems.ts";
import type { AnyObject } from "../../rules.ts";
import { semanticEqual } from "../../semantic-equal.ts";
import { NodeSelectorTerm } from "../references.ts";

/** `munged` is the new spec; what was allowed in it becomes what it was before. */
export function allowNarrowing(munged: AnyObject, before: AnyObject, problems: Problems): void {
  if (!semanticEqual(munged.nodeSelector, before.nodeSelector)) {
    const gone = Object.entries<string>(before.nodeSelector ?? {}).some(([key, value]) => munged.nodeSelector?.[key] !== value);
    if (gone)
      problems.invalid(
        "spec.nodeSelector",
        munged.nodeSelector ?? null,
        "only additions to spec.nodeSelector are allowed (no mutations or deletions)",
      );
    munged.nodeSelector = before.nodeSelector;
  }
  const old = before.affinity?.nodeAffinity;
  if (semanticEqual(munged.affinity?.nodeAffinity, old)) return;
  checkTerms(munged.affinity?.nodeAffinity, old, problems);
  const { nodeAffinity: _, ...others } = munged.affinity ?? {};
  if (old) munged.affinity = { ...others, nodeAffinity: old };
  else munged.affinity = !before.affinity && Object.keys(others).length === 0 ? undefined : others;
}

function checkTerms(affinity: AnyObject | undefined, old: AnyObject | undefined, problems: Problems): void {
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const before: AnyObject[] = old?.[required]?.nodeSelectorTerms ?? [];
  const now: AnyObject[] | undefined = affinity?.[required]?.nodeSelectorTerms;
  const path = `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms`;
  const shown = (term: AnyObject) => internalShape(NodeSelectorTerm, term);
  if (before.length > 0 && before.length !== now?.length)
    return problems.invalid(path, now?.map(shown) ?? null, "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
  for (const [i, term] of before.entries())
    if (!onlyAdds(now![i]!, term))
      problems.invalid(`${path}[${i}]`, shown(now![i]!), "only additions are allowed (no mutations or deletions)");
}

function onlyAdds(term: AnyObject, before: AnyObject): boolean {
  const lists = ["matchExpressions", "matchFields"] as const;
  const [now, old] = [term, before].map((one) => lists.map((list): unknown[] => one[list] ?? []));
  if (old!.every((list) => list.length === 0)) return now!.every((list) => list.length === 0);
  return old!.every((list, i) => list.length === 0 || semanticEqual(now![i]!.slice(0, list.length), list));
}
