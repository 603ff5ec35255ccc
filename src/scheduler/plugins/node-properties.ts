/** Rules that look at the node alone: name, cordon, taints, selectors and node affinity. */
import type { NodeSelectorRequirement, NodeSelectorTerm, Taint, Toleration } from "#api/mod.ts";
import type { NodeRow } from "../node-row.ts";
import { type Plugin, type Refusal, scaleToMax } from "../plugin.ts";
import type { PodInfo } from "../pod-info.ts";

const unschedulableTaint: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

export const nodeName: Plugin = {
  name: "NodeName",
  weight: 0,
  changes: ["node-added"],
  prepare(pod) {
    const wanted = pod.pod.spec?.nodeName;
    if (!wanted) return undefined;
    const refusal: Refusal = { reasons: ["node(s) didn't match the requested node name"], final: true };
    return { filter: (row) => (row.name === wanted ? undefined : refusal) };
  },
};

export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  weight: 0,
  changes: ["node-added", "node-updated"],
  prepare(pod) {
    if (pod.tolerations.some((t) => tolerates(t, unschedulableTaint))) return undefined;
    const refusal: Refusal = { reasons: ["node(s) were unschedulable"], final: true };
    return { filter: (row) => (row.unschedulable ? refusal : undefined) };
  },
};

export const taintToleration: Plugin = {
  name: "TaintToleration",
  weight: 3,
  changes: ["node-added", "node-updated"],
  prepare(pod) {
    const refusal: Refusal = { reasons: ["node(s) had untolerated taint(s)"], final: true };
    return {
      filter: (row) => (row.taints.length > 0 && untolerated(row.taints, pod.tolerations) ? refusal : undefined),
      score: (row) =>
        row.taints.filter((t) => t.effect === "PreferNoSchedule" && !pod.tolerations.some((toleration) => tolerates(toleration, t))).length,
      normalize: (scores, fitting) => scaleToMax(scores, fitting, true),
    };
  },
};

export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  weight: 2,
  changes: ["node-added", "node-updated"],
  prepare(pod) {
    const { preferredNodeTerms } = pod;
    if (!pod.nodeSelector && !pod.requiredNodeTerms && preferredNodeTerms.length === 0) return undefined;
    const refusal: Refusal = { reasons: ["node(s) didn't match Pod's node affinity/selector"], final: true };
    return {
      filter: (row) => (fitsNodeAffinity(pod, row) ? undefined : refusal),
      ...(preferredNodeTerms.length > 0
        ? {
            score: (row: NodeRow) => preferredNodeTerms.reduce((sum, p) => sum + (matchesTerm(p.preference, row, true) ? p.weight : 0), 0),
            normalize: (scores: Float64Array, fitting: Int32Array) => scaleToMax(scores, fitting),
          }
        : {}),
    };
  },
};

/** The taint, if any, that keeps a pod with these tolerations off a node. */
export function untolerated(taints: Taint[], tolerations: Toleration[]): Taint | undefined {
  return taints.find(
    (t) => (t.effect === "NoSchedule" || t.effect === "NoExecute") && !tolerations.some((toleration) => tolerates(toleration, t)),
  );
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

export function fitsNodeAffinity(pod: PodInfo, row: NodeRow): boolean {
  for (const key in pod.nodeSelector) if (row.labels[key] !== pod.nodeSelector[key]) return false;
  return !pod.requiredNodeTerms || pod.requiredNodeTerms.some((term) => matchesTerm(term, row));
}

/** An empty required term matches nothing; an empty preferred term matches everything. */
export function matchesTerm(term: NodeSelectorTerm, row: Pick<NodeRow, "labels" | "name">, emptyMatches = false): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return emptyMatches;
  return (
    expressions.every((r) => matches(r, row.labels[r.key ?? ""])) && fields.every((r) => r.key === "metadata.name" && matches(r, row.name))
  );
}

function matches(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
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
