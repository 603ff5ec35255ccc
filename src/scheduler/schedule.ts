/** One scheduling cycle as a pure function: which node a pod goes to, or why it fits none. */
import { assert, type Random } from "#base/mod.ts";
import type { Cluster } from "./cluster.ts";
import { type Nominations, withPods } from "./nominations.ts";
import type { ClaimWork, Plugin, Refusal, Rule, VolumeWork } from "./plugin.ts";
import type { PodInfo } from "./pod-info.ts";

export interface Placement {
  node: string;
  /** To be done before the pod is bound. */
  volumes?: VolumeWork;
  claims?: ClaimWork;
}

export interface Unschedulable {
  nodes: number;
  /** Said by a plugin that refuses every node at once. */
  overall?: string;
  /** Row → why it was refused. */
  refusals: Map<number, Refusal>;
  /** Plugins that refused anything: what they wait for may help. */
  plugins: Set<string>;
}

export function isPlaced(result: Placement | Unschedulable): result is Placement {
  return "node" in result;
}

export interface ScheduleOptions {
  plugins: readonly Plugin[];
  random: Random;
  /** Where the search begins; it moves on so that all nodes get their turn when not all are looked at. */
  start?: number;
  /** What other pods were promised, and this one. */
  nominations?: Nominations;
  /** Percentage of nodes that are looked at; 0: fewer the more there are. */
  nodesToScore?: number;
}

type Ready = { plugin: Plugin; rule: Rule };

export interface Shortlist {
  rules: readonly Ready[];
  /** Rows. */
  fitting: Int32Array;
  failure: Unschedulable;
}

/**
 * Looks at enough nodes to choose well (all of them up to 100), then takes the best; equals are drawn by lot. A place that the
 * pod was promised is taken if it fits.
 */
export function schedule(pod: PodInfo, cluster: Cluster, options: ScheduleOptions): Placement | Unschedulable {
  const found = shortlist(pod, cluster, options);
  return found.fitting.length === 0 ? found.failure : choose(cluster, found, options.random);
}

/** The nodes to choose from; none: why. */
export function shortlist(pod: PodInfo, cluster: Cluster, options: ScheduleOptions): Shortlist {
  const failure: Unschedulable = { nodes: cluster.nodeCount, refusals: new Map(), plugins: new Set() };
  const { plugins, nominations } = options;
  const rules = readyFor(pod, cluster, plugins);
  if ("overall" in rules) {
    failure.overall = rules.overall;
    failure.plugins.add(rules.plugin);
    return { rules: [], fitting: new Int32Array(), failure };
  }
  const filters = rules.filter(({ rule }) => rule.filter);
  const refused = (index: number) => refusalWith({ pod, cluster, plugins, nominations }, filters, index);
  const promised = cluster.rowOf.get(nominations?.nodeOf(pod.uid) ?? "");
  const fitting = promised !== undefined && !refused(promised) ? Int32Array.of(promised) : findFitting(cluster, refused, failure, options);
  return { rules, fitting, failure };
}

/** The best of a list that is not empty. `extra`: what others add to the score of a row. */
export function choose(cluster: Cluster, { rules, fitting }: Shortlist, random: Random, extra?: (row: number) => number): Placement {
  const best = fitting.length === 1 ? fitting[0]! : chooseBest(cluster, rules, fitting, { random, extra });
  const row = cluster.rows[best]!;
  const volumes = rules.find(({ rule }) => rule.volumes)?.rule.volumes?.(row);
  const claims = rules.find(({ rule }) => rule.claims)?.rule.claims?.(row);
  return { node: row.name, ...(volumes ? { volumes } : {}), ...(claims ? { claims } : {}) };
}

/** The rules for a pod as the cluster is now, or which of them says that no node can ever fit. */
function readyFor(pod: PodInfo, cluster: Cluster, plugins: readonly Plugin[]): Ready[] | { overall: string; plugin: string } {
  const rules: Ready[] = [];
  for (const plugin of plugins) {
    const rule = plugin.prepare(pod, cluster);
    if (typeof rule === "string") return { overall: rule, plugin: plugin.name };
    if (rule) rules.push({ plugin, rule });
  }
  return rules;
}

interface Situation {
  pod: PodInfo;
  cluster: Cluster;
  plugins: readonly Plugin[];
  nominations: Nominations | undefined;
}
type Refused = { plugin: string; refusal: Refusal };

/** Whether a pod fits once those that were promised the node stand there, and without them: they may come or not. */
function refusalWith({ pod, cluster, plugins, nominations }: Situation, filters: readonly Ready[], index: number): Refused | undefined {
  const row = cluster.rows[index];
  assert(row, `scheduler: no node in row ${index}`);
  const others = nominations?.size ? nominations.before(pod, row.name) : [];
  const among = others.length > 0 ? withPods(cluster, others, row.name, () => refusalNow({ pod, cluster, plugins }, index)) : undefined;
  return among ?? refusalOf(cluster, filters, index);
}

/** As {@link refusalOf}, with rules made for the cluster as it is now. */
function refusalNow({ pod, cluster, plugins }: Omit<Situation, "nominations">, index: number): Refused | undefined {
  const rules = readyFor(pod, cluster, plugins);
  return "overall" in rules ? never(rules) : refusalOf(cluster, rules, index);
}

const never = ({ overall, plugin }: { overall: string; plugin: string }): Refused => ({
  plugin,
  refusal: { reasons: [overall], final: true },
});

/** Whether a pod fits a node now, beside those that were promised it; rules are made anew. */
export function refusalHere(situation: Situation, index: number): Refused | undefined {
  const rules = readyFor(situation.pod, situation.cluster, situation.plugins);
  return "overall" in rules ? never(rules) : refusalWith(situation, rules, index);
}

/** The first rule, in plugin order, that refuses a node speaks for it. */
function refusalOf(cluster: Cluster, rules: readonly Ready[], index: number): Refused | undefined {
  const row = cluster.rows[index]!;
  for (const { plugin, rule } of rules) {
    const refusal = rule.filter?.(row, index);
    if (refusal) return { plugin: plugin.name, refusal };
  }
  return undefined;
}

function findFitting(
  cluster: Cluster,
  refusedAt: (index: number) => Refused | undefined,
  failure: Unschedulable,
  { start = 0, nodesToScore = 0 }: ScheduleOptions,
): Int32Array {
  const enough = enoughNodes(cluster.nodeCount, nodesToScore);
  const found: number[] = [];
  for (let step = 0; step < cluster.capacity && found.length < enough; step++) {
    const index = (start + step) % cluster.capacity;
    if (!cluster.rows[index]) continue;
    const refused = refusedAt(index);
    if (!refused) found.push(index);
    else {
      failure.refusals.set(index, refused.refusal);
      failure.plugins.add(refused.plugin);
    }
  }
  return Int32Array.from(found);
}

/** A share of all, and never fewer than 100 nodes. By default upstream's: 50 % less one per 125 nodes, at least 5 %. */
export function enoughNodes(total: number, percentage = 0): number {
  if (total <= 100) return total;
  const percent = percentage || Math.max(5, 50 - Math.floor(total / 125));
  return Math.max(100, Math.floor((total * percent) / 100));
}

function chooseBest(
  cluster: Cluster,
  rules: readonly Ready[],
  fitting: Int32Array,
  { random, extra }: { random: Random; extra: ((row: number) => number) | undefined },
): number {
  const total = new Float64Array(cluster.capacity);
  if (extra) for (const index of fitting) total[index] = extra(index);
  const scores = new Float64Array(cluster.capacity);
  for (const { plugin, rule } of rules) {
    if (!rule.score || plugin.weight === 0) continue;
    for (const index of fitting) scores[index] = rule.score(cluster.rows[index]!, index);
    rule.normalize?.(scores, fitting);
    for (const index of fitting) total[index] = total[index]! + plugin.weight * scores[index]!;
  }
  let best = fitting[0]!;
  let equals = 1;
  for (let i = 1; i < fitting.length; i++) {
    const index = fitting[i]!;
    if (total[index]! > total[best]!) {
      best = index;
      equals = 1;
    } else if (total[index] === total[best] && random.int(++equals) === 0) best = index;
  }
  return best;
}

/**
 * `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).` with what preemption has to say, and before it
 * what was done about claims for devices.
 */
export function describeFailure(failure: Unschedulable, preemption?: string, ofClaims = "no new claims to deallocate"): string {
  if (failure.nodes === 0 && !failure.overall) return "no nodes available to schedule pods";
  const parts = [`0/${failure.nodes} nodes are available:`];
  if (failure.overall) parts.push(`${failure.overall}.`);
  else {
    const counts = new Map<string, number>();
    for (const { reasons } of failure.refusals.values()) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const lines = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
    if (lines.length > 0) parts.push(`${lines.join(", ")}.`);
  }
  // Upstream asks its device-claims plugin first. Refused before that plugin has looked, the pod is not found in its notes, and that
  // ends the search for victims.
  if (preemption && failure.overall) parts.push("not found");
  else if (preemption) parts.push(`${ofClaims}, ${preemption}`);
  return parts.join(" ");
}
