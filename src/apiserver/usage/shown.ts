/** NodeMetrics and PodMetrics as they are served, from the points of the kubelets. */
import { type ContainerMetrics, type KubeObject, type Node, nodes, nodesUsage, type Pod, pods, podsUsage } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import { timestamp } from "#client/mod.ts";
import { formatGoDuration, formatQuantity } from "#codec/mod.ts";
import type { ComputedKind, Storage } from "../contract.ts";
import { type Points, type Used, used } from "./points.ts";

interface Source {
  storage: Storage;
  points(): Points;
  clock: Clock;
}

/** By `resource.group`. */
export function usageKinds(source: Source): Map<string, ComputedKind> {
  return new Map<string, ComputedKind>([
    ["nodes.metrics.k8s.io", nodeMetrics(source)],
    ["pods.metrics.k8s.io", podMetrics(source)],
  ]);
}

function nodeMetrics({ storage, points, clock }: Source): ComputedKind {
  const shown = (node: KubeObject): KubeObject | undefined => {
    const pair = points().nodes.get(node.metadata.name ?? "");
    const usage = pair && used(pair);
    if (!usage) return undefined;
    const { apiVersion, kind } = nodesUsage;
    return { apiVersion, kind, metadata: metadataOf(node, clock), ...timesOf(usage), usage: usageOf(usage) } as KubeObject;
  };
  return {
    about: { group: "metrics.k8s.io", resource: "nodemetrics" },
    get: ({ name }) => found(storage.get(nodes, { name }) as Node | undefined, shown),
    list: () => storage.list(nodes).flatMap((node) => shown(node) ?? []),
  };
}

function podMetrics({ storage, points, clock }: Source): ComputedKind {
  const shown = (pod: Pod): KubeObject | undefined => {
    const { namespace = "", name = "" } = pod.metadata;
    const pairs = [...(points().pods.get(`${namespace}/${name}`) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    // A pod with a container that is not known long enough would seem to use less than it does.
    if (pairs.length === 0 || pairs.some(([, { before }]) => !before)) return undefined;
    const containers: ContainerMetrics[] = [];
    let earliest: Used | undefined;
    for (const [container, pair] of pairs) {
      const usage = used(pair);
      if (!usage) continue;
      if (!earliest || usage.atMs < earliest.atMs) earliest = usage;
      containers.push({ name: container, usage: usageOf(usage) });
    }
    if (!earliest) return undefined;
    const { apiVersion, kind } = podsUsage;
    return { apiVersion, kind, metadata: metadataOf(pod, clock), ...timesOf(earliest), containers } as KubeObject;
  };
  return {
    about: { group: "metrics.k8s.io", resource: "podmetrics" },
    get: (ref) => found(storage.get(pods, ref) as Pod | undefined, shown),
    list: (namespace) => storage.list(pods, namespace || undefined).flatMap((pod) => shown(pod as Pod) ?? []),
    named: ({ namespace, name }) => `${namespace}/${name}`,
  };
}

const found = <T>(object: T | undefined, shown: (object: T) => KubeObject | undefined) => object && shown(object);

/** Nothing of it is stored: it was made now. */
function metadataOf({ metadata }: KubeObject, clock: Clock): KubeObject["metadata"] {
  const { name, namespace, labels } = metadata;
  return { name, ...(namespace ? { namespace } : {}), creationTimestamp: timestamp(clock.now()), ...(labels ? { labels } : {}) };
}

const timesOf = ({ atMs, windowMs }: Used) => ({ timestamp: timestamp(atMs), window: formatGoDuration(windowMs) });

const usageOf = ({ cpuNanoCores, memoryBytes }: Used) => ({
  cpu: formatQuantity({ nanos: BigInt(cpuNanoCores), format: "DecimalSI" }),
  memory: formatQuantity({ nanos: BigInt(memoryBytes) * 1_000_000_000n, format: "BinarySI" }),
});
