/** The kubelet's metrics under upstream's names. */
import type { Pod } from "#api/mod.ts";
import { type Metric, processMetrics } from "#serve/mod.ts";
import { isOver } from "../pod/plan-end.ts";
import type { Fill, VolumeFill } from "../volumes/fill.ts";
import type { KubeletServerOptions } from "./source.ts";
import type { Reading, Usage } from "./usage.ts";

type Source = Pick<KubeletServerOptions, "pods" | "seen" | "clock" | "metrics" | "nodeName">;

export function kubeletMetrics({ pods, seen, clock, metrics, nodeName }: Source): Metric[] {
  const all = pods().flatMap((pod) => seen(pod.metadata.uid ?? "") ?? []);
  const byState = (state: string) => all.flatMap((pod) => pod.containers).filter((container) => container.state === state).length;
  const gauge = (name: string, help: string, samples: Metric["samples"]): Metric => ({ name, help, type: "gauge", samples });
  return [
    gauge("kubelet_running_pods", "Number of pods that have a running pod sandbox", [
      { value: all.filter((pod) => pod.sandboxes.some((sandbox) => sandbox.ready)).length },
    ]),
    gauge(
      "kubelet_running_containers",
      "Number of containers currently running",
      ["created", "exited", "running", "unknown"].map((state) => ({ labels: { container_state: state }, value: byState(state) })),
    ),
    gauge("kubelet_desired_pods", "The number of pods the kubelet is being instructed to run", [{ value: pods().length }]),
    gauge("kubelet_node_name", "The node's name. The count is always 1.", [{ labels: { node: nodeName }, value: 1 }]),
    gauge(
      "kubelet_active_pods",
      "The number of pods the kubelet considers active and which are being considered when admitting new pods.",
      [{ labels: { static: "" }, value: pods().filter((pod) => !isOver(pod)).length }],
    ),
    ...metrics.own(),
    ...processMetrics(clock.now() - process.uptime() * 1000),
  ];
}

/** How full the volumes of claims are, each claim once however many pods have it. */
export function volumeMetrics(fills: readonly VolumeFill[]): Metric[] {
  const byClaim = new Map<string, { labels: Record<string, string>; fill: Fill }>();
  for (const { claim, fill } of fills) {
    const key = `${claim?.namespace}/${claim?.name}`;
    if (claim && !byClaim.has(key)) byClaim.set(key, { labels: { namespace: claim.namespace, persistentvolumeclaim: claim.name }, fill });
  }
  const gauge = (name: string, help: string, of: keyof Fill): Metric => ({
    name: `kubelet_volume_stats_${name}`,
    help,
    type: "gauge",
    samples: [...byClaim.values()].map(({ labels, fill: { [of]: value } }) => ({ labels, value })),
  });
  return [
    gauge("available_bytes", "Number of available bytes in the volume", "availableBytes"),
    gauge("capacity_bytes", "Capacity in bytes of the volume", "capacityBytes"),
    gauge("inodes", "Maximum number of inodes in the volume", "inodes"),
    gauge("inodes_free", "Number of free inodes in the volume", "inodesFree"),
    gauge("inodes_used", "Number of used inodes in the volume", "inodesUsed"),
    gauge("used_bytes", "Number of used bytes in the volume", "usedBytes"),
  ];
}

/** `/metrics/resource`: what containers, pods and the node use, with the time of each measurement. */
export function resourceMetrics({ node, pods }: Reading): Metric[] {
  const containers = pods.flatMap(({ pod, containers }) =>
    containers.map((usage) => ({ labels: { container: usage.name, ...idOf(pod) } as Record<string, string>, usage })),
  );
  const whole = pods.flatMap(({ pod, whole }) => (whole ? [{ labels: idOf(pod), usage: whole }] : []));
  const nodes = node ? [{ labels: undefined, usage: node }] : [];
  const each = (name: string, help: string, type: Metric["type"], of: readonly Measured[], value: (usage: Usage) => number): Metric => ({
    name,
    help,
    type,
    samples: of.map(({ labels, usage }) => ({ ...(labels ? { labels } : {}), value: value(usage), atMs: usage.atMs })),
  });
  const cpu = (of: string, list: readonly Measured[]) =>
    each(`${of}_cpu_usage_seconds_total`, `Cumulative cpu time consumed by the ${of} in core-seconds`, "counter", list, cpuSeconds);
  const memory = (of: string, list: readonly Measured[]) =>
    each(`${of}_memory_working_set_bytes`, `Current working set of the ${of} in bytes`, "gauge", list, workingSet);
  const startHelp = "Start time of the container since unix epoch in seconds";
  return [
    cpu("container", containers),
    memory("container", containers),
    each("container_start_time_seconds", startHelp, "gauge", containers, ({ startMs = 0 }) => startMs / 1000),
    cpu("node", nodes),
    memory("node", nodes),
    cpu("pod", whole),
    memory("pod", whole),
    {
      name: "resource_scrape_error",
      help: "1 if there was an error while getting container metrics, 0 otherwise",
      type: "gauge",
      samples: [{ value: 0 }],
    },
  ];
}

interface Measured {
  labels: Record<string, string> | undefined;
  usage: Usage;
}

const cpuSeconds = ({ cpuNanos }: Usage) => cpuNanos / 1e9;
const workingSet = ({ memory }: Usage) => memory.workingSetBytes;
const idOf = ({ metadata }: Pod) => ({ namespace: metadata.namespace ?? "", pod: metadata.name ?? "" });
