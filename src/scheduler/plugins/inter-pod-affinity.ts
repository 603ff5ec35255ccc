/** Places pods near or far from other pods, by their labels, within topology domains; existing pods' wishes count too. */
import type { Cluster } from "../cluster.ts";
import type { NodeRow } from "../node-row.ts";
import { maxScore, type Plugin, type Refusal } from "../plugin.ts";
import type { PodInfo, Term } from "../pod-info.ts";
import { domainCounts } from "./topology.ts";

const affinityUnmet: Refusal = { reasons: ["node(s) didn't match pod affinity rules"], final: true };
const antiAffinityUnmet: Refusal = { reasons: ["node(s) didn't match pod anti-affinity rules"], final: false };
const existingUnmet: Refusal = { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"], final: false };
export interface AffinityArgs {
  /** How much an existing pod's required affinity counts as a wish of its own. */
  hardWeight: number;
  /** Wishes of pods that stand already do not count for a pod that has none of its own. */
  ignoreOthers: boolean;
}

export const usualAffinity: AffinityArgs = { hardWeight: 1, ignoreOthers: false };

type Domains = { topologyKey: string; counts: Map<string, number> };

export const interPodAffinity = (args: AffinityArgs): Plugin => ({
  name: "InterPodAffinity",
  weight: 2,
  changes: ["node-added", "node-updated", "pod-added", "pod-deleted", "pod-updated", "namespace-changed"],
  prepare(pod, cluster) {
    const filter = filterFor(pod, cluster);
    const scores = scoresFor(pod, cluster, args);
    if (!filter && scores.length === 0) return undefined;
    return { ...(filter ? { filter } : {}), ...(scores.length > 0 ? scoring(scores) : {}) };
  },
});

function filterFor(pod: PodInfo, cluster: Cluster) {
  const near = pod.affinity.map((term) => domainsOf(term, cluster));
  const far = pod.antiAffinity.map((term) => domainsOf(term, cluster));
  const existing = forbiddenByOthers(pod, cluster);
  if (near.length + far.length + existing.size === 0) return undefined;
  // The first pod of a group that wants to be near itself may go anywhere that has the labels.
  const nobodyYet = near.length > 0 && near.every((d) => [...d.counts.values()].every((count) => count === 0));
  const startsGroup = nobodyYet && pod.affinity.every((term) => term.matches(pod.namespace, pod.labels));
  return (row: NodeRow): Refusal | undefined => {
    for (const { topologyKey, counts } of near) {
      const value = row.labels[topologyKey];
      if (value === undefined || (!startsGroup && !counts.get(value))) return affinityUnmet;
    }
    for (const { topologyKey, counts } of far) {
      const value = row.labels[topologyKey];
      if (value !== undefined && counts.get(value)) return antiAffinityUnmet;
    }
    for (const [topologyKey, values] of existing) {
      const value = row.labels[topologyKey];
      if (value !== undefined && values.has(value)) return existingUnmet;
    }
    return undefined;
  };
}

function domainsOf(term: Term, cluster: Cluster): Domains {
  const counter = cluster.counter(`term:${term.key}`, (other) => term.matches(other.namespace, other.labels));
  return { topologyKey: term.topologyKey, counts: domainCounts(cluster, term.topologyKey, counter.perRow) };
}

/** Topology key → domains where a pod stands whose anti-affinity the new pod would hurt. */
function forbiddenByOthers(pod: PodInfo, cluster: Cluster): Map<string, Set<string>> {
  const out = new Map<string, Set<string>>();
  const hurt = new Map<string, boolean>();
  for (const { pod: other, row } of cluster.withTerms.values()) {
    for (const term of other.antiAffinity) {
      let matches = hurt.get(term.key);
      if (matches === undefined) hurt.set(term.key, (matches = term.matches(pod.namespace, pod.labels)));
      const value = matches ? cluster.rows[row]?.labels[term.topologyKey] : undefined;
      if (value === undefined) continue;
      const values = out.get(term.topologyKey) ?? new Set<string>();
      out.set(term.topologyKey, values.add(value));
    }
  }
  return out;
}

function scoresFor(pod: PodInfo, cluster: Cluster, { hardWeight, ignoreOthers }: AffinityArgs): Domains[] {
  if (ignoreOthers && pod.preferredAffinity.length + pod.preferredAntiAffinity.length === 0) return [];
  const sums = new Map<string, Map<string, number>>();
  const add = (topologyKey: string, value: string | undefined, weight: number) => {
    if (value === undefined || weight === 0) return;
    const counts = sums.get(topologyKey) ?? new Map<string, number>();
    counts.set(value, (counts.get(value) ?? 0) + weight);
    sums.set(topologyKey, counts);
  };
  const own = (terms: Term[], sign: 1 | -1) => {
    for (const term of terms)
      for (const [value, count] of domainsOf(term, cluster).counts) add(term.topologyKey, value, sign * count * term.weight);
  };
  own(pod.preferredAffinity, 1);
  own(pod.preferredAntiAffinity, -1);
  for (const { pod: other, row } of cluster.withTerms.values()) {
    const labels = cluster.rows[row]?.labels;
    if (!labels) continue;
    const theirs = (terms: Term[], weightOf: (term: Term) => number) => {
      for (const term of terms)
        if (term.matches(pod.namespace, pod.labels)) add(term.topologyKey, labels[term.topologyKey], weightOf(term));
    };
    theirs(other.affinity, () => hardWeight);
    theirs(other.preferredAffinity, (term) => term.weight);
    theirs(other.preferredAntiAffinity, (term) => -term.weight);
  }
  return [...sums].map(([topologyKey, counts]) => ({ topologyKey, counts }));
}

function scoring(domains: Domains[]) {
  return {
    score: (row: NodeRow) => domains.reduce((sum, { topologyKey, counts }) => sum + (counts.get(row.labels[topologyKey] ?? "\0") ?? 0), 0),
    normalize(scores: Float64Array, fitting: Int32Array): void {
      let least = Number.POSITIVE_INFINITY;
      let most = Number.NEGATIVE_INFINITY;
      for (const index of fitting) {
        least = Math.min(least, scores[index]!);
        most = Math.max(most, scores[index]!);
      }
      for (const index of fitting) scores[index] = most === least ? 0 : Math.trunc((maxScore * (scores[index]! - least)) / (most - least));
    },
  };
}
