/** Rules that look at the node alone: name, cordon, taints, selectors and node affinity. */
import type { NodeSelectorTerm, Pod, Taint } from "#api/mod.ts";
import { matchesNodeTerm, tolerates, untoleratedTaint } from "#client/mod.ts";
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
      filter: (row) => (row.taints.length > 0 && untoleratedTaint(row.taints, pod.tolerations) ? refusal : undefined),
      score: (row) =>
        row.taints.filter((t) => t.effect === "PreferNoSchedule" && !pod.tolerations.some((toleration) => tolerates(toleration, t))).length,
      normalize: (scores, fitting) => scaleToMax(scores, fitting, true),
    };
  },
};

/** What a pod may need of its node's kubelet, by upstream's names. */
const features: readonly (readonly [name: string, isNeeded: (spec: NonNullable<Pod["spec"]>) => boolean])[] = [
  [
    "RestartAllContainersOnContainerExits",
    ({ containers = [], initContainers = [] }) =>
      [...containers, ...initContainers].some(({ restartPolicyRules = [] }) =>
        restartPolicyRules.some(({ action }) => action === "RestartAllContainers"),
      ),
  ],
  ["UserNamespacesHostNetworkSupport", ({ hostNetwork, hostUsers }) => hostNetwork === true && hostUsers === false],
];

export const nodeDeclaredFeatures: Plugin = {
  name: "NodeDeclaredFeatures",
  weight: 0,
  changes: ["node-added", "node-updated"],
  prepare({ pod }) {
    const needed = features.filter(([, isNeeded]) => isNeeded(pod.spec ?? {})).map(([name]) => name);
    if (needed.length === 0) return undefined;
    const refusal: Refusal = { reasons: ["node(s) didn't match Pod's required features"], final: true };
    return { filter: ({ node }) => (needed.every((name) => node.status?.declaredFeatures?.includes(name)) ? undefined : refusal) };
  },
};

/** What a profile asks of every node, beside what pods ask. */
export interface AddedAffinity {
  required?: readonly NodeSelectorTerm[];
  preferred: readonly PreferredTerm[];
}
type PreferredTerm = PodInfo["preferredNodeTerms"][number];

const noMatch: Refusal = { reasons: ["node(s) didn't match Pod's node affinity/selector"], final: true };
const notAllowed: Refusal = { reasons: ["node(s) didn't match scheduler-enforced node affinity"], final: true };

export const nodeAffinity = ({ required, preferred }: AddedAffinity = { preferred: [] }): Plugin => ({
  name: "NodeAffinity",
  weight: 2,
  changes: ["node-added", "node-updated"],
  prepare(pod) {
    const wishes = [...preferred, ...pod.preferredNodeTerms];
    if (!required && !pod.nodeSelector && !pod.requiredNodeTerms && wishes.length === 0) return undefined;
    const allowed = (row: NodeRow) => !required || required.some((term) => matchesNodeTerm(term, row));
    return {
      filter: (row) => (!allowed(row) ? notAllowed : fitsNodeAffinity(pod, row) ? undefined : noMatch),
      ...(wishes.length > 0
        ? {
            score: (row: NodeRow) => wishes.reduce((sum, p) => sum + (matchesNodeTerm(p.preference, row, true) ? p.weight : 0), 0),
            normalize: (scores: Float64Array, fitting: Int32Array) => scaleToMax(scores, fitting),
          }
        : {}),
    };
  },
});

export function fitsNodeAffinity(pod: PodInfo, row: NodeRow): boolean {
  for (const key in pod.nodeSelector) if (row.labels[key] !== pod.nodeSelector[key]) return false;
  return !pod.requiredNodeTerms || pod.requiredNodeTerms.some((term) => matchesNodeTerm(term, row));
}
