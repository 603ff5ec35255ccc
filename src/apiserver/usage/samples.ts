/** Reads what a kubelet answers at `/metrics/resource`: the text form of Prometheus, and of that only what is used here. Pure. */
import type { Point } from "./points.ts";

export interface NodeSamples {
  node: Point | undefined;
  /** By `namespace/name`, then by container. */
  pods: Map<string, Map<string, Point>>;
}

const line = /^([a-z_]+)(?:\{(.*)\})? (\S+)(?: (-?\d+))?$/;
const label = /([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"/g;

type Part = Partial<Point>;

const parts: Readonly<Record<string, { of: "node" | "container"; set(part: Part, value: number): void }>> = {
  node_cpu_usage_seconds_total: { of: "node", set: (part, value) => void (part.cpuSeconds = value) },
  node_memory_working_set_bytes: { of: "node", set: (part, value) => void (part.memoryBytes = value) },
  container_cpu_usage_seconds_total: { of: "container", set: (part, value) => void (part.cpuSeconds = value) },
  container_memory_working_set_bytes: { of: "container", set: (part, value) => void (part.memoryBytes = value) },
  container_start_time_seconds: { of: "container", set: (part, value) => void (part.startMs = value * 1000) },
};

/** What has no time of its own was measured when it was asked for. */
export function samplesOf(text: string, askedMs: number): NodeSamples {
  const node: Part = {};
  const pods = new Map<string, Map<string, Part>>();
  for (const each of text.split("\n")) {
    const [, name = "", labels = "", value = "", at] = line.exec(each) ?? [];
    const known = Object.hasOwn(parts, name) ? parts[name]! : undefined;
    const number = Number(value);
    if (!known || Number.isNaN(number)) continue;
    const part = known.of === "node" ? node : containerOf(pods, labels);
    if (!part) continue;
    known.set(part, number);
    if (name.endsWith("_cpu_usage_seconds_total")) part.atMs = at === undefined ? askedMs : Number(at);
  }
  return { node: whole(node), pods: wholePods(pods) };
}

function containerOf(pods: Map<string, Map<string, Part>>, labels: string): Part | undefined {
  const of = new Map(Array.from(labels.matchAll(label), ([, name, value]) => [name, value!.replace(/\\(.)/g, "$1")]));
  const [namespace, pod, container] = [of.get("namespace"), of.get("pod"), of.get("container")];
  if (!namespace || !pod || !container) return undefined;
  const key = `${namespace}/${pod}`;
  const containers = pods.get(key) ?? new Map<string, Part>();
  pods.set(key, containers);
  const part = containers.get(container) ?? {};
  containers.set(container, part);
  return part;
}

/** Nothing of CPU or memory means that it was not measured, not that nothing is used. */
function whole({ atMs, cpuSeconds, memoryBytes, startMs }: Part): Point | undefined {
  if (!atMs || !cpuSeconds || !memoryBytes) return undefined;
  return { atMs, cpuSeconds, memoryBytes, ...(startMs ? { startMs } : {}) };
}

/** A pod of which one container was not measured is left out whole. */
function wholePods(pods: ReadonlyMap<string, ReadonlyMap<string, Part>>): NodeSamples["pods"] {
  const out: NodeSamples["pods"] = new Map();
  for (const [key, containers] of pods) {
    const points = Array.from(containers, ([name, part]) => [name, whole(part)] as const);
    if (points.every((each): each is [string, Point] => each[1] !== undefined)) out.set(key, new Map(points));
  }
  return out;
}
