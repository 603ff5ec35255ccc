/** Kinds that are served in two versions: stored in one, shown in the other. Everything else is stored as it is served. */
import type { Resource } from "#api/mod.ts";
import type { ResourceCache } from "../read/cache.ts";
import { headOf, ObjectRecord, type Stored, storedBytes } from "../read/record.ts";

type Convert = (object: Stored) => Stored;
interface Pair {
  toServed: Convert;
  toStored: Convert;
}

/** Field names of core/v1 Events and of events.k8s.io/v1 Events, where they differ. */
const eventNames: [string, string][] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
];
const rename = (object: Stored, names: Map<string, string>, apiVersion: string): Stored => {
  const out = {} as Record<string, unknown>;
  for (const [key, value] of Object.entries(object)) out[names.get(key) ?? key] = value;
  out.apiVersion = apiVersion;
  return out as Stored;
};
const toNew = new Map(eventNames);
const toOld = new Map(eventNames.map(([core, own]) => [own, core]));

interface Metric {
  type?: string;
  resource?: { name?: string; target?: { type?: string; averageUtilization?: number }; current?: { averageUtilization?: number } };
}
const otherMetrics = "autoscaling.alpha.kubernetes.io/metrics";
const otherBehavior = "autoscaling.alpha.kubernetes.io/behavior";
const isCpu = ({ type, resource }: Metric) => type === "Resource" && resource?.name === "cpu" && resource.target?.type === "Utilization";

const pairs: Record<string, Pair> = {
  "events.k8s.io/v1/events": {
    toServed: (object) => rename(object, toNew, "events.k8s.io/v1"),
    toStored: (object) => rename(object, toOld, "v1"),
  },
  "autoscaling/v1/horizontalpodautoscalers": {
    toServed(object) {
      const { metrics: all, behavior, ...spec } = (object.spec ?? {}) as { metrics?: Metric[] | null; behavior?: unknown };
      const metrics = all ?? [];
      const {
        currentMetrics,
        conditions: _conditions,
        ...status
      } = (object.status ?? {}) as { currentMetrics?: Metric[] | null; conditions?: unknown };
      const cpu = metrics.find(isCpu);
      const rest = metrics.filter((metric) => metric !== cpu);
      const now = currentMetrics?.find(({ type, resource }) => type === "Resource" && resource?.name === "cpu");
      const annotations = { ...object.metadata.annotations };
      if (rest.length) annotations[otherMetrics] = JSON.stringify(rest);
      if (behavior) annotations[otherBehavior] = JSON.stringify(behavior);
      return {
        ...object,
        apiVersion: "autoscaling/v1",
        metadata: Object.keys(annotations).length ? { ...object.metadata, annotations } : object.metadata,
        spec: { ...spec, ...(cpu ? { targetCPUUtilizationPercentage: cpu.resource!.target!.averageUtilization } : {}) },
        status: { ...status, ...(now ? { currentCPUUtilizationPercentage: now.resource?.current?.averageUtilization } : {}) },
      };
    },
    toStored(object) {
      const { targetCPUUtilizationPercentage: percent, ...spec } = (object.spec ?? {}) as { targetCPUUtilizationPercentage?: number };
      const { currentCPUUtilizationPercentage: _percent, ...status } = (object.status ?? {}) as {
        currentCPUUtilizationPercentage?: number;
      };
      const { [otherMetrics]: rest, [otherBehavior]: behavior, ...annotations } = object.metadata.annotations ?? {};
      const metrics: Metric[] = rest ? (JSON.parse(rest) as Metric[]) : [];
      if (percent !== undefined)
        metrics.push({ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percent } } });
      const { annotations: _annotations, ...metadata } = object.metadata;
      return {
        ...object,
        apiVersion: "autoscaling/v2",
        metadata: Object.keys(annotations).length ? { ...metadata, annotations } : metadata,
        spec: { ...spec, ...(metrics.length ? { metrics } : {}), ...(behavior ? { behavior: JSON.parse(behavior) as unknown } : {}) },
        status,
      } as Stored;
    },
  },
};

const pairOf = ({ apiVersion, resource }: Resource): Pair | undefined => pairs[`${apiVersion}/${resource}`];

/** The record as the resource shows it: itself, unless it is stored in another version. */
export function viewOf(cache: ResourceCache, definition: Resource, record: ObjectRecord): ObjectRecord {
  if (cache.definition === definition) return record;
  const pair = pairOf(definition);
  if (!pair) return record;
  return record.derive(`view ${definition.apiVersion}`, () => {
    const head = headOf(definition.apiVersion, definition.kind);
    return new ObjectRecord(record.key, storedBytes(pair.toServed(record.object), head), record.revision, head);
  });
}

/** The object in the version that is stored. */
export function storedForm(cache: ResourceCache, definition: Resource, object: Stored): Stored {
  return cache.definition === definition ? object : (pairOf(definition)?.toStored(object) ?? object);
}
