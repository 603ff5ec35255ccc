/** What the server knows of NodeMetrics and PodMetrics: what tables show. */
import { addQuantity, formatQuantity, parseQuantity, type Quantity } from "#codec/mod.ts";
import { rules } from "../rules.ts";
import { nameOf } from "../tables/cells.ts";
import type { NodeMetrics } from "./node-metrics.ts";
import type { PodMetrics } from "./pod-metrics.ts";

export const nodeMetricsRules = rules<NodeMetrics>({
  cells: (o) => [nameOf(o), o.usage?.cpu ?? "0", o.usage?.memory ?? "0", o.window],
});

export const podMetricsRules = rules<PodMetrics>({
  cells(o) {
    const sum = (name: string) =>
      (o.containers as PodMetrics["containers"] & object).reduce(
        (total: Quantity, { usage }) => addQuantity(total, parseQuantity(usage?.[name] ?? "0")),
        parseQuantity("0"),
      );
    return [nameOf(o), formatQuantity(sum("cpu")), formatQuantity(sum("memory")), o.window];
  },
});
