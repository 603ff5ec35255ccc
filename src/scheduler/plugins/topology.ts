/** Sums of per-node counts by topology domain (zone, host, …): the arithmetic under affinity and spreading. */
import type { Cluster } from "../cluster.ts";

/** Domain value → number of matching pods, over the rows that `counts` accepts and that carry the label. */
export function domainCounts(
  cluster: Cluster,
  topologyKey: string,
  perRow: Int32Array,
  counts?: (index: number) => boolean,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (let index = 0; index < cluster.rows.length; index++) {
    const value = cluster.rows[index]?.labels[topologyKey];
    if (value === undefined || (counts && !counts(index))) continue;
    sums.set(value, (sums.get(value) ?? 0) + perRow[index]!);
  }
  return sums;
}
