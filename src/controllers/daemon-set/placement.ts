/** On which nodes a DaemonSet's pods belong, and the pod of one node. */
import type { DaemonSet, Node, NodeSelectorTerm, Pod, PodSpec, PodTemplateSpec, Toleration } from "#api/mod.ts";
import { fitsNodeSelectors, untoleratedTaint } from "#client/mod.ts";
import { podFromTemplate } from "../pods.ts";
import { revisionLabel } from "../revisions.ts";

export interface Fit {
  /** A pod shall be there. */
  run: boolean;
  /** One that is there may stay. */
  stay: boolean;
}

export function fitOf(set: DaemonSet, { metadata, spec: node }: Node): Fit {
  const spec = set.spec?.template?.spec;
  const name = metadata.name ?? "";
  if (spec?.nodeName && spec.nodeName !== name) return { run: false, stay: false };
  if (!fitsNodeSelectors(spec, { name, labels: metadata.labels ?? {} })) return { run: false, stay: false };
  const tolerations = withDaemonTolerations(spec);
  const taints = node?.taints ?? [];
  if (!untoleratedTaint(taints, tolerations)) return { run: true, stay: true };
  return { run: false, stay: !untoleratedTaint(taints, tolerations, ["NoExecute"]) };
}

const tolerated: readonly [key: string, effect: string][] = [
  ["node.kubernetes.io/not-ready", "NoExecute"],
  ["node.kubernetes.io/unreachable", "NoExecute"],
  ["node.kubernetes.io/disk-pressure", "NoSchedule"],
  ["node.kubernetes.io/memory-pressure", "NoSchedule"],
  ["node.kubernetes.io/pid-pressure", "NoSchedule"],
  ["node.kubernetes.io/unschedulable", "NoSchedule"],
];

/** Daemons stay where others are sent away: they are what repairs a node. */
export function withDaemonTolerations(spec: PodSpec | undefined): Toleration[] {
  const added = [...tolerated];
  if (spec?.hostNetwork) added.push(["node.kubernetes.io/network-unavailable", "NoSchedule"]);
  const all = [...(spec?.tolerations ?? [])];
  for (const [key, effect] of added) {
    const toleration: Toleration = { key, operator: "Exists", effect };
    const same = all.findIndex((each) => each.key === key && each.effect === effect && each.operator === "Exists" && !each.value);
    if (same < 0) all.push(toleration);
    else all[same] = toleration;
  }
  return all;
}

/** Bound by the scheduler, which the affinity leaves one node only. */
export function podOn(set: DaemonSet, node: string, hash: string): Pod {
  const template = set.spec?.template;
  const generation = set.metadata.annotations?.["deprecated.daemonset.template.generation"];
  const labels = {
    ...template?.metadata?.labels,
    ...(generation ? { "pod-template-generation": generation } : {}),
    [revisionLabel]: hash,
  };
  const spec = { ...template?.spec, tolerations: withDaemonTolerations(template?.spec), affinity: onlyOn(template, node) };
  return podFromTemplate({ ...template, metadata: { ...template?.metadata, labels }, spec }, set);
}

function onlyOn(template: PodTemplateSpec | undefined, node: string): PodSpec["affinity"] {
  const affinity = template?.spec?.affinity;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  const nodeSelectorTerms = required.map(
    (term): NodeSelectorTerm => ({ ...term, matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }),
  );
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  };
}

/** The node that a pod is on or meant for; undefined when nothing says so. */
export function nodeOf(pod: Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const term of terms)
    for (const { key, operator, values } of term.matchFields ?? [])
      if (key === "metadata.name" && operator === "In" && values?.length === 1) return values[0];
  return undefined;
}
