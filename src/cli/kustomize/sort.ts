/** The order of a build's result: as it came, or kinds that others need first. */
import { CliError } from "../failure.ts";
import { type Gvk, gvkText, sameGvk } from "./ids.ts";
import type { Resource } from "./resources.ts";

export interface SortOptions {
  order?: string;
  legacySortOptions?: { orderFirst?: string[]; orderLast?: string[] };
}

const first = [
  "Namespace",
  "ResourceQuota",
  "StorageClass",
  "CustomResourceDefinition",
  "ServiceAccount",
  "PodSecurityPolicy",
  "Role",
  "ClusterRole",
  "RoleBinding",
  "ClusterRoleBinding",
  "ConfigMap",
  "Secret",
  "Endpoints",
  "Service",
  "LimitRange",
  "PriorityClass",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Deployment",
  "StatefulSet",
  "CronJob",
  "PodDisruptionBudget",
];
const last = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

export function sorted(resources: Resource[], options: SortOptions | undefined): Resource[] {
  const order = options ? options.order : "legacy";
  if (order !== "fifo" && order !== "legacy") throw new CliError("the field 'sortOptions.order' must be one of [fifo, legacy]");
  if (order === "fifo") {
    if (options?.legacySortOptions)
      throw new CliError("the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'");
    return resources;
  }
  const { orderFirst = [], orderLast = [] } = options?.legacySortOptions ?? { orderFirst: first, orderLast: last };
  const ranks = ranksOf(orderFirst, orderLast);
  return [...resources].sort((a, b) => compare(a, b, ranks));
}

const defaultRanks = ranksOf(first, last);

function ranksOf(orderFirst: string[], orderLast: string[]): Map<string, number> {
  const ranks = new Map<string, number>();
  for (const [index, kind] of orderFirst.entries()) ranks.set(kind, index - orderFirst.length);
  for (const [index, kind] of orderLast.entries()) ranks.set(kind, index + 1);
  return ranks;
}

/** In the order in which kustomize keeps the kinds of its configurations. */
export function byKind(a: Gvk, b: Gvk): number {
  const rank = (defaultRanks.get(a.kind ?? "") ?? 0) - (defaultRanks.get(b.kind ?? "") ?? 0);
  return rank || byText(gvkKey(a), gvkKey(b));
}

function compare(a: Resource, b: Resource, ranks: Map<string, number>): number {
  const [x, y] = [a.gvk, b.gvk];
  if (!sameGvk(x, y)) {
    const rank = (ranks.get(x.kind) ?? 0) - (ranks.get(y.kind) ?? 0);
    if (rank !== 0) return rank;
    const order = byText(gvkKey(x), gvkKey(y));
    return x.kind === "Namespace" && y.kind === "Namespace" && (x.group === "" || y.group === "") ? -order : order;
  }
  return byText(idKey(a), idKey(b));
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const gvkKey = ({ group, version, kind }: Gvk) => `${group || "~G"}_${version || "~V"}_${kind || "~K"}`;
const idKey = ({ gvk, namespace, name }: Resource) => `${gvkText(gvk)}|${namespace || "~X"}|${name || "~N"}`;
