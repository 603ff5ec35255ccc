/** What is served of metrics.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { nodeMetricsRules, podMetricsRules } from "./metrics-rules.ts";
import { nodesUsage } from "./node-metrics.ts";
import { podsUsage } from "./pod-metrics.ts";

export const metricsKinds: readonly Served[] = [served(nodesUsage, nodeMetricsRules), served(podsUsage, podMetricsRules)];
