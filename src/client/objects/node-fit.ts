/** Whether a node suits a pod by its name, labels and taints: asked by the scheduler, by controllers and by a node itself. */
import type { NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration } from "#api/mod.ts";

export interface NodeFacts {
  name: string;
  labels: Readonly<Record<string, string>>;
}

/** Node selector and required node affinity. */
export function fitsNodeSelectors(spec: Pick<PodSpec, "nodeSelector" | "affinity"> | undefined, node: NodeFacts): boolean {
  const { nodeSelector = {}, affinity } = spec ?? {};
  for (const key in nodeSelector) if (node.labels[key] !== nodeSelector[key]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || (required.nodeSelectorTerms ?? []).some((term) => matchesNodeTerm(term, node));
}

/** An empty required term matches nothing; an empty preferred term matches everything. */
export function matchesNodeTerm(term: NodeSelectorTerm, node: NodeFacts, emptyMatches = false): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return emptyMatches;
  return (
    expressions.every((each) => meets(each, node.labels[each.key ?? ""])) &&
    fields.every((each) => each.key === "metadata.name" && meets(each, node.name))
  );
}

/** The first taint with one of the effects that none of the tolerations covers. */
export function untoleratedTaint(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  effects: readonly string[] = ["NoSchedule", "NoExecute"],
): Taint | undefined {
  return taints.find((taint) => effects.includes(taint.effect ?? "") && !tolerations.some((toleration) => tolerates(toleration, taint)));
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator || "Equal") {
    case "Exists":
      return true;
    case "Equal":
      return (toleration.value ?? "") === (taint.value ?? "") && Boolean(toleration.key);
    case "Gt":
      return compareIntegers(taint.value, toleration.value, (a, b) => a > b);
    case "Lt":
      return compareIntegers(taint.value, toleration.value, (a, b) => a < b);
    default:
      return false;
  }
}

function meets(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return compareIntegers(value, values[0], (a, b) => a > b);
    case "Lt":
      return compareIntegers(value, values[0], (a, b) => a < b);
    default:
      return false;
  }
}

function compareIntegers(left: string | undefined, right: string | undefined, compare: (a: bigint, b: bigint) => boolean): boolean {
  if (!left || !right || !/^-?\d+$/.test(left) || !/^-?\d+$/.test(right)) return false;
  return compare(BigInt(left), BigInt(right));
}
