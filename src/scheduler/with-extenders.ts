/** A scheduling cycle in which programs beside the scheduler have a say. */
import type { Node } from "#api/mod.ts";
import type { Cluster } from "./cluster.ts";
import type { PodExtenders } from "./extenders.ts";
import type { PodInfo } from "./pod-info.ts";
import { choose, type Placement, type ScheduleOptions, type Shortlist, shortlist, type Unschedulable } from "./schedule.ts";

/** As `schedule`. Rejects when one does not answer that must. */
export async function scheduleWith(
  pod: PodInfo,
  cluster: Cluster,
  options: ScheduleOptions,
  extenders: PodExtenders,
): Promise<Placement | Unschedulable> {
  const found = shortlist(pod, cluster, options);
  const nodes = [...found.fitting].map((row) => cluster.rows[row]!.node);
  if (nodes.length === 0) return found.failure;
  const names = await extenders.filter(nodes, (name) => cluster.rowOf.get(name), found.failure);
  const left = names.length === nodes.length ? nodes : nodes.filter((node) => names.includes(node.metadata.name!));
  const extra = left.length > 1 ? await extenders.scores(left) : undefined;
  const fitting = stillThere(cluster, left);
  if (fitting.length === 0) return found.failure;
  const last: Shortlist = { ...found, fitting };
  return choose(cluster, last, options.random, extra && ((row) => extra.get(cluster.rows[row]!.name) ?? 0));
}

/** Nodes may have gone while others were asked. */
const stillThere = (cluster: Cluster, nodes: readonly Node[]) =>
  Int32Array.from(nodes.flatMap((node) => cluster.rowOf.get(node.metadata.name!) ?? []));
